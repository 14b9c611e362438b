"""Networks in files on the command line: saved, evaluated, told about, and trained on where a killed one stood."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import synapse_rx as sx
from synapse_rx.cli import main
from synapse_rx.io.checkpoints import numbered
from tests.cli.command import ENDLESS, Process
from tests.nets import blobs, small_net, trained

QUICK = ("train", "--quiet", "--hidden", "20")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "net.safetensors"


def output(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def test_the_network_is_saved_and_named(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = output(capsys, *QUICK, "--epochs", 2, "--save", path)

    assert said.endswith(f"saved: {path}\n")
    net = sx.load(path).value
    assert net.training.stats.epochs == 2 and net.training.status == "done"


def test_a_saved_network_is_as_good_as_it_was(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trained = output(capsys, *QUICK, "--epochs", 2, "--save", path)
    evaluated = output(capsys, "evaluate", path)

    assert re.findall("test accuracy .*", trained) == re.findall("test accuracy .*", evaluated)
    assert "done after 2 epochs" in evaluated
    assert "precision" in evaluated and "confusion" in evaluated


def test_what_is_in_a_file_is_told(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output(capsys, *QUICK, "--epochs", 1, "--algorithm", "adam", "--save", path)

    said = output(capsys, "info", path)

    assert said.startswith(f"{path}: {path.stat().st_size:,} bytes\n")
    for part in ("Dense(20, 'sigmoid')", "1,510 parameters", "Adam(", "CrossEntropy(", "done after 1 epoch,"):
        assert part in said
    assert "labels: 0, 1, 2" in said


def test_whatever_holds_a_network_is_told_about_and_evaluated(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx")
    monkeypatch.chdir(path.parent.parent)
    output(capsys, *QUICK, "--epochs", 2, "--checkpoint", "run", "--save", path)
    os.rename(path, "net")
    output(capsys, "export", "net", "--onnx", "net.onnx")
    (accuracy,) = re.findall("test accuracy .*", output(capsys, "evaluate", "net"))

    for name, said in (
        ("net", "done after 2 epochs"),
        ("run", "-epoch-2.safetensors:"),
        ("net.onnx", "not trained here"),
    ):
        told = output(capsys, "info", name)
        assert said in told and "1,510 parameters" in told
        assert accuracy in output(capsys, "evaluate", name)


def test_what_is_in_other_networks_is_told(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.parent.mkdir()
    sx.save(trained(small_net(), blobs(normalize="whiten")), path)

    assert "whiten of 3 features" in output(capsys, "info", path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["evaluate", "nothing"], "nothing"),
        (["info", "nothing"], "nothing"),
        (["info", "text"], "no safetensors file"),
        (["evaluate", "text"], "no safetensors file"),
        (["train", "--resume"], "the folder that --checkpoint names"),
        (["train", "--save", "."], "'.' is a folder"),
        (["train", "--save", "text/net.safetensors"], "text"),
        (["train", "--checkpoint", "text"], "text"),
    ],
)
def test_the_error_is_one_line(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text("no network at all")

    assert main(words) == 1

    seen = capsys.readouterr()
    assert seen.out == ""
    assert said in seen.err and seen.err.count("\n") == 1


def test_a_training_is_resumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, whole, again = tmp_path / "run", tmp_path / "whole.safetensors", tmp_path / "again.safetensors"
    output(capsys, *QUICK, "--epochs", 4, "--save", whole)
    output(capsys, *QUICK, "--epochs", 2, "--checkpoint", folder, "--resume")

    said = output(
        capsys, *QUICK, "--epochs", 4, "--checkpoint", folder, "--resume", "--save", again, "--hidden", "9"
    )

    assert said.startswith("64 > 20 sigmoid > 10 softmax")
    assert "done after 4 epochs" in said
    assert sx.load(again).value.params == sx.load(whole).value.params
    assert sx.load_snapshot(numbered(folder)[-1]).training.stats.epochs == 4
    assert (folder / "best.safetensors").exists()


def test_a_training_that_was_over_is_told_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (*QUICK, "--epochs", 2, "--checkpoint", tmp_path / "run", "--resume")

    first, second = (re.sub("and .* s\n", "", output(capsys, *words)) for _ in range(2))

    assert first == second


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_training_that_is_interrupted_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    process = Process(
        "train", "--epochs", ENDLESS, "--save", str(path), "--checkpoint", str(tmp_path / "run")
    )
    try:
        process.wait_for("epoch ")
        process.interrupt()
        status, said, errors = process.end()
    finally:
        process.kill()

    assert status == 130
    assert f"saved: {path}" in said
    assert "Traceback" not in errors
    assert sx.load(path).value.training.status == "stopped"
    assert sx.resume(tmp_path / "run").value == sx.load(path).value


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_training_that_is_killed_is_resumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    process = Process("train", "--epochs", ENDLESS, "--checkpoint", str(folder))
    process.wait_for("epoch ")
    process.wait_for("epoch ")
    process.kill()
    reached = sx.resume(folder).value.training.stats.epochs
    assert reached > 0

    said = output(capsys, "train", "--quiet", "--epochs", reached + 1, "--checkpoint", folder, "--resume")

    assert f"done after {reached + 1} epochs" in said
