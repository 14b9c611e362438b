"""
SynaCNN with its synapses, without them, and with the sum over the batch of the published code: a table and a picture.

What to look at: the published layer sums the logarithms of its factors over the whole batch, so that it multiplies each
feature by one number for all samples, and the batch normalisation behind it divides by that number again. `cancelled`
measures what is left. The layer is made here, as `BatchSummedSynapse`; being defined is all it takes to be used.

    python examples/synann_mnist.py                                  # a minute at most, on the digits that ship along
    python examples/synann_mnist.py --data mnist10k --epochs 10 --seeds 2 --folder pictures
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen
from matplotlib.figure import Figure

import synapse_rx as sx
from synapse_rx.initializers import Uniform
from synapse_rx.params import ParameterSpec

BATCH = 100
"""Samples in a batch, as published."""

LEAST = 1e-6
"""The published code takes logarithms of whatever there is; here no factor counts less than this."""


@frozen
class BatchSummedSynapse(sx.Layer):
    """
    The synapses of the published code, ``y_bi = x_bi prod_b' prod_j (1 - W_ji x_b'j)``: all samples of a batch in one.

    Weights start in (-a, a) with ``a = 1 / sqrt(inputs)``, as there; half of them are negative.
    """

    def out_shape(self, in_shape: Any) -> Any:
        return in_shape

    def specs(self, in_shape: Any) -> tuple[ParameterSpec, ...]:
        (n,) = in_shape
        return (ParameterSpec("W", (n, n), Uniform(-(n**-0.5), n**-0.5), n, n),)

    def forward(self, x: Any, s: Any) -> Any:
        # Sample by sample, so that memory does not grow with the batch.
        n = x.shape[1]
        logs, factors, sums = s.fixed("logs", (n,)), s.fixed("factors", (n, n)), s.fixed("sums", (n,))
        logs.fill(0)
        for sample in x:
            s.xp.multiply(sample[:, None], s.params["W"], out=factors)
            s.xp.subtract(1.0, factors, out=factors)
            s.xp.maximum(factors, LEAST, out=factors)
            s.xp.log(factors, out=factors)
            s.xp.sum(factors, axis=0, out=sums)
            s.xp.add(logs, sums, out=logs)
        s.xp.exp(logs, out=logs)
        y = s.array("y", x.shape[1:])
        s.xp.multiply(x, logs, out=y)
        return y

    def backward(self, x: Any, y: Any, dy: Any, s: Any) -> Any:
        n = x.shape[1]
        dx, dl, factors = s.array("dx", (n,)), s.fixed("dl", (n,)), s.fixed("factors", (n, n))
        s.xp.multiply(dy, y, out=dx)
        s.xp.sum(dx, axis=0, out=dl)
        s.xp.multiply(dy, s.fixed("logs", (n,)), out=dx)
        if s.learns:
            s.grads["W"].fill(0)
        for sample, gradient in zip(x, dx, strict=True):
            s.xp.multiply(sample[:, None], s.params["W"], out=factors)
            s.xp.subtract(1.0, factors, out=factors)
            s.xp.maximum(factors, LEAST, out=factors)
            s.xp.divide(dl, factors, out=factors)
            if s.learns:
                s.grads["W"] -= sample[:, None] * factors
            gradient -= (factors * s.params["W"]).sum(axis=1)
        return dx if s.needs_dx else None


VARIANTS: dict[str, dict[str, Any]] = {
    "synapses": {"synapse": sx.Synapse()},
    "no synapses": {"synapse": None},
    "batch sum": {"synapse": BatchSummedSynapse()},
    "sigmoid, synapses": {"squash": "sigmoid", "synapse": sx.Synapse()},
    "sigmoid, no synapses": {"squash": "sigmoid", "synapse": None},
}


@frozen
class Result:
    """
    What came of one variant.

    Attributes:
        parameters: How many there are.
        errors: The share of test samples estimated wrong, in batches like those of training, (seeds, epochs).
        alone: The same at the end, one sample at a time, for each seed.
        seconds: Of the processor for an epoch, whatever else runs beside it.
    """

    parameters: int
    errors: Any
    alone: Any
    seconds: float


def network(data: str, seed: int, **options: Any) -> sx.Atom[sx.Net]:
    """Return SynaCNN, smaller where images are."""
    training = sx.training("adam", learning_rate=0.002, seed=seed)
    if data == "digits":
        return sx.syna_cnn((1, 8, 8), 10, training, channels=(10,), kernel=3, **options)
    return sx.syna_cnn((1, 28, 28), 10, training, **options)


def error(net: sx.Net, test: sx.DataSet, batch: int, most: int) -> float:
    """Return the share of the first ``most`` samples estimated wrong, ``batch`` of them at a time."""
    assert test.y is not None
    n = min(most, len(test.x) // batch * batch)
    x = np.asarray(test.x[:n], np.float32) * test.scale
    parts = [sx.outputs(net, x[first : first + batch]) for first in range(0, n, batch)]
    return float((np.concatenate(parts).argmax(axis=1) != test.y[:n].argmax(axis=1)).mean())


def study(data: str, epochs: int, seeds: int, **options: Any) -> Result:
    """Train one variant, once for each seed."""
    training_set = sx.load_training_set(data, batch=BATCH, shuffle="epoch")
    test = sx.load_test_set("digits" if data == "digits" else "mnist")
    errors, alone, learning, parameters = np.empty((seeds, epochs)), np.empty(seeds), 0.0, 0
    for seed in range(seeds):
        net = network(data, seed, **options)
        for epoch in range(epochs):
            began = time.process_time()
            sx.deref(sx.train(net, training_set, 1))
            learning += time.process_time() - began
            errors[seed, epoch] = error(net.value, test, BATCH, len(test.x))
        alone[seed] = error(net.value, test, 1, 500)
        parameters = net.value.params.flat.size
    return Result(parameters, errors, alone, learning / (seeds * epochs))


def cancelled(n: int = 64, batch: int = BATCH) -> dict[str, float]:
    """
    Measure what batch normalisation leaves of the batch sum, on softmax features and random weights.

    Returns:
        The range of the factors of the features, the largest difference that the layer makes behind the normalisation,
        for an epsilon of next to nothing and of 1e-5, and what a layer of proper synapses makes.
    """
    rng = np.random.default_rng(0)
    z = rng.standard_normal((batch, n))
    x = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    w = rng.uniform(-(n**-0.5), n**-0.5, (n, n))
    logs = np.log1p(-x[:, :, None] * w).sum(axis=1)
    factors, proper = np.exp(logs.sum(axis=0)), np.exp(logs)

    def difference(y: Any, epsilon: float) -> float:
        return float(np.abs(_normalised(y, epsilon) - _normalised(x, epsilon)).max())

    return {
        "smallest factor of a feature": float(factors.min()),
        "largest factor of a feature": float(factors.max()),
        "left behind batch normalisation, epsilon 1e-30": difference(x * factors, 1e-30),
        "left behind batch normalisation, epsilon 1e-5": difference(x * factors, 1e-5),
        "proper synapses make a difference of": difference(x * proper, 1e-30),
    }


def _normalised(x: Any, epsilon: float) -> Any:
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + epsilon)


def table(results: dict[str, Result]) -> str:
    """Return the results as a table in Markdown."""
    lines = [
        f"| variant | parameters | test error, batches of {BATCH} | test error, one by one | CPU s / epoch |",
        "|---|---|---|---|---|",
    ]
    for name, result in results.items():
        last = 100 * result.errors[:, -1]
        spread = f" ± {(last.max() - last.min()) / 2:.2f}" if len(last) > 1 else ""
        lines.append(
            f"| {name} | {result.parameters:,} | {last.mean():.2f}{spread} % | "
            f"{100 * result.alone.mean():.1f} % | {result.seconds:.1f} |"
        )
    return "\n".join(lines)


def draw(results: dict[str, Result], title: str) -> Figure:
    """Return a picture of the test errors by epoch: their mean over the seeds, and a band from best to worst."""
    figure = Figure(figsize=(7, 4.2), dpi=110, layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    for index, (name, result) in enumerate(results.items()):
        epochs, errors = np.arange(1, result.errors.shape[1] + 1), 100 * result.errors
        color, line = f"C{index}", "--" if "no syn" in name else "-"
        axes.plot(epochs, errors.mean(axis=0), line, color=color, marker="o", markersize=3, label=name)
        axes.fill_between(epochs, errors.min(axis=0), errors.max(axis=0), alpha=0.15, color=color)
        axes.set_xticks(epochs)
    axes.set(xlabel="epoch", ylabel="test error, %", yscale="log", title=title)
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50) if tick >= axes.get_ylim()[0]]
    axes.set_yticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--data", choices=("digits", "mnist10k", "mnist"), default="digits")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--variants", nargs="+", choices=tuple(VARIANTS), default=tuple(VARIANTS))
    parser.add_argument("--folder", type=Path, default=Path("synann"), help="where the picture goes")
    parser.add_argument("--quick", action="store_true", help="two epochs on the digits, in seconds")
    asked = parser.parse_args(arguments)
    if asked.quick:
        asked.data, asked.epochs, asked.seeds = "digits", 2, 1

    for what, value in cancelled().items():
        print(f"{what}: {value:.3g}")
    results = {
        name: study(asked.data, asked.epochs, asked.seeds, **VARIANTS[name]) for name in asked.variants
    }
    print(table(results))
    asked.folder.mkdir(parents=True, exist_ok=True)
    file = asked.folder / f"synann-{asked.data}.png"
    draw(results, f"SynaCNN on {asked.data}").savefig(file, pil_kwargs={"optimize": True})
    print(file)


if __name__ == "__main__":
    main()
