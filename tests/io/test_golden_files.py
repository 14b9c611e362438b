"""Files of every released version of the format can be read for ever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.io.saved import VERSION
from synapse_rx.snapshot.values import family
from tests.golden import descriptions, files
from tests.nets import trained

FOLDER = Path(files.__file__).with_suffix("")
PATHS = sorted(FOLDER.glob("*.safetensors"))


def test_there_is_a_file_of_every_version() -> None:
    assert [path.stem for path in PATHS] == [f"net-{version}" for version in range(1, VERSION + 1)]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_file_says_what_it_always_said(path: Path) -> None:
    expected: Any = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))

    net = sx.load(path).value

    assert json.loads(json.dumps(files.said(net))) == expected["said"]
    np.testing.assert_allclose(sx.outputs(net, files.SAMPLES), expected["outputs"], rtol=1e-5)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_network_from_a_file_learns_on_in_the_middle_of_its_epoch(path: Path) -> None:
    net = sx.load(path).value
    assert net.training.state.position is not None and net.training.state.position.batch == 2

    # The labels in the file are not those of the data, for the sake of their types.
    after = trained(evolve(net, labels=("a", "b")), files.data())

    assert after.training.stats.epochs == net.training.stats.epochs + 1
    assert np.isfinite(after.training.stats.loss[-1])


@pytest.mark.parametrize("path", sorted(FOLDER.glob("descriptions-*.json")), ids=lambda path: path.stem)
def test_every_description_that_was_ever_written_is_understood(path: Path) -> None:
    for name, data in json.loads(path.read_text(encoding="utf-8")):
        again = sx.to_data(sx.from_data(family(name), data))

        assert data.items() <= json.loads(json.dumps(again)).items(), f"{name} {data} is {again} now"


def test_there_are_descriptions_of_every_family() -> None:
    names = {name for name, _ in json.loads(descriptions.PATH.read_text(encoding="utf-8"))}

    assert {
        "layer",
        "activation",
        "loss",
        "algorithm",
        "schedule",
        "update",
        "initializer",
        "metric",
        "arch",
        "energy_arch",
    } <= names
