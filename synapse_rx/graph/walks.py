"""Passes of a neuron graph on a device: a thread for each sample walks through all neurons, step by step."""

from __future__ import annotations

import numpy as np

from ..backends.cuda import Fused
from ..backends.cuda.grid import blocks
from ..typing import Array

THREADS = 32
"""Samples of a block: few, so that even small batches are spread over many multiprocessors."""


class Walks(Fused):
    """
    What `kernels` compute, by the same `runs`, for all samples at a time.

    Samples lie side by side everywhere, as the last axis of every array, so that neighbouring threads read neighbouring
    numbers. Each adds up a gradient of its own; they are summed afterwards, always in one order.

    Shapes:
        Y (T + 1, units + 1, capacity), S (T + 1, units, capacity), D (T, outputs, capacity), grad (weights,
        capacity), eps and ext (traces, capacity), dx (T, inputs, capacity), work (6, units + 1, capacity), raw (runs,
        capacity), influence (pairs, capacity)
    """

    source = """
typedef long long whole;

__device__ real activated(whole code, real z) {
    if (code == 1) return real(1) / (real(1) + exp(-z));
    if (code == 2) return tanh(z);
    if (code == 3) return !(z <= real(0)) ? z : real(0);
    if (code == 4) return z != z ? z : z > real(0) ? real(1) : real(0);
    return z;
}

__device__ real slope(whole code, real y) {
    if (code == 1) return y * (real(1) - y);
    if (code == 2) return real(1) - y * y;
    if (code == 3) return y > real(0) ? real(1) : real(0);
    return real(1);
}

__device__ real product(const real* weights, const real* values, whole ld, whole n) {
    real a = 0, b = 0, c = 0, d = 0;
    whole i = 0;
    for (; i + 4 <= n; i += 4) {
        a += weights[i] * values[i * ld];
        b += weights[i + 1] * values[(i + 1) * ld];
        c += weights[i + 2] * values[(i + 2) * ld];
        d += weights[i + 3] * values[(i + 3) * ld];
    }
    for (; i < n; i++) a += weights[i] * values[i * ld];
    return (a + b) + (c + d);
}

// Numbers of one sample: a row of so many, and a place in it.
#define Y_(t, j) Y[((t) * (units + 1) + (j)) * ld]
#define S_(t, j) S[((t) * units + (j)) * ld]
#define W_(row, j) work[((row) * (units + 1) + (j)) * ld]

extern "C" __global__ void forward(const whole* g, const real* theta, const real* fixed, real* Y, real* S, whole steps,
                                   whole n, whole ld) {
    const whole k = (whole)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    Y += k; S += k;
    const whole units = g[0], inputs = g[1];
    const whole *R = g + g[4], *F = g + g[5], *C = g + g[6], *B = g + g[7], *Z = g + g[9];
    for (whole t = 0; t < steps; t++) for (whole j = inputs; j < units; j++) {
        const whole* z = Z + 6 * j;
        real sum = B[j] >= 0 ? theta[B[j]] : real(0);
        if (z[0] >= 0) {
            real held = S_(t, j) * (z[1] ? fixed[z[0]] : theta[z[0]]);
            if (z[2] >= 0) held *= Y_(t + 1 - z[3], z[2]);
            sum += held;
        }
        for (whole q = F[j]; q < F[j + 1]; q++) {
            const whole* r = R + 10 * q;
            real term = product((r[4] ? fixed : theta) + r[2], &Y_(t + 1 - r[6], r[0]), ld, r[1]);
            if (r[3] >= 0) term *= Y_(t + 1 - r[7], r[3]);
            sum += term;
        }
        S_(t + 1, j) = sum;
        Y_(t + 1, j) = activated(C[j], sum);
    }
}

extern "C" __global__ void truncated(const whole* g, const real* theta, const real* fixed, const real* Y, const real* S,
                                     const real* D, real* grad, real* eps, real* ext, real* dx, real* work, real* raw,
                                     real* influence, whole steps, whole n, whole ld, whole pairs, int wants_dx) {
    const whole k = (whole)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    Y += k; S += k; D += k; grad += k; eps += k; ext += k; dx += k; work += k; raw += k; influence += k;
    const whole units = g[0], inputs = g[1], outputs = g[2], states = g[3];
    const whole *R = g + g[4], *F = g + g[5], *C = g + g[6], *B = g + g[7], *T = g + g[8], *Z = g + g[9];
    const whole *Q = g + g[10], *M = g + g[11];
    // Rows of work: what comes back from later neurons; through gates of neurons that keep nothing, and of those that
    // do; slopes; gradients of states; shares of states that stay.
    for (whole t = 0; t < steps; t++) {
        for (whole j = 0; j < units; j++) W_(0, j) = W_(1, j) = W_(2, j) = 0;
        for (whole p = 0; p < pairs; p++) influence[p * ld] = 0;
        // Traces (17), and what gated neurons are influenced by.
        for (whole j = inputs; j < units; j++) {
            const whole* z = Z + 6 * j;
            W_(3, j) = slope(C[j], Y_(t + 1, j));
            real stay = 0;
            if (z[0] >= 0) {
                const real kept = z[1] ? fixed[z[0]] : theta[z[0]];
                real gain = 1;
                if (z[2] >= 0) {
                    gain = Y_(t + 1 - z[3], z[2]);
                    if (z[5] >= 0) influence[z[5] * ld] += kept * S_(t, j);
                }
                stay = gain * kept;
                if (T[j] >= 0) eps[T[j] * ld] = stay * eps[T[j] * ld] + real(1);
                if (z[4] >= 0) eps[z[4] * ld] = stay * eps[z[4] * ld] + gain * S_(t, j);
            }
            W_(5, j) = stay;
            if (!M[j]) continue;
            for (whole q = F[j]; q < F[j + 1]; q++) {
                const whole* r = R + 10 * q;
                if (r[3] < 0 && r[5] < 0) continue;
                const real* values = &Y_(t + 1 - r[6], r[0]);
                real gain = 1;
                if (r[3] >= 0) {
                    gain = Y_(t + 1 - r[7], r[3]);
                    raw[q * ld] = product((r[4] ? fixed : theta) + r[2], values, ld, r[1]);
                    if (r[8] >= 0) influence[r[8] * ld] += raw[q * ld];
                }
                if (r[5] >= 0) for (whole i = 0; i < r[1]; i++) {
                    real* trace = eps + (r[5] + i) * ld;
                    *trace = stay * *trace + gain * values[i * ld];
                }
            }
        }
        // Extended traces (18) through neurons that keep something.
        for (whole p = 0; p < pairs; p++) {
            const whole j = Q[3 * p];
            whole place = Q[3 * p + 2];
            if (place < 0 || j < inputs) continue;
            const whole* z = Z + 6 * j;
            const real stay = W_(5, Q[3 * p + 1]), share = W_(3, j) * influence[p * ld];
            for (whole q = F[j]; q < F[j + 1]; q++) {
                const whole* r = R + 10 * q;
                if (r[4]) continue;
                const real* terms = r[5] >= 0 ? eps + r[5] * ld : &Y_(t + 1 - r[6], r[0]);
                real gain = share;
                if (r[5] < 0 && r[3] >= 0) gain *= Y_(t + 1 - r[7], r[3]);
                for (whole i = 0; i < r[1]; i++) {
                    real* trace = ext + (place + i) * ld;
                    *trace = stay * *trace + gain * terms[i * ld];
                }
                place += r[1];
            }
            if (z[4] >= 0) {
                ext[place * ld] = stay * ext[place * ld] + share * eps[z[4] * ld];
                place++;
            }
            if (B[j] >= 0) ext[place * ld] = stay * ext[place * ld] + share * (T[j] >= 0 ? eps[T[j] * ld] : real(1));
        }
        // Gradients (21) to (23) of the states, and (24) without extended traces.
        for (whole j = units - 1; j >= inputs; j--) {
            const whole* z = Z + 6 * j;
            real direct = W_(3, j) * (W_(0, j) + W_(1, j));
            if (j >= outputs) {
                const real d = D[(t * (units - outputs) + j - outputs) * ld];
                direct += states ? d : d * W_(3, j);
            }
            const real delta = direct + W_(3, j) * W_(2, j);
            W_(4, j) = delta;
            if (z[0] >= 0) {
                if (z[2] >= 0 && !z[3]) W_(2, z[2]) += delta * (z[1] ? fixed[z[0]] : theta[z[0]]) * S_(t, j);
                if (z[4] >= 0) grad[z[0] * ld] += direct * eps[z[4] * ld];
            }
            if (B[j] >= 0) grad[B[j] * ld] += direct * (z[0] >= 0 ? eps[T[j] * ld] : real(1));
            for (whole q = F[j]; q < F[j + 1]; q++) {
                const whole* r = R + 10 * q;
                real gain = 1;
                if (r[3] >= 0) {
                    gain = Y_(t + 1 - r[7], r[3]);
                    if (!r[7]) W_(z[0] >= 0 ? 2 : 1, r[3]) += delta * raw[q * ld];
                }
                if (!r[6] && (wants_dx || !r[9])) {
                    const real* weights = (r[4] ? fixed : theta) + r[2];
                    for (whole i = 0; i < r[1]; i++) W_(0, r[0] + i) += delta * gain * weights[i];
                }
                if (!r[4]) {
                    const real* terms = r[5] >= 0 ? eps + r[5] * ld : &Y_(t + 1 - r[6], r[0]);
                    const real share = r[5] >= 0 ? direct : direct * gain;
                    for (whole i = 0; i < r[1]; i++) grad[(r[2] + i) * ld] += share * terms[i * ld];
                }
            }
        }
        // (24) through neurons that keep something
        for (whole p = 0; p < pairs; p++) {
            const whole j = Q[3 * p];
            whole place = Q[3 * p + 2];
            if (place < 0 || j < inputs) continue;
            const whole* z = Z + 6 * j;
            const real delta = W_(4, Q[3 * p + 1]);
            for (whole q = F[j]; q < F[j + 1]; q++) {
                const whole* r = R + 10 * q;
                if (r[4]) continue;
                for (whole i = 0; i < r[1]; i++) grad[(r[2] + i) * ld] += delta * ext[(place + i) * ld];
                place += r[1];
            }
            if (z[4] >= 0) {
                grad[z[0] * ld] += delta * ext[place * ld];
                place++;
            }
            if (B[j] >= 0) grad[B[j] * ld] += delta * ext[place * ld];
        }
        if (wants_dx) for (whole i = 0; i < inputs; i++) dx[(t * inputs + i) * ld] = W_(0, i) + W_(1, i) + W_(2, i);
    }
}

extern "C" __global__ void through_time(const whole* g, const real* theta, const real* fixed, const real* Y,
                                        const real* S, const real* D, real* grad, real* dx, real* work, whole steps,
                                        whole n, whole ld, int wants_dx) {
    const whole k = (whole)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    Y += k; S += k; D += k; grad += k; dx += k; work += k;
    const whole units = g[0], inputs = g[1], outputs = g[2], states = g[3];
    const whole *R = g + g[4], *F = g + g[5], *C = g + g[6], *B = g + g[7], *Z = g + g[9];
    // Rows of work: gradients of activations of this step and of that before, in turn; of states.
    for (whole j = 0; j < units; j++) W_(0, j) = W_(2, j) = 0;
    whole here = 0;
    for (whole t = steps - 1; t >= 0; t--, here = 1 - here) {
        for (whole j = 0; j < units; j++) W_(1 - here, j) = 0;
        for (whole j = units - 1; j >= inputs; j--) {
            const whole* z = Z + 6 * j;
            const real s = slope(C[j], Y_(t + 1, j));
            real delta = s * W_(here, j) + W_(2, j);
            if (j >= outputs) {
                const real d = D[(t * (units - outputs) + j - outputs) * ld];
                delta += states ? d : d * s;
            }
            if (z[0] >= 0) {
                const real kept = z[1] ? fixed[z[0]] : theta[z[0]];
                real gain = 1;
                if (z[2] >= 0) {
                    gain = Y_(t + 1 - z[3], z[2]);
                    W_(z[3] ? 1 - here : here, z[2]) += delta * kept * S_(t, j);
                }
                if (!z[1]) grad[z[0] * ld] += delta * gain * S_(t, j);
                W_(2, j) = delta * gain * kept;
            }
            if (B[j] >= 0) grad[B[j] * ld] += delta;
            for (whole q = F[j]; q < F[j + 1]; q++) {
                const whole* r = R + 10 * q;
                const real *values = &Y_(t + 1 - r[6], r[0]), *weights = (r[4] ? fixed : theta) + r[2];
                real share = delta;
                if (r[3] >= 0) {
                    W_(r[7] ? 1 - here : here, r[3]) += delta * product(weights, values, ld, r[1]);
                    share *= Y_(t + 1 - r[7], r[3]);
                }
                if (wants_dx || !r[9]) {
                    const whole to = r[6] ? 1 - here : here;
                    for (whole i = 0; i < r[1]; i++) W_(to, r[0] + i) += share * weights[i];
                }
                if (!r[4]) for (whole i = 0; i < r[1]; i++) grad[(r[2] + i) * ld] += share * values[i * ld];
            }
        }
        if (wants_dx) for (whole i = 0; i < inputs; i++) dx[(t * inputs + i) * ld] = W_(here, i);
    }
}
"""

    def forward(self, table: Array, theta: Array, fixed: Array, Y: Array, S: Array, n: int) -> None:
        """Activate all neurons of n samples in every step; inputs and what is before the first step are given."""
        sizes = map(np.int64, (len(Y) - 1, n, Y.shape[2]))
        self.function("forward")(blocks(n, THREADS), (THREADS,), (table, theta, fixed, Y, S, *sizes))

    def backward(
        self,
        table: Array,
        theta: Array,
        fixed: Array,
        given: tuple[Array, Array, Array],
        made: tuple[Array, Array, Array, Array],
        room: tuple[Array, Array, Array],
        n: int,
        *,
        pairs: int,
        bptt: bool,
        wants_dx: bool,
    ) -> None:
        """
        Add to the gradients of n samples, and write those of inputs.

        Args:
            table: The `runs`.
            theta: Weights that learn.
            fixed: Others.
            given: Y, S and D.
            made: The gradients of weights, the traces eps and ext, the gradient of inputs.
            room: Memory: work, raw, influence.
            n: Samples.
            pairs: Pairs of gater and gated neuron.
            bptt: Go back through time; else by the truncated rule, which goes on with the traces.
            wants_dx: Whether anyone wants the gradient of inputs.
        """
        (Y, S, D), (grad, eps, ext, dx), (work, raw, influence) = given, made, room
        sizes, wants = tuple(map(np.int64, (len(Y) - 1, n, Y.shape[2]))), np.int32(wants_dx)
        grid = blocks(n, THREADS), (THREADS,)
        if bptt:
            args = (table, theta, fixed, Y, S, D, grad, dx, work, *sizes, wants)
            self.function("through_time")(*grid, args)
        else:
            args = (table, theta, fixed, Y, S, D, grad, eps, ext, dx, work, raw, influence, *sizes)
            self.function("truncated")(*grid, (*args, np.int64(pairs), wants))

    def agrees(self) -> bool:
        from .trial import agrees

        return agrees(self)
