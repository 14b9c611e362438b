"""Every kernel compiles for GPUs: no GPU is needed for that, but NVIDIA's compiler is (nvidia-cuda-nvrtc-cu12)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from synapse_rx.backends.cuda import FUSED, Fused, Gather, translated
from synapse_rx.backends.cuda.elementwise import PRELUDE
from synapse_rx.backends.cuda.kernels import OPTIONS
from synapse_rx.network.device.moves import STROKES
from tests.backends.cuda.loops import LOOPS
from tests.strict.cuda import Failed, Nvrtc

REALS = ("float", "double")


@pytest.fixture
def nvrtc() -> Nvrtc:
    found = Nvrtc.found()
    if found is None:
        pytest.skip("there is no NVRTC; pip install nvidia-cuda-nvrtc-cu12")
    return found


def names(source: str) -> set[str]:
    return set(re.findall(r"__global__ void (\w+)\(", source))


def entries(ptx: str) -> set[str]:
    return set(re.findall(r"\.entry (\w+)\(", ptx))


LONG = 12_000
"""Characters of a source that takes seconds to compile: those with tiles of many sizes."""


def marked(kind: type[Fused], architecture: str) -> Any:
    slow = [pytest.mark.slow] if len(kind.source) > LONG else []
    return pytest.param(kind, architecture, marks=slow, id=f"{kind.__name__}-{architecture}")


@pytest.mark.parametrize(
    ("kind", "architecture"), [marked(kind, one) for kind in FUSED for one in ("sm_80", "sm_90")]
)
def test_a_fused_kernel_compiles(nvrtc: Nvrtc, kind: type[Fused], architecture: str) -> None:
    for real in REALS if architecture == "sm_90" else ("float",):
        source = f"typedef {real} real;\ntypedef unsigned char stored;\n{kind.source}"

        ptx = nvrtc.ptx(source, architecture, kind.options, whole=real == "double")

        assert entries(ptx) == names(source) != set()
        assert f".target {architecture}" in ptx
        assert real == "double" or ".f64" not in ptx  # no number is computed in double precision by mistake


@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
def test_the_loops_of_algorithms_compile(nvrtc: Nvrtc, architecture: str) -> None:
    for real in REALS if architecture == "sm_90" else ("float",):
        texts = [translated(loop) for loop in LOOPS]
        texts += [
            translated(one.kernel, one.places).replace("_kernel(", f"_{name}_{k}(")
            for name, parts in STROKES.items()
            for k, one in enumerate(parts)
        ]
        source = f"typedef {real} real;\n{PRELUDE}" + "".join(text.replace(PRELUDE, "") for text in texts)

        ptx = nvrtc.ptx(source, architecture, OPTIONS)

        assert entries(ptx) == names(source)
        assert len(entries(ptx)) == len(texts)
        assert real == "double" or ".f64" not in ptx


def test_more_memory_than_a_block_has_is_an_error(nvrtc: Nvrtc) -> None:
    source = """
extern "C" __global__ void fills(double* y) {
    __shared__ double room[6145];
    room[threadIdx.x] = y[threadIdx.x];
    __syncthreads();
    y[threadIdx.x] = room[6144 - threadIdx.x];
}
"""
    with pytest.raises(Failed, match="too much shared data"):
        nvrtc.ptx(source, "sm_90", whole=True)


def test_what_does_not_compile_is_an_error(nvrtc: Nvrtc) -> None:
    with pytest.raises(Failed, match="real"):
        nvrtc.ptx(Gather.source, "sm_80")
