"""What tables say goes to files, and from there into pictures."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from benchmarks import every
from benchmarks.__main__ import main, names
from benchmarks.plots import draw, read
from benchmarks.records import HEADS, Records


@pytest.fixture
def written(tmp_path: Path) -> Path:
    records = Records()
    records.add(
        "small,\nfast",
        ["", "us/step", "quartiles", "ours/theirs", "its way"],
        [["we", "1,250", "1.5-2.5", "1.00", ""]],
    )
    records.add(
        "nets", ["", "", "/ ours", "share"], [["cnn", "ours", "1.00", "85%"], ["", "PyTorch", "2.50", "40%"]]
    )
    path = tmp_path / "made" / "few.csv"
    records.write(path, "few")
    return path


def test_every_number_of_every_table_is_a_line(written: Path) -> None:
    with written.open(encoding="utf-8", newline="") as file:
        heads, *lines = csv.reader(file)

    assert tuple(heads) == HEADS
    assert lines == [
        ["few", "small, fast", "we", "us/step", "1250"],
        ["few", "small, fast", "we", "quartiles low", "1.5"],
        ["few", "small, fast", "we", "quartiles high", "2.5"],
        ["few", "small, fast", "we", "ours/theirs", "1.00"],
        ["few", "nets", "cnn ours", "/ ours", "1.00"],
        ["few", "nets", "cnn ours", "share", "0.85"],
        ["few", "nets", "cnn PyTorch", "/ ours", "2.50"],
        ["few", "nets", "cnn PyTorch", "share", "0.4"],
    ]


def test_ratios_are_drawn_where_there_are_any(written: Path) -> None:
    assert read(written) == {
        "small, fast: ours/theirs": {"we": 1.0},
        "nets: / ours": {"cnn ours": 1.0, "cnn PyTorch": 2.5},
    }


def test_a_picture_says_what_is_in_the_file(written: Path) -> None:
    pytest.importorskip("matplotlib")
    drawn = written.with_suffix(".svg")
    draw("few", read(written), drawn)
    once = drawn.read_bytes()
    draw("few", read(written), drawn)

    assert b"<svg" in once
    assert drawn.read_bytes() == once


def test_all_that_is_run_at_once_exists() -> None:
    assert set(every.NAMES) <= set(names())


def test_several_benchmarks_run_in_processes_of_their_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    class Done:
        returncode = 0

    def run(words: list[str]) -> Done:
        asked.append(words[3:])
        return Done()

    monkeypatch.setattr(every.subprocess, "run", run)

    assert main(["all", "--quick", "--cpu", "--csv", "made", "--only", "mlp", "atom"]) == 0
    assert asked == [
        ["mlp", "--quick", "--cpu", "--csv", "made/mlp.csv"],
        ["atom", "--quick", "--csv", "made/atom.csv"],
    ]
    assert "failed: none" in capsys.readouterr().out
