"""
Ask a trained 784-100-10 network beside the peers: microseconds a call, from a numpy array to a numpy array.

One sample a call is what a service is asked, 1024 what a report is made of. Everyone has the same weights, and the
answers are compared before the clock starts. A round is the median of many calls one after the other.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import cache
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np

import synapse_rx as sx

from .contestants.problem import HIDDEN, INPUTS, OUTPUTS, Problem, problem, weights_of
from .contestants.with_tinygrad import tinygrad
from .harness import Contest, alternate, equal_threads, gemm_rate, peer, pinned, table

Ask = Callable[[np.ndarray], np.ndarray]
TOLERANCE = 1e-5
PRODUCTS = HIDDEN * (INPUTS + OUTPUTS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 1024], help="samples in a call")
    parser.add_argument("--threads", type=int, default=1, help="compute threads (and cores) for everyone")
    parser.add_argument("--rounds", type=int, help="rounds measured")
    parser.add_argument("--cpu", action="store_true", help="count CPU seconds, if others use the machine too")


def run(
    quick: bool = False,
    batch: tuple[int, ...] = (1, 1024),
    threads: int = 1,
    rounds: int | None = None,
    cpu: bool = False,
) -> None:
    rounds = rounds or (3 if quick else 15)
    with equal_threads(threads), pinned(threads):
        task = problem("random", 2048, 128)
        net = sx.train(task.net(), task.training_set(), 2).result()
        asked = contestants(net, task, quick=quick)
        for size in batch:
            _compare(asked, size, threads, rounds, 50 if quick else 400, cpu)


def contestants(net: sx.Net, task: Problem, *, quick: bool = False) -> dict[str, Ask]:
    """
    Return who can be asked, this library first; a quick look leaves out those that compile for a while.
    """
    found: dict[str, Ask] = {
        "synapse_rx, compiled": sx.compile(net),
        "synapse_rx, outputs": lambda x: sx.outputs(net, x),
    }
    if (torch := peer("torch")) is not None:
        found["PyTorch eager"] = _torch(torch, net)
        if not quick:
            found["torch.compile"] = _torch(torch, net, compiled=True)
    if (jax := peer("jax")) is not None:
        found["JAX jit"] = _jax(jax, net)
    if (runtime := peer("onnxruntime")) is not None and peer("onnx") is not None:
        found["ONNX Runtime"] = _onnxruntime(runtime, net)
    if peer("sklearn") is not None:
        found["scikit-learn"] = _scikit(net, task)
    if not quick and (library := tinygrad()) is not None:
        found["tinygrad"] = _tinygrad(library, net)
    return found


def _torch(torch: Any, net: sx.Net, *, compiled: bool = False) -> Ask:
    nn = torch.nn
    model = nn.Sequential(
        nn.Linear(INPUTS, HIDDEN), nn.Sigmoid(), nn.Linear(HIDDEN, OUTPUTS), nn.Softmax(1)
    ).eval()
    with torch.no_grad():
        for parameter, values in zip(model.parameters(), weights_of(net.params), strict=True):
            parameter.copy_(torch.tensor(values.T))
    if compiled:
        model = torch.compile(model)

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


def _tinygrad(library: Any, net: sx.Net) -> Ask:
    def tensor(array: np.ndarray) -> Any:
        return library.Tensor(array, device="CPU").realize()

    W1, b1, W2, b2 = (tensor(np.array(part)) for part in weights_of(net.params))

    @cache  # what was recorded is for one shape
    def answer(shape: tuple[int, ...]) -> Any:
        return library.TinyJit(lambda x: (((x @ W1 + b1).sigmoid() @ W2 + b2).softmax()).realize())

    return lambda x: answer(x.shape)(tensor(x)).numpy()


def _compare(asked: dict[str, Ask], size: int, threads: int, rounds: int, calls: int, cpu: bool) -> None:
    x = np.random.default_rng(0).random((size, INPUTS), dtype=np.float32)
    expected, first = next(iter(asked.values()))(x), {}
    for name, ask in asked.items():
        began = perf_counter()
        for _ in range(3):  # some record the first calls
            ask(x)
        first[name] = perf_counter() - began
        furthest = float(np.abs(ask(x) - expected).max())
        if not furthest <= TOLERANCE:
            raise AssertionError(f"{name} answers otherwise, by up to {furthest}")
    calls = max(5, calls // (1 + size // 32))
    contest = alternate(rounds, {name: _timed(ask, x, calls, cpu) for name, ask in asked.items()})
    flops, peak = 2 * PRODUCTS * size, 1e9 * gemm_rate(max(size, 2), INPUTS, HIDDEN, threads=threads, cpu=cpu)
    table(
        f"784-100-10, {size} samples a call, {threads} thread(s), {rounds} rounds of {calls} calls"
        f"{', CPU seconds' if cpu else ''}",
        ["", "us/call", "quartiles", "theirs/ours", "of GEMM", "first s"],
        [[*_row(name, contest, flops, peak), f"{first[name]:.3f}"] for name in asked],
    )


def _timed(ask: Ask, x: np.ndarray, calls: int, cpu: bool) -> Callable[[], float]:
    clock = process_time if cpu else perf_counter

    def measured() -> float:
        times: list[float] = []
        for _ in range(calls):
            start = clock()
            ask(x)
            times.append(clock() - start)
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
