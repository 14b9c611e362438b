"""The suite itself on another backend: ``pytest --backend strict``, and a small part of it here."""

from __future__ import annotations

import sys

import pytest

import synapse_rx as sx
from synapse_rx.backends import Backend, backend, choose
from tests.docs.shell import ROOT, run
from tests.nets import SECONDS, blobs, small_net
from tests.strict import KernelBackend, StrictBackend

PART = ("tests/network/test_surgery.py", "tests/trainer/test_edits.py", "tests/network/test_summary.py")


@pytest.mark.slow
def test_a_part_of_the_suite_passes_where_everything_is_computed_elsewhere() -> None:
    words = ["-m", "pytest", "-p", "no:cacheprovider", "--backend", "strict", *PART]

    done = run([sys.executable, *words], ROOT)

    assert done.returncode == 0, done.stdout
    assert "trainings on strict" in done.stdout
    assert "not on strict: about memory of the host" in done.stdout
    assert " passed" in done.stdout


@pytest.mark.parametrize("kind", [StrictBackend, KernelBackend])
def test_a_backend_of_ones_own_is_known_by_its_name(kind: type[Backend]) -> None:
    assert type(backend(kind.name)) is kind


def test_who_asks_for_no_backend_gets_the_one_the_suite_is_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Mine] = []

    class Mine(StrictBackend):
        name = "mine"

        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    monkeypatch.delenv("SYNAPSE_RX_BACKEND", raising=False)
    monkeypatch.setattr(choose, "DEFAULT", "mine")

    sx.train(sx.atom(small_net()), blobs(), 1).result(SECONDS)

    assert len(made) == 1
    assert made[0].read and made[0].written
