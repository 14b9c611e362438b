"""The backend whose kernels are compared with numpy: emulated on the CPU, or with ``--backend cupy`` on a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from synapse_rx.backends import Backend, CupyBackend
from synapse_rx.backends.cuda import FUSED, Gather, Kernels, translated
from synapse_rx.network.device.moves import STROKES
from tests.backends.cuda.loops import LOOPS
from tests.strict import StrictBackend
from tests.strict.cuda import build, cannot
from tests.strict.module import xp


def named(kernels: Kernels, source: str, **types: str) -> str:
    """
    Return a source as the compiler of kernels is given it.
    """
    kernels.function(source, "", **types)
    return list(kernels._functions.values())[-1]._function.code


@pytest.fixture(scope="session")
def built() -> None:
    """
    Compile all kernels for the CPU at once.
    """
    kernels, reals, codes = Kernels(xp), ("float32", "float64"), list[str]()
    for real in reals:
        plain = [kind.source for kind in FUSED if kind is not Gather] + list(map(translated, LOOPS))
        codes += [named(kernels, source, real=real) for source in plain]
    for real, stored in product(reals, ("uint8", *reals)):
        codes.append(named(kernels, Gather.source, real=real, stored=stored))
    strokes = {(one.kernel, one.places) for parts in STROKES.values() for one in parts}
    codes += [named(kernels, translated(kernel, places), real="float32") for kernel, places in strokes]
    build(codes)


@pytest.fixture
def fused(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    """
    A backend with kernels, beside references everywhere else.
    """
    if request.config.getoption("--backend") != "cupy":
        if (reason := cannot()) is not None:
            pytest.skip(reason)
        request.getfixturevalue("built")
        monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
        yield StrictBackend(fused=True)
        return
    if (reason := CupyBackend.why_not()) is not None:
        pytest.skip(f"no cupy backend: {reason}")
    monkeypatch.setenv("SYNAPSE_RX_FAST", "1")
    backend = CupyBackend()
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
    with backend.active():
        yield backend
    backend.close()


@pytest.fixture
def emulated(request: pytest.FixtureRequest) -> None:
    """
    Skip what is about the emulation where a GPU does the work, or where there is no compiler.
    """
    if request.config.getoption("--backend") == "cupy":
        pytest.skip("the kernels run on a GPU")
    if (reason := cannot()) is not None:
        pytest.skip(reason)
    request.getfixturevalue("built")
