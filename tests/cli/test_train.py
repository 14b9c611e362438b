"""``synapse-rx train``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from synapse_rx.cli import main
from tests.cli.command import COMMAND, SECONDS, environment, run


def accuracy(output: str) -> float:
    found = re.search(r"^test accuracy (\d\.\d{4}) on", output, re.MULTILINE)
    assert found, output
    return float(found[1])


def test_the_defaults_learn_digits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train"]) == 0
    seen = capsys.readouterr()

    assert accuracy(seen.out) >= 0.96
    assert seen.out.startswith("64 > 100 sigmoid > 10 softmax, 7,510 parameters, Backprop(")
    assert "\ndone after 30 epochs and " in seen.out
    assert re.search(r"^most often taken for another: \d for \d \(\w+", seen.out, re.MULTILINE)


def test_progress_goes_to_standard_error_and_the_result_to_standard_output() -> None:
    done = run("train", "--epochs", "2")

    assert done.returncode == 0
    assert "epoch 2/2, loss" in done.stderr
    assert "done" in done.stderr
    assert "epoch 2/2" not in done.stdout
    assert "test accuracy" in done.stdout
    assert "test accuracy" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="terminals are POSIX's")
def test_a_terminal_gets_bars_and_its_cursor_back() -> None:
    terminal, end = os.openpty()
    shown = []
    reader = threading.Thread(target=lambda: shown.extend(iter(lambda: read(terminal), b"")))
    reader.start()
    done = subprocess.run(
        [*COMMAND, "train", "--epochs", "3"],
        stdout=subprocess.PIPE,
        stderr=end,
        text=True,
        env=environment(TERM="xterm", COLUMNS="100"),
        timeout=SECONDS,
    )
    os.close(end)
    reader.join()
    os.close(terminal)

    screen = b"".join(shown).decode()
    assert done.returncode == 0
    assert "test accuracy" in done.stdout
    assert "epoch 3/3" in screen and "done" in screen
    assert screen.rindex("\x1b[?25h") > screen.rindex("\x1b[?25l")


def read(terminal: int) -> bytes:
    """
    Return what was written on a terminal since; nothing once nobody can write any more.
    """
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_quiet_shows_the_result_only() -> None:
    done = run("train", "--epochs", "1", "--quiet")

    assert done.stderr == ""
    assert "\ndone after 1 epoch and " in done.stdout


def test_the_picture_is_drawn_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "new" / "curve.png"

    assert main(["train", "--epochs", "2", "--quiet", "--plot", str(picture)]) == 0

    assert capsys.readouterr().out.endswith(f"learning curve: {picture}\n")
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize("place", ["file/curve.png", "file/folder/curve.png"])
def test_a_picture_that_cannot_be_written_is_refused_before_training(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()

    assert main(["train", "--plot", str(tmp_path / place)]) == 1

    seen = capsys.readouterr()
    assert seen.out == ""
    assert "is no folder" in seen.err and seen.err.count("\n") == 1


def test_without_a_name_there_is_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    main(["train", "--epochs", "1", "--quiet"])

    assert "learning curve" not in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ("--hidden 20", "64 > 20 sigmoid > 10 softmax"),
        ("--hidden 20 10", "64 > 20 sigmoid > 10 sigmoid > 10 softmax"),
        ("--hidden 20,10", "64 > 20 sigmoid > 10 sigmoid > 10 softmax"),
        ("--hidden 20 --hidden 10", "64 > 20 sigmoid > 10 sigmoid > 10 softmax"),
        ("--hidden", "64 > 10 softmax"),
        ("--activation tanh --output sigmoid", "64 > 100 tanh > 10 sigmoid"),
        ("--learning-rate 0.25", "learning_rate=0.25, momentum=0.9"),
        ("--momentum 0.5 --nesterov", "learning_rate=0.1, momentum=0.5, nesterov=True"),
        ("--momentum 0", "momentum=0.0, nesterov=False"),
        ("--algorithm adam", "Adam(learning_rate=0.001"),
        ("--algorithm sgd", "Backprop(learning_rate=0.1, momentum=0.9"),
        ("--algorithm rprop --batch 2000 --shuffle never", "RProp("),
    ],
)
def test_options_do_what_they_say(options: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--epochs", "1", "--quiet", *options.split()]) == 0

    assert shown in capsys.readouterr().out.splitlines()[0]


def without_time(output: str) -> str:
    return re.sub(r"and [\d.]+ s", "", output)


def test_one_seed_gives_one_result(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = []
    for seed in ("3", "3", "4"):
        main(["train", "--epochs", "2", "--quiet", "--seed", seed])
        outputs.append(without_time(capsys.readouterr().out))

    assert outputs[0] == outputs[1] != outputs[2]


def test_without_rich_it_trains_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)

    assert main(["train", "--epochs", "1"]) == 0

    seen = capsys.readouterr()
    assert "pip install 'synapse-rx[progress]'" in seen.err
    assert "test accuracy" in seen.out


def test_without_matplotlib_a_picture_is_refused_before_training(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)

    assert main(["train", "--plot", "curve.png"]) == 1

    seen = capsys.readouterr()
    assert "pip install 'synapse-rx[plot]'" in seen.err
    assert seen.out == ""


@pytest.mark.slow
@pytest.mark.mnist
def test_the_defaults_learn_mnist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "mnist.png"

    assert main(["train", "--data", "mnist", "--plot", str(picture)]) == 0
    output = capsys.readouterr().out

    assert output.startswith("784 > 100 sigmoid > 10 softmax, 79,510 parameters, Backprop(")
    assert "\ndone after 20 epochs and " in output
    assert accuracy(output) >= 0.975
    assert picture.stat().st_size > 10_000


@pytest.mark.mnist
def test_the_small_mnist_can_be_learnt(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--data", "mnist10k", "--epochs", "5", "--batch", "50", "--quiet"]) == 0

    assert accuracy(capsys.readouterr().out) >= 0.93
