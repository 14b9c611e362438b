"""``synapse-rx predict``."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.cli import main, samples
from synapse_rx.cli.samples import Samples
from synapse_rx.errors import FormatError
from tests.cli.command import COMMAND, SECONDS, environment
from tests.nets import blobs, small_net, trained

X = np.random.default_rng(1).standard_normal((1300, 3)).round(3)


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sx.Net:
    """
    A network of the classes "a" and "b", in net.safetensors of the folder we are in.
    """
    monkeypatch.chdir(tmp_path)
    made = trained(small_net(), blobs(normalize="standardize"), 3)
    sx.save(made, "net.safetensors")
    return made


def text_of(rows: Any, header: str = "") -> str:
    return header + "".join(",".join(map(str, row)) + "\n" for row in np.asarray(rows).tolist())


def predicts(
    capsys: pytest.CaptureFixture[str], text: str | bytes, *words: str, status: int = 0
) -> tuple[list[list[str]], str]:
    """
    Return the rows it answers to a file, and what it says on standard error.
    """
    Path("x.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert main(["predict", "net.safetensors", "x.csv", *words]) == status
    seen = capsys.readouterr()
    return list(csv.reader(io.StringIO(seen.out))), seen.err


def test_every_row_is_answered_with_its_label(net: sx.Net, capsys: pytest.CaptureFixture[str]) -> None:
    rows, _ = predicts(capsys, text_of(X))

    assert [row[0] for row in rows] == list(sx.estimate(net, X.astype(np.float32)))
    assert {len(row) for row in rows} == {1}


def test_names_of_columns_are_answered_with_names(net: sx.Net, capsys: pytest.CaptureFixture[str]) -> None:
    rows, _ = predicts(capsys, text_of(X[:4], "width,height,depth\n"), "--probabilities")

    assert rows[0] == ["label", "a", "b"]
    given = np.array([row[1:] for row in rows[1:]], np.float32)
    assert np.array_equal(given, sx.outputs(net, X[:4].astype(np.float32)))


def test_whether_the_first_line_has_names_can_be_said(
    net: sx.Net, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers, _ = predicts(capsys, text_of(X[:2]), "--header")
    words, said = predicts(capsys, text_of(X[:2], "a,b,c\n"), "--no-header", status=1)

    assert [row[0] for row in numbers] == ["label", *sx.estimate(net, X[1:2].astype(np.float32))]
    assert words == [] and "line 1 of x.csv has 'a' in column 1" in said


def test_values_are_answered_with_outputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for units, names in ((1, ["output"]), (2, ["output.0", "output.1"])):
        net = sx.mlp([3, units], "linear").value
        sx.save(net, tmp_path / "net.safetensors")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            rows, _ = predicts(capsys, text_of(X[:3], "a,b,c\n"))

        assert rows[0] == names
        assert np.array_equal(np.array(rows[1:], np.float32), sx.outputs(net, X[:3].astype(np.float32)))


def test_several_outputs_are_columns_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    heads = sx.Fork([sx.Dense(2, "softmax"), sx.Dense(1)])
    how = sx.training(loss=sx.per_output(["cross_entropy", "squared_error"]))
    net = sx.neural_net([sx.Input(3), heads], how, labels=(("yes", "no"), None)).value
    sx.save(net, "net.safetensors")

    rows, _ = predicts(capsys, text_of(X[:3], "a,b,c\n"), "--probabilities")

    assert rows[0] == ["0.label", "0.yes", "0.no", "1.output"]
    classes, values = sx.outputs(net, X[:3].astype(np.float32))
    assert np.array_equal(np.array([row[1:] for row in rows[1:]], np.float32), np.hstack([classes, values]))
    assert [row[0] for row in rows[1:]] == [("yes", "no")[best] for best in classes.argmax(axis=1)]


def test_images_are_rows_of_their_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    net = sx.neural_net([sx.Input((1, 3, 2)), sx.Conv2D(2, 2), sx.Dense(1)]).value
    sx.save(net, "net.safetensors")
    images = np.random.default_rng(0).standard_normal((2, 6)).astype(np.float32)

    rows, _ = predicts(capsys, text_of(images))

    given = np.array(rows, np.float32)
    np.testing.assert_array_equal(given, sx.outputs(net, images.reshape(2, 1, 3, 2)))


@pytest.mark.parametrize(
    ("text", "answered", "said"),
    [
        ("1,2,3\n\n4,5\n", 1, "line 3 of x.csv has 2 cells where 3 are wanted"),
        ("1,2,3\n4,5,six\n7,8,9\n", 1, "line 2 of x.csv has 'six' in column 3"),
        ("a,b,c\n1,2,3\n4,,6\n", 2, "line 3 of x.csv has nothing in column 'b'"),
        ("1,2,3\n4,nan,6\n", 1, "line 2 of x.csv has 'nan' in column 2"),
        ("1,2,3\n4,1e39,6\n", 1, "line 2 of x.csv has '1e39' in column 2"),
        ('1,2,3\n4,"5,6\n', 1, "of x.csv is damaged"),
        ("1,2,3\n" + "4" * 5000 + ",5,6\n", 1, "line 2 of x.csv is longer than 3 numbers are"),
        (b"1,2,3\n\xff\n", 0, "x.csv is no text in UTF-8"),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_those_before_are_answered(
    text: str | bytes, answered: int, said: str, net: sx.Net, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, errors = predicts(capsys, text, status=1)

    assert len(rows) == answered
    assert said in errors and errors.count("\n") == 1


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_nothing_is_answered_with_nothing(text: str, net: sx.Net, capsys: pytest.CaptureFixture[str]) -> None:
    assert predicts(capsys, text) == ([], "")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: sx.mlp([3, 2], "linear").value, "it learnt values"),
        (lambda: sx.mlp([3, 2], "linear", labels=("a", "b")).value, "no probabilities"),
    ],
)
def test_what_are_no_probabilities_is_not_called_so(
    make: Any, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    sx.save(make(), "net.safetensors")

    rows, errors = predicts(capsys, text_of(X[:2]), "--probabilities", status=1)

    assert rows == [] and said in errors


def test_standard_input_is_answered(
    net: sx.Net, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + text_of(X[:5]).replace("\n", "\r\n").encode()))
    monkeypatch.setattr("sys.stdin", stream)

    assert main(["predict", "net.safetensors"]) == 0

    assert capsys.readouterr().out.split() == list(sx.estimate(net, X[:5].astype(np.float32)))
    assert not stream.closed


@pytest.mark.parametrize("at", [100, 511, 512, 1200])
def test_a_bad_row_far_behind_is_found_in_its_line(
    at: int, net: sx.Net, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = X.astype(str)
    cells[at, 1] = "?"

    rows, errors = predicts(capsys, text_of(cells, "\n\na,b,c\n"), status=1)

    assert len(rows) == 1 + at
    assert f"line {at + 4} of x.csv has '?' in column 'b'" in errors


class Endless(io.RawIOBase):
    """A stream of rows without end, which counts what was taken."""

    def __init__(self, row: bytes) -> None:
        self.row, self.taken = row, 0

    def readable(self) -> bool:
        return True

    def readinto(self, memory: Any) -> int:
        size = min(len(memory), len(self.row))
        memory[:size] = self.row[:size]
        self.taken += size
        return size


def test_memory_does_not_grow_with_the_stream() -> None:
    stream = Endless(b"1.5,2.5,3.5\n" * 100)
    blocks = iter(Samples(io.BufferedReader(stream), "endless", 3, np.dtype("float32")))
    next(blocks)
    tracemalloc.start()
    for _ in range(200):
        assert next(blocks).shape == (samples.ROWS, 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert stream.taken > 200 * samples.ROWS * 12
    assert peak < 100 * samples.ROWS * 12


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(FormatError, match="line 1 of endless is longer"):
        Samples(io.BufferedReader(Endless(b"1," * 500)), "endless", 3, np.dtype("float32"))


def test_long_rows_come_in_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "NUMBERS", 7)
    given = Samples(io.BytesIO(text_of(X[:5]).encode()), "rows", 3, np.dtype("float32"))

    assert [len(block) for block in given] == [2, 2, 1]


def test_a_network_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "nothing.safetensors"]) == 1
    assert "nothing.safetensors" in capsys.readouterr().err


def test_a_reader_that_has_enough_is_no_traceback(net: sx.Net) -> None:
    Path("x.csv").write_text(text_of(np.tile(X, (50, 1))))
    read, write = os.pipe()
    os.close(read)

    done = subprocess.run(
        [*COMMAND, "predict", "net.safetensors", "x.csv"],
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=SECONDS,
        env=environment(),
    )
    os.close(write)

    assert (done.returncode, done.stderr) == (1, b"")
