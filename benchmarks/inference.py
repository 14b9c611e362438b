"""
Ask a trained 784-100-10 network beside the peers: microseconds a call, from a numpy array to a numpy array.

One sample a call is what a service is asked, 1024 what a report is made of. Everyone has the same weights, and the
answers are compared before the clock starts. A round is the median of many calls one after the other.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

import synapse_rx as sx

from .contestants.problem import HIDDEN, INPUTS, OUTPUTS, Problem, problem, weights_of
from .harness import Contest, alternate, equal_threads, gemm_rate, peer, pinned, table

Ask = Callable[[np.ndarray], np.ndarray]
TOLERANCE = 1e-5
PRODUCTS = HIDDEN * (INPUTS + OUTPUTS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 1024], help="samples in a call")
    parser.add_argument("--threads", type=int, default=1, help="compute threads (and cores) for everyone")
    parser.add_argument("--rounds", type=int, help="rounds measured")


def run(
    quick: bool = False, batch: tuple[int, ...] = (1, 1024), threads: int = 1, rounds: int | None = None
) -> None:
    rounds = rounds or (3 if quick else 15)
    with equal_threads(threads), pinned(threads):
        task = problem("random", 2048, 128)
        net = sx.train(task.net(), task.training_set(), 2).result()
        asked = contestants(net, task)
        for size in batch:
            _compare(asked, size, threads, rounds, 50 if quick else 400)


def contestants(net: sx.Net, task: Problem) -> dict[str, Ask]:
    """
    Return who can be asked, this library first.
    """
    found: dict[str, Ask] = {
        "synapse_rx, compiled": sx.compile(net),
        "synapse_rx, outputs": lambda x: sx.outputs(net, x),
    }
    if (torch := peer("torch")) is not None:
        found["PyTorch eager"] = _torch(torch, net)
    if (jax := peer("jax")) is not None:
        found["JAX jit"] = _jax(jax, net)
    if (runtime := peer("onnxruntime")) is not None and peer("onnx") is not None:
        found["ONNX Runtime"] = _onnxruntime(runtime, net)
    if peer("sklearn") is not None:
        found["scikit-learn"] = _scikit(net, task)
    return found


def _torch(torch: Any, net: sx.Net) -> Ask:
    nn = torch.nn
    model = nn.Sequential(
        nn.Linear(INPUTS, HIDDEN), nn.Sigmoid(), nn.Linear(HIDDEN, OUTPUTS), nn.Softmax(1)
    ).eval()
    with torch.no_grad():
        for parameter, values in zip(model.parameters(), weights_of(net.params), strict=True):
            parameter.copy_(torch.tensor(values.T))

    def ask(x: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return model(torch.from_numpy(x)).numpy()

    return ask


def _jax(jax: Any, net: sx.Net) -> Ask:
    weights = weights_of(net.params)
    W1, b1, W2, b2 = map(jax.device_put, weights)
    answer = jax.jit(lambda x: jax.nn.softmax(jax.nn.sigmoid(x @ W1 + b1) @ W2 + b2))
    return lambda x: np.asarray(answer(x))


def _onnxruntime(runtime: Any, net: sx.Net) -> Ask:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    model = sx.to_onnx(net).SerializeToString()
    session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda x: session.run(None, {name: x})[0]


def _scikit(net: sx.Net, task: Problem) -> Ask:
    from sklearn.neural_network import MLPClassifier

    classifier = MLPClassifier((HIDDEN,), activation="logistic")
    classifier.partial_fit(task.x[:100], task.labels[:100], classes=np.arange(OUTPUTS))
    weights = weights_of(net.params)
    classifier.coefs_ = [np.array(weights.W1), np.array(weights.W2)]
    classifier.intercepts_ = [np.array(weights.b1), np.array(weights.b2)]
    return lambda x: np.asarray(classifier.predict_proba(x))


def _compare(asked: dict[str, Ask], size: int, threads: int, rounds: int, calls: int) -> None:
    x = np.random.default_rng(0).random((size, INPUTS), dtype=np.float32)
    expected = next(iter(asked.values()))(x)
    for name, ask in asked.items():
        furthest = float(np.abs(ask(x) - expected).max())
        if not furthest <= TOLERANCE:
            raise AssertionError(f"{name} answers otherwise, by up to {furthest}")
    calls = max(5, calls // (1 + size // 32))
    contest = alternate(rounds, {name: _timed(ask, x, calls) for name, ask in asked.items()})
    flops, peak = 2 * PRODUCTS * size, 1e9 * gemm_rate(max(size, 2), INPUTS, HIDDEN, threads=threads)
    table(
        f"784-100-10, {size} samples a call, {threads} thread(s), {rounds} rounds of {calls} calls",
        ["", "us/call", "quartiles", "theirs/ours", "of GEMM"],
        [_row(name, contest, flops, peak) for name in asked],
    )


def _timed(ask: Ask, x: np.ndarray, calls: int) -> Callable[[], float]:
    def measured() -> float:
        times: list[float] = []
        for _ in range(calls):
            start = perf_counter()
            ask(x)
            times.append(perf_counter() - start)
        return median(times)

    return measured


def _row(name: str, contest: Contest, flops: int, peak: float) -> list[str]:
    seconds = contest.median(name)
    low, high = (f"{1e6 * value:.1f}" for value in contest.spread(name))
    ours = next(iter(contest.rounds))
    return [
        name,
        f"{1e6 * seconds:.1f}",
        f"{low}-{high}",
        f"{contest.ratio(name, ours):.2f}",
        f"{flops / seconds / peak:.0%}",
    ]
