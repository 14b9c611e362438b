"""``synapse-rx evaluate``."""

from __future__ import annotations

import re

import pytest

from synapse_rx.cli import main


def evaluated(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["evaluate", "--epochs", "3", "--quiet", *words]) == 0
    return capsys.readouterr().out


def test_every_seed_is_told_and_the_spread(capsys: pytest.CaptureFixture[str]) -> None:
    output = evaluated(capsys, "--runs", "3", "--seed", "5")

    found = [float(n) for n in re.findall(r"^seed \d: test accuracy (\S+)$", output, re.MULTILINE)]
    mean, low, high = (
        float(n)
        for n in re.findall(r"^misclassification: (\S+) \+- \S+, from (\S+) to (\S+)$", output, re.M)[0]
    )
    assert len(found) == 3
    assert mean == pytest.approx(1 - sum(found) / 3, abs=2e-4)
    assert low == pytest.approx(1 - max(found), abs=2e-4)
    assert high == pytest.approx(1 - min(found), abs=2e-4)
    assert "cross_entropy: " in output


def test_the_last_run_is_told_in_detail(capsys: pytest.CaptureFixture[str]) -> None:
    output = evaluated(capsys, "--runs", "2")

    report, _, table = output.partition("\nseed 1, each class:\n")[2].partition("confusion")
    assert report.split()[:4] == ["precision", "recall", "F1", "support"]
    rows = [[int(n) for n in row.split()] for row in table.splitlines()[2:]]
    assert [row[0] for row in rows] == list(range(10))
    assert all(sum(row[1:]) == 36 for row in rows)


def test_one_run_has_no_spread(capsys: pytest.CaptureFixture[str]) -> None:
    output = evaluated(capsys, "--runs", "1")

    assert "+-" not in output
    assert "seed 0, each class:" in output


def test_it_trains_as_train_does(capsys: pytest.CaptureFixture[str]) -> None:
    output = evaluated(capsys, "--runs", "1", "--hidden", "20", "--seed", "2")
    main(["train", "--epochs", "3", "--quiet", "--hidden", "20", "--seed", "2"])

    (found,) = re.findall(r"^seed 2: (test accuracy \S+)$", output, re.MULTILINE)
    assert found in capsys.readouterr().out
