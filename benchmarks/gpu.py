"""
Train dense, convolutional and recurrent networks on a GPU beside PyTorch and JAX: microseconds a step, TFLOP/s.

Four parts, all or some of them (``--part``):

* nets: this library as it is, without CUDA graphs and without kernels of its own; PyTorch eager, compiled and with CUDA
  graphs; JAX, where it finds the GPU, a compiled call a step. All begin with the same weights and learn the same random
  samples in the same order by plain gradient descent; after the first epoch, which is not counted, their losses are
  compared. Operations are those of the products, beside what the backend's own product of large matrices reaches.
* precisions: the wide dense network with products in float32, TF32 and bfloat16.
* published: what Deep Diamond published times of, beside these times, which are of another machine.
* subscribers: an epoch with ten subscribers and with none.

``--backend numpy`` tries the benchmark itself on the CPU.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from time import perf_counter
from typing import Any

import numpy as np

from synapse_rx.backends import Backend, CupyBackend, NumpyBackend

from .contestants import convolutional, recurrent
from .contestants.gpu_nets import NETS, stack
from .contestants.on_gpu import OursOn, TheirsAsGraphs, TheirsCompiled, TheirsOn, TheirsRounded
from .contestants.published import PUBLISHED, Rerun
from .contestants.stacks import Stack, agree, operations
from .contestants.subscribed import TEN, Subscribed
from .harness import alternate, equal_threads, peer, table

PARTS = ("nets", "precisions", "published", "subscribers")
PRECISIONS = ("float32", "tf32", "bfloat16")
LARGE, QUICK = 8192, 256
"""Rows and columns of the matrices whose product is the limit."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--part", nargs="+", choices=PARTS, help="what to measure")
    parser.add_argument("--net", nargs="+", choices=NETS, help="which networks; no other part then")
    parser.add_argument("--backend", choices=["cupy", "numpy"], default="cupy", help="where")
    parser.add_argument("--rounds", type=int, help="epochs measured")


def run(
    quick: bool = False,
    part: Sequence[str] | None = None,
    net: Sequence[str] | None = None,
    backend: str = "cupy",
    rounds: int | None = None,
) -> None:
    if backend == "cupy" and (reason := CupyBackend.why_not()) is not None:
        print(f"nothing to measure: {reason}; --backend numpy tries the benchmark itself")
        return
    rounds, parts = rounds or (2 if quick else 9), part or (("nets",) if net else PARTS)
    with equal_threads(1) if backend == "numpy" else nullcontext():
        for name in net or NETS if "nets" in parts else ():
            _nets(name, stack(name, quick=quick), backend, rounds, quick)
        if "precisions" in parts:
            _precisions(stack("wide", quick=quick), backend, rounds, quick)
        if "published" in parts:
            _published(backend, quick)
        if "subscribers" in parts:
            _subscribers(backend, rounds, quick)


def _nets(name: str, one: Stack, backend: str, rounds: int, quick: bool) -> None:
    contestants = _begun(_contestants(name, one, backend))
    print(f"\n{name}: {agree({who: each.loss() for who, each in contestants.items()})}")
    peak = product_rate(_backend(backend), QUICK if quick else LARGE)
    _race(f"{name}, batch {one.batch}, {backend}", one, contestants, rounds, dict.fromkeys(contestants, peak))


def _begun(contestants: dict[str, Any]) -> dict[str, Any]:
    """
    Let everyone learn an epoch that is not counted; of others than us, leave out who cannot.
    """
    for who, each in list(contestants.items()):
        try:
            each.epoch()
        except Exception as error:
            if isinstance(each, OursOn):
                raise
            print(f"({who} is left out: {' '.join(str(error).split())[:200]})")
            del contestants[who]
    return contestants


def _precisions(one: Stack, backend: str, rounds: int, quick: bool) -> None:
    size = QUICK if quick else LARGE
    backends = {
        which: _backend(backend, which) for which in (PRECISIONS if backend == "cupy" else PRECISIONS[:1])
    }
    contestants: dict[str, Any] = {which: OursOn(one, where) for which, where in backends.items()}
    peaks = {which: product_rate(where, size) for which, where in backends.items()}
    if backend == "cupy" and (torch := peer("torch")) is not None and torch.cuda.is_available():
        contestants["PyTorch TF32"] = TheirsRounded(torch, one, contestants["float32"].net, "cuda")
        peaks["PyTorch TF32"] = peaks["tf32"]
    contestants = _begun(contestants)
    losses = ", ".join(f"{who} {each.loss():.5f}" for who, each in contestants.items())
    print(f"\nlosses after one epoch: {losses}")
    _race(f"products of wide, batch {one.batch}, {backend}", one, contestants, rounds, peaks)


def _race(
    title: str, one: Stack, contestants: Mapping[str, Any], rounds: int, peaks: Mapping[str, float]
) -> None:
    """
    Let all learn in turn, and print what a step takes and what of the limit is reached.
    """
    contest = alternate(rounds, {who: each.epoch for who, each in contestants.items()}, warmup=0)
    steps, (first, *_) = len(one.x) // one.batch, contestants
    work = 1e-12 * steps * operations(contestants[first].net, one.batch)
    table(
        title,
        ["", "us/step", "quartiles", "theirs/ours", "TFLOP/s", "of the limit"],
        [
            [
                who,
                f"{1e6 * contest.median(who) / steps:,.0f}",
                "-".join(f"{1e6 * seconds / steps:,.0f}" for seconds in contest.spread(who)),
                f"{contest.ratio(who, first):.2f}",
                f"{work / contest.median(who):.3g}",
                f"{work / contest.median(who) / peaks[who]:.1%}",
            ]
            for who in contestants
        ],
    )


def _published(backend: str, quick: bool) -> None:
    where = _backend(backend)
    peak, rows = product_rate(where, QUICK if quick else LARGE), []
    for one in PUBLISHED:
        again = Rerun(one, where, quick=quick)
        seconds = again.seconds()
        rate = 1e-12 * again.steps * operations(again.net, again.batch) / seconds
        mine = [f"{1e3 * seconds:,.1f}", f"{rate:.3g}", f"{rate / peak:.1%}"]
        rows.append([one.name, str(again.steps), *mine, f"{1e3 * one.theirs:,.1f}", one.where])
    columns = ["", "steps", "ms", "TFLOP/s", "of the limit", "Deep Diamond, ms", "on"]
    note = "narrow, one epoch" if quick else "as published, but on this machine"
    table(f"published by Deep Diamond, {note}, {backend}", columns, rows)


def _subscribers(backend: str, rounds: int, quick: bool) -> None:
    where, epochs = _backend(backend), 1 if quick else 100
    kinds = {
        name: Subscribed(where, names, epochs, quick=quick) for name, names in (("none", ()), ("ten", TEN))
    }
    contest = alternate(rounds, {name: one.epoch for name, one in kinds.items()}, warmup=1)
    contest.print(f"an epoch of 784-100-10 in ms, by subscribers, {backend}")


def product_rate(where: Backend, size: int) -> float:
    """
    Return the TFLOP/s of a backend's product of square matrices, the best of some.
    """
    rng, best = np.random.default_rng(0), float("inf")
    with where.active():
        a, b = (where.from_host(rng.random((size, size), np.float32)) for _ in range(2))
        out = where.xp.empty((size, size), np.float32)
        for _ in range(8):
            start = perf_counter()
            for _ in range(4):
                where.xp.matmul(a, b, out=out)
            where.synchronize()
            best = min(best, perf_counter() - start)
    return 1e-12 * 8 * size**3 / best


def _contestants(name: str, one: Stack, backend: str) -> dict[str, Any]:
    on_gpu = backend == "cupy"
    found: dict[str, Any] = {
        who: OursOn(one, where)
        for who, where in (_gpus() if on_gpu else {"synapse_rx": NumpyBackend()}).items()
    }
    net = found["synapse_rx"].net
    if (torch := peer("torch")) is not None:
        there = on_gpu and torch.cuda.is_available()
        if on_gpu and not there:
            print("(PyTorch finds no GPU and is left out)")
        if there or not on_gpu:
            found["PyTorch eager"] = TheirsOn(torch, one, net, "cuda" if there else "cpu")
        if there:
            found["PyTorch compiled"] = TheirsCompiled(torch, one, net)
            found["PyTorch CUDA graphs"] = TheirsAsGraphs(torch, one, net)
    if (jax := peer("jax")) is not None:
        if jax.default_backend() == ("gpu" if on_gpu else "cpu"):
            others = recurrent.others if name == "lstm" else convolutional.others
            found["JAX jit"] = others(one, net, quick=True)["JAX jit"]
        else:
            print("(JAX finds no GPU and is left out)")
    return found


def _backend(name: str, products: str = "float32") -> Backend:
    return CupyBackend(products=products) if name == "cupy" else NumpyBackend()


def _gpus() -> dict[str, Backend]:
    """
    Return this library's ways to compute on a GPU.
    """
    found: dict[str, Backend] = {"synapse_rx": CupyBackend(), "without graphs": CupyBackend(graphs=False)}
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
