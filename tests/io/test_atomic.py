"""A file is there whole: the old one or the new one, whatever happens to who writes it."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.files.atomic import link, remove_parts
from synapse_rx.snapshot import Net
from tests.nets import small_net

WRITER = """
import os, sys
import synapse_rx as sx
from attrs import evolve
from synapse_rx.io.saved import write_snapshot

net = sx.load(sys.argv[1]).value
for _ in sys.stdin:  # one writer for every line, in a process of its own that has all this in memory
    child = os.fork()
    if not child:
        print(os.getpid(), flush=True)
        while True:
            net = evolve(net, version=net.version + 1, params=net.params.with_flat(net.params.flat + 1))
            write_snapshot(net, sys.argv[1], cached=net.version % 2 == 0)  # as a file, and as a checkpoint
    os.waitpid(child, 0)
    print("gone", flush=True)
"""
TIMES = 30


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.safetensors"


@pytest.fixture
def writers(path: Path) -> Iterator[subprocess.Popen[str]]:
    """
    What begins a writer for every line it is written, says which process that is, and when it is gone.
    """
    sx.save(sx.mlp([784, 1500, 10]), path)
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        yield process
        os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_writer_that_is_killed_leaves_a_whole_file(writers: subprocess.Popen[str], path: Path) -> None:
    assert writers.stdin is not None and writers.stdout is not None
    moments = random.Random(0)
    first = sx.load(path).value
    for _ in range(TIMES):
        print(file=writers.stdin, flush=True)
        writer = int(writers.stdout.readline())
        with pytest.raises(subprocess.TimeoutExpired):
            writers.wait(moments.uniform(0.0, 0.05))
        os.kill(writer, signal.SIGKILL)
        assert writers.stdout.readline() == "gone\n"

        again = sx.load(path).value  # its checksums are right, and its parts belong together
        wanted = _counted(first.params.flat, again.version - first.version)
        assert np.array_equal(again.params.flat, wanted)

    remove_parts(path.parent)
    assert os.listdir(path.parent) == [path.name]


def _counted(first: np.ndarray, version: int) -> np.ndarray:
    flat = first
    for _ in range(version):
        flat = flat + np.float32(1)
    return flat


def fail(*arguments: Any, **options: Any) -> Any:
    raise OSError(errno.ENOSPC, "no space left on device")


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("there", [True, False])
def test_a_disk_that_fails_leaves_what_was_there(
    call: str, there: bool, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = small_net(seed=1), small_net(seed=2)
    if there:
        sx.save(old, path)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(OSError, match="no space"):
            sx.save(new, path)

    assert os.listdir(path.parent) == ([path.name] if there else [])
    assert not there or sx.load(path).value == old


def test_a_folder_that_is_not_there_is_told_with_the_name_of_the_file(path: Path) -> None:
    wanted = path.parent / "missing" / path.name

    with pytest.raises(FileNotFoundError) as told:
        sx.save(small_net(), wanted)

    assert told.value.filename == str(wanted)


def test_what_cannot_be_written_down_leaves_what_was_there(path: Path) -> None:
    old = small_net()
    sx.save(old, path)

    with pytest.raises(sx.errors.OptionError):
        sx.save(evolve(old, labels=(object(), object())), path)

    assert os.listdir(path.parent) == [path.name]
    assert sx.load(path).value == old


def test_file_and_folder_are_synchronised_in_this_order(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    real: dict[str, Callable[..., Any]] = {"fsync": os.fsync, "replace": os.replace}

    def fsync(number: int) -> None:
        done.append("folder" if os.path.isdir(f"/proc/self/fd/{number}") else "file")
        real["fsync"](number)

    def replace(one: Any, other: Any) -> None:
        assert Path(one).parent == Path(other).parent
        done.append("replace")
        real["replace"](one, other)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    sx.save(small_net(), path)

    if os.path.isdir("/proc/self/fd"):
        assert done == ["file", "replace", "folder"]


@pytest.mark.parametrize(
    ("net", "said"),
    [
        (3, "save takes a network, a cell or a snapshot, not int"),
        (
            small_net(loss=sx.CustomLoss(lambda y, t: y.sum(axis=1), lambda y, t: y)),
            "custom_loss holds functions, which cannot be written down",
        ),
        (small_net(stats=[sx.FunctionMetric(lambda y, t: 0.0, name="mine")]), "metric 'mine' is a function"),
        (evolve(small_net(), labels=(object(), 1)), "labels.0 of this network is <object"),
    ],
    ids=["no network", "loss", "metric", "labels"],
)
def test_the_error_says_what_cannot_be_written_down(net: Net, said: str, path: Path) -> None:
    with pytest.raises(sx.errors.OptionError, match=said):
        sx.save(net, path)

    assert not path.exists()


def test_another_name_of_a_file_takes_the_place_of_what_was_there(path: Path) -> None:
    other = path.with_name("best.safetensors")
    path.write_text("new")
    other.write_text("old")

    for _ in range(2):  # the second time it is so already
        link(path, other)

        assert other.samefile(path)
        assert sorted(os.listdir(path.parent)) == [other.name, path.name]

    with pytest.raises(FileNotFoundError):
        link(path.with_name("missing"), other)
    assert other.read_text() == "new"
    assert sorted(os.listdir(path.parent)) == [other.name, path.name]
