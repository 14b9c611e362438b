"""Twenty thousand damaged and forged files: each is refused by the named error, or read; none harms."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import FormatError
from synapse_rx.files import safetensors
from synapse_rx.io.saved import KEY
from synapse_rx.snapshot import Net
from tests.io.mutations import damaged, forged, put_together
from tests.io.test_damage import rich_net

CASES = int(os.environ.get("SYNAPSE_RX_CASES", "20000"))
FORGED = CASES // 4
"""How many of them have right checksums, so that what they say is read."""


MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""A folder in memory, where there is one."""


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """
    Where the files are; nobody waits for the disk there.
    """
    monkeypatch.setattr(os, "fsync", lambda number: None)
    with TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder) / "net.safetensors"


def is_read_or_refused(path: Path) -> bool:
    try:
        net = sx.load_snapshot(path)
    except FormatError as error:
        assert str(path) in str(error)
        return False
    assert isinstance(net, Net)
    return True


@pytest.mark.slow
def test_damaged_files_are_refused(path: Path) -> None:
    sx.save(rich_net(), path)
    whole, net = path.read_bytes(), sx.load_snapshot(path)
    rng = np.random.default_rng(0)
    read = 0
    for _ in range(CASES - FORGED):
        path.write_bytes(damaged(whole, rng))
        if is_read_or_refused(path):  # nothing was changed that matters, such as a space
            assert sx.load_snapshot(path) == net
            read += 1

    assert read < CASES / 20


@pytest.mark.slow
def test_forged_files_are_refused_or_read(path: Path) -> None:
    sx.save(rich_net(), path)
    metadata, arrays = safetensors.read(path)
    rng = np.random.default_rng(1)
    read = [_forged_is_read(path, metadata[KEY], arrays, rng) for _ in range(FORGED)]

    assert 0 < sum(read) < len(read) / 2


def _forged_is_read(path: Path, about: str, arrays: dict[str, np.ndarray], rng: np.random.Generator) -> bool:
    put_together(path, *forged(about, arrays, rng))
    return is_read_or_refused(path)


@pytest.mark.slow
def test_none_of_them_takes_memory_to_speak_of(path: Path) -> None:
    sx.save(rich_net(), path)
    metadata, arrays = safetensors.read(path)
    rng = np.random.default_rng(2)
    for _ in range(min(CASES, 200)):
        data, others = forged(metadata[KEY], arrays, rng)
        put_together(path, data, others)
        tracemalloc.start()
        try:
            is_read_or_refused(path)
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()

        assert peak < 2_000_000, json.dumps(data)
