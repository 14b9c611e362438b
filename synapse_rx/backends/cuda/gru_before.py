"""Gated recurrent units whose reset gate acts before the product: what lies between the two products of a step."""

from __future__ import annotations

from typing import Any

import numpy as np

from .grid import THREADS, blocks
from .kernels import Fused
from .sequences import Recurrence, Sequences


class GRUBeforeKernels(Fused):
    """
    Gates r, u and n in this order; ``Recurrence.inner`` is what r leaves of the states, (T, N, units).

    A step is ``(h U_r, h U_u)``, `reset`, ``(r h) U_n``, `mix`; the way back `mix_back`, ``dn U_n^T``, `reset_back`,
    ``(dr, du) (U_r, U_u)^T``. Since a product stands in between, sequences are not read in one launch.
    """

    source = """
__device__ real logistic(real a) { return real(1) / (real(1) + exp(-a)); }

extern "C" __global__ void reset(const real* product, real* z, const real* b, const real* h, real* inner, int t,
                                 int steps, int n, int units, int directions, int direction) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= (long long)n * units) return;
    const long long row = k / units, sample = (long long)t * n + row;
    const int unit = k - row * units, stride = directions * units;
    const long long before = ((long long)(direction ? t + 2 : t) * n + row) * stride + direction * units + unit;
    const real* given = product + row * 2 * units + unit;
    const real* bias = b + direction * 3 * units + unit;
    real* gates = z + sample * 3 * units + unit;
    const real r = logistic(gates[0] + given[0] + bias[0]);
    gates[units] = logistic(gates[units] + given[units] + bias[units]);
    gates[0] = r;
    inner[sample * units + unit] = r * h[before];
}

extern "C" __global__ void mix(const real* product, real* z, const real* b, const real* counts, real* h, int t,
                               int steps, int n, int units, int directions, int direction) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= (long long)n * units) return;
    const long long row = k / units, sample = (long long)t * n + row;
    const int unit = k - row * units, stride = directions * units;
    const long long at = (sample + n) * stride + direction * units + unit;
    const long long before = direction ? at + (long long)n * stride : at - (long long)n * stride;
    real* gates = z + sample * 3 * units + unit;
    const real candidate = tanh(gates[2 * units] + product[k] + b[(direction * 3 + 2) * units + unit]);
    gates[2 * units] = candidate;
    h[at] = (candidate + gates[units] * (h[before] - candidate)) * (counts ? counts[sample] : real(1));
}

extern "C" __global__ void mix_back(const real* z, real* dz, real* dn, real* dru, const real* product, real* dh,
                                    const real* counts, const real* dy, const real* last, const real* h, int t,
                                    int steps, int n, int units, int directions, int direction) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= (long long)n * units) return;
    const long long row = k / units, sample = (long long)t * n + row;
    const int unit = k - row * units, stride = directions * units;
    const long long before = ((long long)(direction ? t + 2 : t) * n + row) * stride + direction * units + unit;
    real gradient = product ? dh[k] + product[k] : real(0);
    if (last) gradient += last[k];
    if (dy) gradient += dy[sample * units + unit];
    if (counts) gradient *= counts[sample];
    const real* gates = z + sample * 3 * units + unit;
    const real u = gates[units], candidate = gates[2 * units];
    const real of_u = gradient * (h[before] - candidate) * ((real(1) - u) * u);
    const real of_n = gradient * (real(1) - u) * (real(1) - candidate * candidate);
    dz[sample * 3 * units + units + unit] = dru[row * 2 * units + units + unit] = of_u;
    dz[sample * 3 * units + 2 * units + unit] = dn[k] = of_n;
    dh[k] = gradient * u;
}

extern "C" __global__ void reset_back(const real* z, real* dz, real* dru, const real* product, real* dh,
                                      const real* h, int t,
                                      int steps, int n, int units, int directions, int direction) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= (long long)n * units) return;
    const long long row = k / units, sample = (long long)t * n + row;
    const int unit = k - row * units, stride = directions * units;
    const long long before = ((long long)(direction ? t + 2 : t) * n + row) * stride + direction * units + unit;
    const long long at = sample * 3 * units + unit;
    const real r = z[at], given = product[k];
    dz[at] = dru[row * 2 * units + unit] = given * h[before] * ((real(1) - r) * r);
    dh[k] += given * r;
}
"""

    def reset(self, of: Recurrence, product: Any, t: int) -> None:
        """Make r and u, given ``(h U_r, h U_u)`` (N, 2 units), and what r leaves of the states before step t."""
        self._launch("reset", of.sizes, (product, of.z, of.b, of.h, of.inner), t)

    def mix(self, of: Recurrence, counts: Any, product: Any, t: int) -> None:
        """Make n and the states after step t, given ``(r h) U_n`` (N, units)."""
        self._launch("mix", of.sizes, (product, of.z, of.b, counts, of.h), t)

    def mix_back(
        self,
        of: Recurrence,
        counts: Any,
        incoming: tuple[Any, Any],
        product: Any,
        dh: Any,
        dn: Any,
        dru: Any,
        t: int,
    ) -> None:
        """
        Write the gradients of n and u, of z and in one piece each (``dn`` (N, units), ``dru`` (N, 2 units)).

        ``dh`` is what passes to the state before other than by products; ``product``, ``incoming`` and ``counts`` are
        those of `RecurrentKernels.backward_step`.
        """
        self._launch("mix_back", of.sizes, (of.z, of.dz, dn, dru, product, dh, counts, *incoming, of.h), t)

    def reset_back(self, of: Recurrence, product: Any, dh: Any, dru: Any, t: int) -> None:
        """Write the gradient of r, given ``dn U_n^T`` (N, units), and add to dh what passes by ``r h``."""
        self._launch("reset_back", of.sizes, (of.z, of.dz, dru, product, dh, of.h), t)

    def agrees(self) -> bool:
        rng, send, (steps, n, units) = np.random.default_rng(0), self.xp.array, (2, 5, 3)

        def draw(*shape: int) -> Any:
            return rng.random(shape).astype(self.dtype)

        z, h, b, inner, counts = draw(2, 5, 9), draw(4, 5, 6), draw(18), draw(2, 5, 3), draw(2, 5, 1)
        products, dh, dy, last = draw(4, 5, 6), draw(5, 3), draw(2, 5, 3), draw(5, 3)
        sizes, dn, dru = Sequences(steps, n, units, 2, 1), send(draw(5, 3)), send(draw(5, 6))
        arrays = send(z), send(0 * z), send(b), send(h)
        of, running, sent = Recurrence(sizes, 0, *arrays, inner=send(inner)), send(dh), send(counts)
        narrow = [send(np.ascontiguousarray(one[:, :3])) for one in products]
        self.reset(of, send(products[0]), 0)
        self.mix(of, sent, narrow[1], 0)
        self.mix_back(of, sent, (send(dy), send(last)), narrow[2], running, dn, dru, 0)
        self.reset_back(of, narrow[3], running, dru, 0)
        before, given = h[2, :, 3:], products[:, :, :3]
        r, u = (
            1 / (1 + np.exp(-(a + p + c)))
            for a, p, c in zip(*_parted(z[0], products[0], b[9:]), strict=False)
        )
        candidate = np.tanh(z[0, :, 6:] + given[1] + b[15:])
        gradient = (dh + given[2] + last + dy[0]) * counts[0]
        of_r = given[3] * before * (1 - r) * r
        of_u = gradient * (before - candidate) * (1 - u) * u
        of_n = gradient * (1 - u) * (1 - candidate**2)
        state = (candidate + u * (before - candidate)) * counts[0]
        pairs = (
            (of.inner[0], r * before),
            (of.h[1, :, 3:], state),
            (of.dz[0], np.concatenate([of_r, of_u, of_n], axis=1)),
            (dru, np.concatenate([of_r, of_u], axis=1)),
            (dn, of_n),
            (running, gradient * u + given[3] * r),
        )
        return all(self.near(*pair) for pair in pairs)

    def _launch(self, name: str, sizes: Sequences, arrays: tuple[Any, ...], t: int) -> None:
        grid = blocks(sizes.samples * sizes.units)
        self.function(name)(grid, (THREADS,), (*arrays, *map(np.int32, (t, *sizes))))


def _parted(*arrays: Any) -> list[list[Any]]:
    """Return what each array has of the gates, three columns each."""
    return [[one[..., k : k + 3] for k in range(0, one.shape[-1], 3)] for one in arrays]
