"""The recurrent layer of synapses: what lies between its two products of a step."""

from __future__ import annotations

from typing import Any

import numpy as np

from .grid import THREADS, blocks
from .kernels import Fused
from .sequences import Recurrence, Sequences


class SynapseRNNKernels(Fused):
    """
    Gates e, p and u in this order; ``Recurrence.inner`` is p in one piece, (T, N, units).

    A step is ``h U``, `squash`, the logarithms of the products of synapses, `mix`; the way back `mix_back`, the
    gradient of p through the synapses, `squash_back`, and the product with U^T.
    """

    source = """
__device__ real logistic(real a) { return real(1) / (real(1) + exp(-a)); }

extern "C" __global__ void squash(const real* product, real* z, const real* b, real* inner, int t,
                                  int steps, int n, int units, int directions, int direction) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= (long long)n * units) return;
    const long long row = k / units, sample = (long long)t * n + row;
    const int unit = k - row * units;
    const real* given = product + row * 3 * units + unit;
    const real* bias = b + direction * 3 * units + unit;
    real* gates = z + sample * 3 * units + unit;
    for (int gate = 0; gate < 3; gate++)
        gates[gate * units] = logistic(gates[gate * units] + given[gate * units] + bias[gate * units]);
    inner[sample * units + unit] = gates[units];
}

extern "C" __global__ void mix(real* factors, const real* z, const real* counts, real* h, int t,
                               int steps, int n, int units, int directions, int direction) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= (long long)n * units) return;
    const long long row = k / units, sample = (long long)t * n + row;
    const int unit = k - row * units, stride = directions * units;
    const long long at = (sample + n) * stride + direction * units + unit;
    const long long before = direction ? at + (long long)n * stride : at - (long long)n * stride;
    const real* gates = z + sample * 3 * units + unit;
    const real factor = exp(factors[sample * units + unit]), made = gates[0] * factor;
    factors[sample * units + unit] = factor;
    h[at] = (made + gates[2 * units] * (h[before] - made)) * (counts ? counts[sample] : real(1));
}

extern "C" __global__ void mix_back(const real* factors, const real* z, real* dz, real* dl, const real* product,
                                    real* dh, const real* counts, const real* dy, const real* last, const real* h,
                                    int t, int steps, int n, int units, int directions, int direction) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= (long long)n * units) return;
    const long long row = k / units, sample = (long long)t * n + row, own = sample * units;
    const int unit = k - row * units, stride = directions * units;
    const long long before = ((long long)(direction ? t + 2 : t) * n + row) * stride + direction * units + unit;
    real gradient = product ? dh[k] + product[k] : real(0);
    if (last) gradient += last[k];
    if (dy) gradient += dy[own + unit];
    if (counts) gradient *= counts[sample];
    const real* gates = z + sample * 3 * units + unit;
    const real e = gates[0], u = gates[2 * units], factor = factors[own + unit], made = e * factor;
    const real dc = gradient * (real(1) - u);
    dl[own + unit] = dc * made;
    dz[sample * 3 * units + 2 * units + unit] = gradient * (h[before] - made) * ((real(1) - u) * u);
    dz[sample * 3 * units + unit] = dc * factor * ((real(1) - e) * e);
    dh[k] = gradient * u;
}

extern "C" __global__ void squash_back(const real* dp, const real* inner, real* dz, int t,
                                       int steps, int n, int units, int directions, int direction) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= (long long)n * units) return;
    const long long row = k / units, sample = (long long)t * n + row;
    const int unit = k - row * units;
    const real p = inner[sample * units + unit];
    dz[sample * 3 * units + units + unit] = dp[k] * ((real(1) - p) * p);
}
"""

    def squash(self, of: Recurrence, product: Any, t: int) -> None:
        """Make e, p and u, given ``h U`` (N, 3 units) before step t."""
        self._launch("squash", of.sizes, (product, of.z, of.b, of.inner), t)

    def mix(self, of: Recurrence, counts: Any, factors: Any, t: int) -> None:
        """Make the states after step t, and the products of synapses of their logarithms, (T, N, units)."""
        self._launch("mix", of.sizes, (factors, of.z, counts, of.h), t)

    def mix_back(
        self,
        of: Recurrence,
        counts: Any,
        incoming: tuple[Any, Any],
        product: Any,
        factors: Any,
        dl: Any,
        dh: Any,
        t: int,
    ) -> None:
        """
        Write the gradients of e, u and the logarithms of step t, the last into ``dl`` (T, N, units).

        ``dh`` is what passes to the state before other than by products; ``product``, ``incoming`` and ``counts`` are
        those of `RecurrentKernels.backward_step`.
        """
        arrays = factors, of.z, of.dz, dl, product, dh, counts, *incoming, of.h
        self._launch("mix_back", of.sizes, arrays, t)

    def squash_back(self, of: Recurrence, dp: Any, t: int) -> None:
        """Take the gradient of p (N, units) to its logits."""
        self._launch("squash_back", of.sizes, (dp, of.inner, of.dz), t)

    def agrees(self) -> bool:
        rng, send, (steps, n, units) = np.random.default_rng(0), self.xp.array, (2, 5, 3)

        def draw(*shape: int) -> Any:
            return rng.random(shape).astype(self.dtype)

        z, h, b, counts, logs = draw(2, 5, 9), draw(4, 5, 6), draw(18), draw(2, 5, 1), draw(2, 5, 3)
        product, through, dp, dh, dy, last = (
            draw(5, 9),
            *(draw(5, 3) for _ in range(3)),
            draw(2, 5, 3),
            draw(5, 3),
        )
        arrays = send(z), send(0 * z), send(b), send(h)
        of = Recurrence(Sequences(steps, n, units, 2, 1), 0, *arrays, inner=send(logs))
        factors, dl, running, sent = send(logs), send(logs), send(dh), send(counts)
        self.squash(of, send(product), 0)
        self.mix(of, sent, factors, 0)
        p = self.xp.asnumpy(of.inner)[0]
        self.mix_back(of, sent, (send(dy), send(last)), send(through), factors, dl, running, 0)
        self.squash_back(of, send(dp), 0)
        gates = 1 / (1 + np.exp(-(z[0] + product + b[9:])))
        e, u, factor, before = gates[:, :3], gates[:, 6:], np.exp(logs[0]), h[2, :, 3:]
        made = e * factor
        gradient = (dh + through + last + dy[0]) * counts[0]
        dc = gradient * (1 - u)
        of_gates = dc * factor * (1 - e) * e, dp * (1 - p) * p, gradient * (before - made) * (1 - u) * u
        pairs = (
            (of.inner[0], gates[:, 3:6]),
            (factors[0], factor),
            (of.h[1, :, 3:], (made + u * (before - made)) * counts[0]),
            (dl[0], dc * made),
            (of.dz[0], np.concatenate(of_gates, axis=1)),
            (running, gradient * u),
        )
        return all(self.near(*pair) for pair in pairs)

    def _launch(self, name: str, sizes: Sequences, arrays: tuple[Any, ...], t: int) -> None:
        grid = blocks(sizes.samples * sizes.units)
        self.function(name)(grid, (THREADS,), (*arrays, *map(np.int32, (t, *sizes))))
