"""Compiled kernels: there where there is a compiler, and never something else than the reference."""

from __future__ import annotations

import errno
import pickle
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synapse_rx import fast

needs_compiler = pytest.mark.skipif(fast.why_not() is not None, reason=f"{fast.why_not()}")


def scale(values: Any, by: float, most: int) -> None:
    for i in range(most):
        values[i] *= by


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    fast.forget()
    yield
    fast.forget()


@needs_compiler
def test_a_compiled_kernel_does_what_it_says() -> None:
    kernel = fast.compiled(scale)
    values = np.arange(4.0)

    assert kernel is not None
    kernel(values, 0.5, 3)

    assert values.tolist() == [0, 0.5, 1, 3]


@needs_compiler
def test_scalars_have_the_type_of_the_first_array() -> None:
    single, third = np.ones(1, np.float32), 1 / 3
    kernel = fast.compiled(scale)

    assert kernel is not None
    kernel(single, third, 1)

    assert single[0] == np.float32(third)


@needs_compiler
def test_asked_twice_it_is_compiled_once() -> None:
    assert fast.compiled(scale) is fast.compiled(scale)


def test_switched_off_there_are_no_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")

    assert fast.compiled(scale) is None
    assert fast.why_not() == "switched off by SYNAPSE_RX_FAST=0"


def test_without_a_compiler_there_are_no_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNAPSE_RX_FAST", raising=False)
    monkeypatch.setattr(fast, "find_spec", lambda name: None)

    assert fast.compiled(scale) is None
    assert "synapse-rx[fast]" in str(fast.why_not())


@needs_compiler
def test_machine_code_is_kept_until_any_file_with_kernels_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "doubling.py").write_text(
        "from synapse_rx.fast import jit\n\n@jit\ndef double(x):\n    return x + x\n"
    )

    def hits() -> int:
        module: Any = runpy.run_path(str(tmp_path / "doubling.py"))
        assert module["double"](2) == 4
        return sum(module["double"].stats.cache_hits.values())

    assert [hits(), hits()] == [0, 1]

    monkeypatch.setattr(fast, "fingerprint", lambda: "that of another version")

    assert [hits(), hits()] == [0, 1]


def tripling(folder: Path) -> Any:
    """
    Return a function that is compiled when it is called.
    """
    (folder / "tripling.py").write_text(
        "from synapse_rx.fast import jit\n\n@jit\ndef triple(x):\n    return x + x + x\n"
    )
    return runpy.run_path(str(folder / "tripling.py"))["triple"]


@needs_compiler
def test_what_another_version_kept_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tripling(tmp_path)(2) == 6
    (index,) = tmp_path.rglob("*.nbi")
    with index.open("rb") as file:
        pickle.load(file)
        begin = file.tell()
    index.write_bytes(index.read_bytes()[:begin] + b"cno.longer.there\nThing\n.")

    monkeypatch.setattr(fast, "fingerprint", lambda: "that of another version")

    assert tripling(tmp_path)(2) == 6


@needs_compiler
def test_a_disk_that_is_full_keeps_nobody_from_compiling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile._save_data", fail)

    assert tripling(tmp_path)(2) == 6
    assert not list(tmp_path.rglob("*.nbc"))


@needs_compiler
def test_processes_that_keep_code_at_once_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    caching, fcntl = pytest.importorskip("numba.core.caching"), pytest.importorskip("fcntl")
    save, refused = caching.IndexDataCacheFile._save_data, []

    def another_comes(kept: Any, *arguments: Any) -> None:
        with open(f"{kept._index_path}.lock") as file, pytest.raises(BlockingIOError) as told:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        refused.append(told)
        save(kept, *arguments)

    monkeypatch.setattr(caching.IndexDataCacheFile, "_save_data", another_comes)

    assert tripling(tmp_path)(2) == 6
    assert len(refused) == 1
    assert list(tmp_path.rglob("*.nbc"))
