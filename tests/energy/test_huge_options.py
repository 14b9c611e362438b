"""A file may ask for the hugest energy models: it is refused, in no time and in no memory to speak of."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

import synapse_rx as sx
from synapse_rx import energy
from synapse_rx.files import safetensors
from synapse_rx.io.saved import KEY, VERSION
from synapse_rx.snapshot.records import to_record
from tests.io.test_damage import at, places, put

MODELS = [
    energy.rbm(4, 3, chains=2),
    energy.deep_belief_net([4, 3, 2]),
    energy.hopfield(4),
    energy.modern_hopfield([[1.0, 2.0]]),
]


@pytest.mark.parametrize("net", MODELS, ids=lambda net: net.value.arch.kind)
def test_no_option_of_an_energy_model_takes_time_or_memory(net: sx.Atom[sx.Net], tmp_path: Path) -> None:
    data, arrays = to_record(net.value)
    text, path = json.dumps(data), tmp_path / "net.safetensors"
    asked = 0
    for place in places(data["arch"]):
        if type(at(data["arch"], place)) is not int:
            continue
        other = json.loads(text)
        other["arch"] = put(other["arch"], place, 10**9)
        other.pop("kept")
        safetensors.write(path, arrays, {KEY: json.dumps({"version": VERSION, "net": other})})
        asked += 1
        tracemalloc.start()
        try:
            with pytest.raises(sx.errors.FormatError):
                sx.load(path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 5_000_000, place
    assert asked
