"""Snapshots as bytes, whole and in part."""

from __future__ import annotations

import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.errors import FormatError
from synapse_rx.trainer.letters import read, written
from tests.nets import blobs, small_net, trained


def test_a_snapshot_comes_back_as_it_was() -> None:
    net = trained(small_net("adam", dtype="float64"), blobs(23, nvalid=5), 2, chunks=False)

    assert read(written(net)) == net


def test_of_an_edit_only_what_was_edited_is_written() -> None:
    net = trained(small_net("adam", dtype="float64"), blobs(23), chunks=False)
    edited = sx.with_learning_rate(net, 0.5)
    letter = written(edited, net)

    assert len(letter) < 1000 < len(written(net))
    found = read(letter, net)
    assert found == edited
    assert found.params is net.params and found.training.state is net.training.state


def test_another_architecture_brings_its_parameters() -> None:
    net = small_net("adam")
    wider = sx.mlp([3, 6, 2], ["tanh", "softmax"], sx.training("adam")).value
    edited = evolve(net, arch=wider.arch, params=wider.params, kept=wider.kept)

    assert read(written(edited, net), net) == edited


@pytest.mark.parametrize("damage", [b"", b"12345678", b"\xff" * 40])
def test_what_is_no_letter_is_refused(damage: bytes) -> None:
    with pytest.raises(FormatError):
        read(damage)


def test_a_part_needs_what_it_is_a_part_of() -> None:
    net = small_net("adam")

    with pytest.raises(FormatError, match="lacks"):
        read(written(sx.with_learning_rate(net, 0.5), net))
