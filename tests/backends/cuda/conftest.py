"""The backend whose kernels are compared with numpy: emulated on the CPU, or with ``--backend cupy`` on a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from synapse_rx.backends import Backend, CupyBackend
from synapse_rx.backends.cuda import FUSED, Gather, Kernels, translated
from tests.backends.cuda.loops import LOOPS
from tests.strict import StrictBackend
from tests.strict.cuda import build, cannot
from tests.strict.module import xp


@pytest.fixture(scope="session")
def built() -> None:
    """
    Compile all kernels for the CPU at once.
    """
    kernels, reals, codes = Kernels(xp), ("float32", "float64"), list[str]()
    for real in reals:
        plain = [kind.source for kind in FUSED if kind is not Gather] + list(map(translated, LOOPS))
        codes += [kernels.function(source, "", real=real).code for source in plain]
    for real, stored in product(reals, ("uint8", *reals)):
        codes.append(kernels.function(Gather.source, "", real=real, stored=stored).code)
    build(codes)


@pytest.fixture
def fused(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    """
    A backend with kernels, beside references everywhere else.
    """
    if request.config.getoption("--backend") == "strict":
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
    if request.config.getoption("--backend") != "strict":
        pytest.skip("the kernels run on a GPU")
    if (reason := cannot()) is not None:
        pytest.skip(reason)
    request.getfixturevalue("built")
