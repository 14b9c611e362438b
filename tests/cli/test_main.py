"""The command as a whole: help, versions, wrong usage, errors, exit statuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from synapse_rx.cli import main
from synapse_rx.errors import OptionError
from tests.cli.command import COMMAND, SECONDS, environment, run

COMMANDS = ["train", "resume", "evaluate", "predict", "export", "convert", "info"]


def fails(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """
    Return the exit status and the one line on standard error.
    """
    try:
        status = main(arguments)
    except SystemExit as end:
        assert isinstance(end.code, int)
        status = end.code
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.count("\n") == 1 and seen.err.endswith("\n"), seen.err
    return status, seen.err


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])

    assert end.value.code == 0
    assert capsys.readouterr().out == f"synapse-rx {version('synapse-rx')}\n"


def test_the_module_is_the_same_command() -> None:
    done = run("--version")

    assert (done.returncode, done.stdout) == (0, f"synapse-rx {version('synapse-rx')}\n")


def test_the_script_is_installed() -> None:
    script = Path(sys.executable).with_name("synapse-rx")

    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)

    assert done.stdout == f"synapse-rx {version('synapse-rx')}\n"


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_teaches_with_examples(command: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"] if command else ["--help"])

    text = capsys.readouterr().out
    examples = text.partition("examples:\n")[2]
    assert end.value.code == 0
    assert examples.count("synapse-rx ") >= 2
    assert max(map(len, text.splitlines())) <= 110


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    text = capsys.readouterr().out
    assert all(re.search(rf"^ +{command} +\w", text, re.MULTILINE) for command in COMMANDS)


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_the_examples_in_the_help_are_commands(
    command: str | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"] if command else ["--help"])
    text = capsys.readouterr().out.partition("examples:\n")[2]
    called: list[object] = []
    for each in COMMANDS:
        monkeypatch.setattr(
            f"synapse_rx.cli.parser.{each}_command", lambda options: called.append(options) or 0
        )

    commands = re.findall(r"synapse-rx (.+?)(?:   .*)?$", text.partition("\n\n")[0], re.MULTILINE)
    for line in commands:
        assert main(line.split()) == 0

    assert len(called) == len(commands) >= 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "the following arguments are required: COMMAND"),
        ("trian", "unknown command 'trian'; did you mean 'train'?"),
        ("walk", "unknown command 'walk'; known: convert, evaluate, export, info, predict, resume, train"),
        ("train --epoch 3", "unknown option '--epoch'; did you mean '--epochs'"),
        ("train --learningrate=3", "unknown option '--learningrate'; did you mean '--learning-rate'"),
        ("evaluate --plot x.png", "unknown option '--plot'"),
        ("info --data mnist", "unknown option '--data'"),
        ("train digits", "what is 'digits'?"),
        ("resume", "the following arguments are required: DIR"),
        ("resume run --hidden 3", "unknown option '--hidden'"),
        ("predict", "the following arguments are required: FILE"),
        ("export net.safetensors", "the following arguments are required: --onnx"),
        ("convert net.safetensors", "the following arguments are required: OUT"),
        ("train --epochs ten", "argument --epochs: invalid int value: 'ten'"),
        ("train --epochs", "argument --epochs: expected one argument"),
        ("train --hidden 100,x", "argument --hidden: sizes are whole numbers such as 200,100, not '100,x'"),
        ("train --shuffle onec", "unknown shuffle 'onec'; did you mean 'once'?"),
        ("train --learning-rate fast", "argument --learning-rate: invalid float value: 'fast'"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, error = fails(line.split(), capsys)

    assert status == 2
    assert said in error
    assert error.startswith("synapse-rx")
    assert error.endswith("--help)\n")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train --data digts", "unknown data set 'digts'; did you mean 'digits'?"),
        ("train --activation sigmod", "unknown activation 'sigmod'; did you mean 'sigmoid'?"),
        ("train --output sofmax", "unknown activation 'sofmax'; did you mean 'softmax'"),
        ("train --algorithm backprob", "unknown algorithm 'backprob'; did you mean 'backprop'?"),
        ("train --backend nunpy", "unknown backend 'nunpy'; did you mean 'numpy' or 'cupy'?"),
        ("train --epochs 0", "--epochs must be at least 1, not 0"),
        ("train --batch 0", "batch= takes a whole number of at least 1, not 0"),
        ("train --hidden 0", "units= takes a whole number of at least 1, not 0"),
        ("train --seed -1", "seed"),
        ("train --learning-rate -1", "learning_rate"),
        ("train --momentum 1", "momentum"),
        ("train --nesterov --momentum 0", "nesterov needs a momentum > 0"),
        ("train --algorithm adam --momentum 0.9", "adam has no option 'momentum'"),
        ("train --plot curve.txt", "ends in .png, .svg or .pdf"),
        ("train --plot .", "is a folder"),
        ("train --output binary_threshold", "has no gradient"),
        ("evaluate --runs 0", "--runs must be at least 1, not 0"),
        ("evaluate --data digts", "did you mean 'digits'?"),
    ],
)
def test_an_option_that_will_not_do_is_one_line_and_status_1(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, error = fails(line.split(), capsys)

    assert status == 1
    assert said in error
    assert error.startswith("synapse-rx: ")


@pytest.mark.parametrize("line", ["--traceback train --data digts", "train --data digts --traceback"])
def test_traceback_shows_where_an_error_came_from(line: str) -> None:
    with pytest.raises(OptionError, match="did you mean 'digits'"):
        main(line.split())


def test_diverging_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    status, error = fails("train --quiet --activation relu --learning-rate 1e30".split(), capsys)

    assert status == 1
    assert "a smaller learning_rate" in error


def test_missing_files_are_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SYNAPSE_RX_DATA", str(tmp_path))

    status, error = fails(["train", "--data", "mnist"], capsys)

    assert status == 1
    assert "put the four MNIST files there" in error


@pytest.fixture
def unread() -> Iterator[int]:
    """
    A pipe that nobody reads.
    """
    read, write = os.pipe()
    os.close(read)
    yield write
    os.close(write)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [["info"], ["--help"]])
def test_output_that_nobody_reads_is_no_traceback(words: list[str], unbuffered: str, unread: int) -> None:
    done = subprocess.run(
        [*COMMAND, *words],
        stdout=unread,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(PYTHONUNBUFFERED=unbuffered),
        timeout=SECONDS,
    )

    assert done.stderr == ""
    assert done.returncode == (0 if words == ["--help"] and unbuffered else 1)  # argparse sees to it itself


def test_a_display_that_nobody_reads_leaves_the_result_alone(unread: int) -> None:
    done = subprocess.run(
        [*COMMAND, "train", "--epochs", "3"],
        stdout=subprocess.PIPE,
        stderr=unread,
        text=True,
        env=environment(),
        timeout=SECONDS,
    )

    assert "test accuracy" in done.stdout
    assert done.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_told_in_one_line() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "info"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(PYTHONUNBUFFERED=""),
            timeout=SECONDS,
        )

    assert done.stderr.startswith("synapse-rx: ") and done.stderr.count("\n") == 1
    assert done.returncode == 1


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the outputs")
@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_outputs_may_be_closed(closed: str) -> None:
    words = [*COMMAND, "train", "--epochs", "1"]

    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *words],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=SECONDS,
    )

    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode == 0


def test_starting_does_not_load_what_is_not_needed() -> None:
    code = (
        "import sys, synapse_rx.cli\n"
        "try: synapse_rx.cli.main(['--version'])\n"
        "except SystemExit: pass\n"
        "print(*[name for name in ('rich', 'matplotlib', 'sklearn', 'pooch') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[1:] == [""]
