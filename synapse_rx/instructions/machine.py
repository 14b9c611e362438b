"""The vectors of this machine."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1)
def machine() -> tuple[int, int]:
    """Return the bytes of a vector and the number of registers for them; asks the compiler, which has to be there."""
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    if features.get("avx512f"):
        return 64, 32
    if features.get("neon"):
        return 16, 32
    return (32, 16) if features.get("avx2") else (16, 16)
