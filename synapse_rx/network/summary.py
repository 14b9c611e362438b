"""What a network is made of and what it costs, as a table."""

from __future__ import annotations

import html as escape
from collections.abc import Iterable
from typing import Any

import numpy as np
from attrs import frozen

from .. import crew
from ..algorithms import FullBatchAlgorithm
from ..atoms import Atom
from ..backends import NumpyBackend
from ..data.options import check_count
from ..described import brief
from ..errors import LossError
from ..params import Layout
from ..snapshot import Net
from .arch import Arch
from .checks import loss_of
from .compiled import snapshot_of
from .moves import MOVES
from .places import Path, Place
from .plain.chunk import working_memory
from .problem import NetworkProblem
from .program import Program
from .recording import recorded_kinds

_HEADINGS = ("layer", "", "output", "parameters", "multiply-adds", "memory")


@frozen
class LayerSummary:
    """
    One row of a `Summary`: a layer in its place.

    Attributes:
        path: The name its parameters are found by, such as "0" or "encoder.1".
        layer: What it is, in a few words.
        out_shape: The shape of one output sample.
        parameters: Numbers that learn, or are frozen.
        kept: Numbers it keeps beside them, such as running means.
        multiply_adds: Multiplications with addition of a forward pass of one sample.
        nbytes: Bytes of working memory while training, for one batch, learnt by itself.
    """

    path: str
    layer: str
    out_shape: Any
    parameters: int
    kept: int
    multiply_adds: int
    nbytes: int


@frozen(repr=False)
class Summary:
    """
    What a network is made of and what it costs, as `summary` returns it.

    Attributes:
        in_shape: The shape of one sample.
        layers: A row for each layer, those inside others behind these.
        parameters: Numbers in the flat vector of parameters; what is shared counts once.
        kept: Numbers kept beside them.
        multiply_adds: Multiplications with addition of a forward pass of one sample.
        batch: Samples in the batch that memory is counted for.
        dtype: The type of all these numbers.
        nbytes: Bytes held while training on batches of this size: parameters, gradient, the algorithm's vectors, the
            gathered batch and the working memory of layers and loss, each as it is allocated; data and snapshots come
            on top.
    """

    in_shape: Any
    layers: tuple[LayerSummary, ...]
    parameters: int
    kept: int
    multiply_adds: int
    batch: int
    dtype: str
    nbytes: int

    def __repr__(self) -> str:
        rows = [list(_HEADINGS), *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
        lines = []
        for row in rows:
            left = [word.ljust(width) for word, width in zip(row[:3], widths[:3], strict=True)]
            right = [word.rjust(width) for word, width in zip(row[3:], widths[3:], strict=True)]
            lines.append("  ".join([*left, *right]).rstrip())
        return "\n".join([*lines, "", self._total()])

    def _repr_html_(self) -> str:
        head = "".join(f"<th style='text-align:left'>{heading}</th>" for heading in _HEADINGS)
        body = "".join(_html_row(row) for row in self._rows())
        total = escape.escape(self._total())
        return f"<table><tr>{head}</tr>{body}</table><div>{total}</div>"

    def _rows(self) -> list[list[str]]:
        return [["", "Input", shape_text(self.in_shape), "", "", ""], *map(_words, self.layers)]

    def _total(self) -> str:
        kept = f" and {self.kept:,} kept" if self.kept else ""
        return (
            f"{self.parameters:,} parameters{kept} ({self.dtype}), {self.multiply_adds:,} multiply-adds a sample, "
            f"{size_text(self.nbytes)} to train on batches of {self.batch}"
        )


def summary(net: Atom[Net] | Net, batch: int = 32) -> Summary:
    """
    Return what a network is made of: layers, shapes, parameters, arithmetic and memory; prints as a table.

    Memory is not estimated: one batch of zeros is trained on, aside, and what that allocated is counted. That is what
    layers need by themselves; where compiled code learns many batches at a time it works in one piece of memory
    instead, which the sum counts.

    Args:
        net: A cell or a snapshot.
        batch: Samples in the batch that memory is counted for.

    Raises:
        OptionError: If batch is no whole number >= 1.
    """
    snapshot = snapshot_of(net)
    size = check_count("batch", batch, 1)
    arch = snapshot.arch
    if not isinstance(arch, Arch):
        return arch.summary(snapshot, size)
    program, held = _worked(snapshot, size)
    memory = program.nbytes_by_path
    rows = [
        LayerSummary(
            ".".join(map(str, path)),
            brief(group[0].place.described),
            _out_shape(group),
            _numbers(arch.layout, path),
            _numbers(arch.keeps, path),
            sum(one.factor * one.place.layer.multiply_adds(one.place.in_shape) for one in group),
            memory[path],
        )
        for path, group in _groups(arch.places).items()
    ]
    return Summary(
        arch.in_shape,
        tuple(rows),
        arch.layout.size,
        arch.keeps.size,
        sum(row.multiply_adds for row in rows),
        size,
        snapshot.params.flat.dtype.name,
        held,
    )


def _worked(net: Net, batch: int) -> tuple[Program, int]:
    """Return a program that has learnt a batch, and the bytes that a training on such batches holds."""
    host, arch, how = NumpyBackend(), net.arch, net.training
    theta = host.from_host(net.params.flat)
    x, t = (np.zeros((batch, *shape), theta.dtype) for shape in (arch.in_shape, arch.out_shape))
    values = np.empty(batch, theta.dtype)
    kinds = list(recorded_kinds(net, net.labels).values())

    def evaluate() -> None:
        y = program.learn(x, t, loss, values, 1.0)
        for kind in kinds[1:]:
            if kind is not None:
                program.measure(kind, y, t, values)

    problem = NetworkProblem(host, theta, evaluate)
    kept = host.from_host(net.kept.flat)
    frozen = how.update.frozen_layers
    program = Program(arch, host, batch, theta, problem.grad, host.generator(0), frozen, kept)
    slots = how.algorithm.init(problem)
    chunk = None
    with np.errstate(all="ignore"):
        try:
            loss = how.algorithm.loss_for(arch.output) or arch.check_trainable(loss_of(net))
        except LossError:
            program.forward(x)  # it can be asked, if not trained
        else:
            if isinstance(how.algorithm, FullBatchAlgorithm):
                evaluate()
            else:
                step = how.algorithm.at(0.0, 0, how.stats)
                step.step(problem, slots)
                if (move := step.move(dict(slots))) is not None and move[0] in MOVES:
                    threads = crew.default_threads(theta.size) or crew.threads()
                    chunk = working_memory(net, loss, kinds, batch, threads)
    vectors = kept.nbytes + sum(value.nbytes for value in slots.values() if isinstance(value, np.ndarray))
    if chunk is not None:  # which learns from the samples where they lie
        return program, theta.nbytes + problem.grad.nbytes + vectors + chunk + t.nbytes
    return program, program.nbytes + problem.nbytes + vectors + x.nbytes + t.nbytes


@frozen
class _Member:
    """A place, how often it works on a sample, and how many layers it is inside of."""

    place: Place
    factor: int
    depth: int


def _groups(row: Iterable[Place], factor: int = 1, depth: int = 0) -> dict[Path, list[_Member]]:
    """Return the places at each path."""
    found: dict[Path, list[_Member]] = {}
    for place in row:
        found.setdefault(place.path, []).append(_Member(place, factor, depth))
        below = factor * place.layer.child_factor(place.in_shape)
        for branch in place.branches:
            for path, group in _groups(branch, below, depth + 1).items():
                found.setdefault(path, []).extend(group)
    return found


def _out_shape(group: list[_Member]) -> Any:
    """Return the shape that the last one ends in, of those that are not inside another of the same path."""
    return next(one.place.out_shape for one in reversed(group) if one.depth == group[0].depth)


def _numbers(layout: Layout, path: Path) -> int:
    return sum(entry.size for entry in layout.entries if entry.path[:-1] == path)


def _words(row: LayerSummary) -> list[str]:
    indent = "  " * row.path.count(".")
    counts = [f"{number:,}" if number else "" for number in (row.parameters, row.multiply_adds)]
    return [row.path, indent + row.layer, shape_text(row.out_shape), *counts, size_text(row.nbytes)]


def _html_row(words: list[str]) -> str:
    cells = [
        f"<td style='text-align:{'left' if column < 3 else 'right'}'>{escape.escape(word)}</td>"
        for column, word in enumerate(words)
    ]
    return f"<tr>{''.join(cells)}</tr>"


def shape_text(shape: Any) -> str:
    """Return a shape in the way people write it: ``10 x 28 x 28``, ``(64, 10)`` for several values."""
    if shape and isinstance(shape[0], tuple):
        return f"({', '.join(shape_text(one) for one in shape)})"
    return " x ".join(map(str, shape))


def size_text(nbytes: int) -> str:
    """Return a number of bytes in the largest unit that leaves one before the point."""
    size, units = float(nbytes), ["bytes", "KiB", "MiB", "GiB"]
    while size >= 1024 and len(units) > 1:
        size, units = size / 1024, units[1:]
    return f"{size:.0f} {units[0]}" if units[0] == "bytes" else f"{size:.1f} {units[0]}"
