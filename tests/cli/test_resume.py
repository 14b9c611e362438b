"""``synapse-rx resume``."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.cli import main
from synapse_rx.cli.recipe import NAME
from tests.cli.command import Process

OPTIONS = "--hidden 12 8 --activation tanh --algorithm adam --learning-rate 0.003 --batch 50 --seed 3".split()


def output(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def test_the_folder_says_what_is_learnt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, again, folder = tmp_path / "whole.safetensors", tmp_path / "again.safetensors", tmp_path / "run"
    output(capsys, "train", *OPTIONS, "--quiet", "--epochs", 5, "--save", whole)
    output(capsys, "train", *OPTIONS, "--quiet", "--epochs", 2, "--checkpoint", folder)

    said = output(capsys, "resume", folder, "--epochs", 5, "--quiet", "--save", again)

    assert said.startswith("64 > 12 tanh > 8 tanh > 10 softmax")
    assert "done after 5 epochs" in said and f"saved: {again}" in said
    one, other = sx.load_snapshot(again), sx.load_snapshot(whole)
    assert one.params == other.params
    assert one.training.stats.loss == other.training.stats.loss
    assert sx.resume(folder).value.params == other.params


def test_what_was_done_is_told_again_and_more_can_be_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    first = output(capsys, "train", "--quiet", "--hidden", 5, "--epochs", 2, "--checkpoint", folder)

    again = output(capsys, "resume", folder, "--quiet")
    more = output(capsys, "resume", folder, "--quiet", "--epochs", 3)
    last = output(capsys, "resume", folder, "--quiet")

    assert re.sub("and .* s\n", "", again) == re.sub("and .* s\n", "", first)
    assert "done after 3 epochs" in more and "done after 3 epochs" in last


def test_a_training_that_was_stopped_before_its_first_epoch_begins_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, words = tmp_path / "run", ("--quiet", "--hidden", 7, "--epochs", 2)
    expected = output(capsys, "train", *words, "--checkpoint", folder)
    for path in folder.glob("*.safetensors"):
        path.unlink()

    said = output(capsys, "resume", folder, "--quiet")

    assert re.sub("and .* s\n", "", said) == re.sub("and .* s\n", "", expected)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_training_that_is_killed_becomes_what_it_would_have_been(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")  # as in the other process
    folder, whole, again = tmp_path / "run", tmp_path / "whole.safetensors", tmp_path / "again.safetensors"
    process = Process("train", *OPTIONS, "--epochs", "100000", "--checkpoint", str(folder))
    process.wait_for("epoch ")
    process.wait_for("epoch ")
    process.kill()
    epochs = sx.resume(folder).value.training.stats.epochs + 2

    output(capsys, "resume", folder, "--epochs", epochs, "--quiet", "--save", again)

    output(capsys, "train", *OPTIONS, "--quiet", "--epochs", epochs, "--save", whole)
    assert sx.load_snapshot(again).params == sx.load_snapshot(whole).params


DAMAGES: list[tuple[Any, str]] = [
    ("{", "no right JSON"),
    ("[]", "damaged"),
    ("3", "damaged"),
    ({"version": 2}, "version 2"),
    ({"options": {}}, "does not say data"),
    ({"options": 3}, "damaged"),
    ({"seed": "one"}, "seed cannot be 'one'"),
    ({"hidden": [3]}, r"hidden cannot be \[3\]"),
    ({"hidden": [["a"]]}, "hidden cannot be"),
    ({"shuffle": "twice"}, "shuffle cannot be 'twice'"),
    ({"epochs": True}, "epochs cannot be True"),
    ({"data": "../secret"}, "unknown data set"),
    ({"batch": 0}, "batch="),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGES, ids=str)
def test_a_damaged_folder_is_one_line(
    damage: Any, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    output(capsys, "train", "--quiet", "--hidden", 5, "--epochs", 1, "--checkpoint", folder)
    about = json.loads((folder / NAME).read_text())
    if isinstance(damage, dict) and damage.keys() & about.keys():
        about |= damage
    elif isinstance(damage, dict):
        about["options"] |= damage
    (folder / NAME).write_text(damage if isinstance(damage, str) else json.dumps(about))

    assert main(["resume", str(folder)]) == 1

    seen = capsys.readouterr()
    assert seen.out == "" and seen.err.count("\n") == 1
    assert re.search(said, seen.err)


@pytest.mark.parametrize("name", ["nothing", "."])
def test_a_folder_of_no_training_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["resume", name]) == 1

    assert f"'{name}' is no folder of a training" in capsys.readouterr().err
