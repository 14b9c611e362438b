"""Functions in networks: written down as their names, and a file cannot choose which ones are used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.snapshot import Net
from tests.io.danger import CALLS, danger, harmless


@pytest.fixture(autouse=True)
def no_calls() -> None:
    CALLS.clear()


def network(function: Any) -> Net:
    return sx.neural_net([sx.Input(3), sx.Lambda(function), sx.Dense(2, "softmax")]).value


def test_a_function_that_is_given_is_used(tmp_path: Path) -> None:
    net = network(harmless)
    sx.save(net, tmp_path / "net.safetensors")

    again = sx.load(tmp_path / "net.safetensors", functions=[harmless])

    assert again.value == net
    assert sx.load_snapshot(tmp_path / "net.safetensors", functions=[danger, harmless]) == net


def test_a_function_that_is_not_given_is_neither_called_nor_used(tmp_path: Path) -> None:
    sx.save(network(danger), tmp_path / "net.safetensors")
    CALLS.clear()

    for functions in ((), (harmless,)):
        with pytest.raises(sx.errors.FormatError, match=r"names the function 'tests\.io\.danger:danger'"):
            sx.load(tmp_path / "net.safetensors", functions=functions)

    assert CALLS == []


def test_losses_and_activations_are_asked_as_well(tmp_path: Path) -> None:
    net = network(harmless)
    for changed in (
        sx.mlp([3, 2], sx.CustomActivation(danger), sx.training(loss="squared_error")).value,
        evolve(net, training=evolve(net.training, loss=sx.CustomLoss(danger))),
    ):
        sx.save(changed, tmp_path / "net.safetensors")
        with pytest.raises(sx.errors.FormatError, match="names the function"):
            sx.load(tmp_path / "net.safetensors", functions=[harmless])


def test_ufuncs_of_numpy_need_not_be_given(tmp_path: Path) -> None:
    net = network(np.tanh)
    sx.save(net, tmp_path / "net.safetensors")

    assert sx.load(tmp_path / "net.safetensors").value == net


def test_checkpoints_of_such_networks_are_resumed(tmp_path: Path) -> None:
    cell = sx.atom(network(harmless))
    for _ in range(2):
        with sx.Checkpoint(tmp_path, best="loss").attach(cell):
            sx.train(cell, sx.training_set(np.eye(3), [0, 1, 0]), 2).result(60)
        cell = sx.resume(tmp_path, functions=[harmless])

    assert cell.value.training.stats.epochs == 4
    with pytest.raises(sx.errors.FormatError, match="names the function"):
        sx.resume(tmp_path)
