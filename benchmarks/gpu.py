"""
Train dense, convolutional and recurrent networks on a GPU beside PyTorch and JAX: milliseconds a step.

This library is measured as it is, with CUDA graphs and without kernels of its own; PyTorch eager and with CUDA graphs;
JAX, where it finds the GPU, a compiled call a step. All begin with the same weights and learn the same random samples
in the same order by plain gradient descent; after the first epoch, which is not counted, their losses are compared.
``--backend numpy`` tries the benchmark itself on the CPU.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

import synapse_rx as sx
from synapse_rx.backends import Backend, CupyBackend, NumpyBackend

from .cnn import deep_diamond, synacnn
from .contestants import convolutional, recurrent
from .contestants.on_gpu import OursOn, TheirsAsGraphs, TheirsOn
from .contestants.stacks import Stack, agree
from .harness import alternate, equal_threads, peer, table
from .rnn import FEATURES, STEPS, last_step

NETS = ("mlp", "synacnn", "deep diamond", "lstm")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--net", nargs="+", choices=NETS, help="which networks")
    parser.add_argument("--backend", choices=["cupy", "numpy"], default="cupy", help="where")
    parser.add_argument("--rounds", type=int, help="epochs measured")


def run(
    quick: bool = False,
    net: Sequence[str] | None = None,
    backend: str = "cupy",
    rounds: int | None = None,
) -> None:
    if backend == "cupy" and (reason := CupyBackend.why_not()) is not None:
        print(f"nothing to measure: {reason}; --backend numpy tries the benchmark itself")
        return
    with equal_threads(1) if backend == "numpy" else nullcontext():
        for name in net or NETS:
            _compare(name, _stack(name, batches=2 if quick else 100), backend, rounds or (2 if quick else 9))


def _compare(name: str, stack: Stack, backend: str, rounds: int) -> None:
    contestants = _contestants(name, stack, backend)
    for one in contestants.values():
        one.epoch()
    print(f"\n{name}: {agree({who: one.loss() for who, one in contestants.items()})}")
    contest = alternate(rounds, {who: one.epoch for who, one in contestants.items()}, warmup=0)
    steps, ours = len(stack.x) // stack.batch, contest.median("synapse_rx")
    table(
        f"{name}, batch {stack.batch}, {backend}",
        ["", "us/step", "quartiles", "theirs/ours"],
        [
            [
                who,
                f"{1e6 * contest.median(who) / steps:,.0f}",
                "-".join(f"{1e6 * seconds / steps:,.0f}" for seconds in contest.spread(who)),
                f"{contest.median(who) / ours:.2f}",
            ]
            for who in contestants
        ],
    )


def _stack(name: str, batches: int) -> Stack:
    rng, n = np.random.default_rng(0), 12_800 * batches // 100
    labels = rng.integers(0, 10, n)
    if name == "mlp":
        ours = [sx.Input(784), sx.Dense(100, "relu"), sx.Dense(10, "softmax")]
        return Stack(ours, _dense, rng.random((n, 784), np.float32), labels, 128)
    if name == "lstm":
        ours = [sx.Input((STEPS, FEATURES)), sx.LSTM(128), sx.Dense(10, "softmax")]
        x = rng.random((n, STEPS, FEATURES), np.float32)
        return Stack(ours, lambda torch: last_step(torch, "lstm"), x, labels, 128)
    make = synacnn if name == "synacnn" else deep_diamond
    stack = make(rng.random((n, 1, 28, 28), np.float32), labels)
    whole = n // stack.batch * stack.batch  # a graph is for batches of one size
    return Stack(stack.ours, stack.theirs, stack.x[:whole], labels[:whole], stack.batch)


def _dense(torch: Any) -> Any:
    nn = torch.nn
    return nn.Sequential(nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))


def _contestants(name: str, stack: Stack, backend: str) -> dict[str, Any]:
    on_gpu = backend == "cupy"
    found: dict[str, Any] = {
        who: OursOn(stack, one)
        for who, one in (_gpus() if on_gpu else {"synapse_rx": NumpyBackend()}).items()
    }
    net = found["synapse_rx"].net
    if (torch := peer("torch")) is not None:
        there = on_gpu and torch.cuda.is_available()
        if on_gpu and not there:
            print("(PyTorch finds no GPU and is left out)")
        if there or not on_gpu:
            found["PyTorch eager"] = TheirsOn(torch, stack, net, "cuda" if there else "cpu")
        if there:
            found["PyTorch CUDA graphs"] = TheirsAsGraphs(torch, stack, net)
    if (jax := peer("jax")) is not None:
        if jax.default_backend() == ("gpu" if on_gpu else "cpu"):
            others = recurrent.others if name == "lstm" else convolutional.others
            found["JAX jit"] = others(stack, net, quick=True)["JAX jit"]
        else:
            print("(JAX finds no GPU and is left out)")
    return found


def _gpus() -> dict[str, Backend]:
    """
    Return this library's ways to compute on a GPU.
    """
    found: dict[str, Backend] = {"synapse_rx": CupyBackend(), "with CUDA graphs": CupyBackend(graphs=True)}
    before = os.environ.get("SYNAPSE_RX_FAST")
    os.environ["SYNAPSE_RX_FAST"] = "0"
    try:
        found["without kernels"] = CupyBackend()
    finally:
        if before is None:
            del os.environ["SYNAPSE_RX_FAST"]
        else:
            os.environ["SYNAPSE_RX_FAST"] = before
    return found
