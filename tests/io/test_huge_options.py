"""A file may ask for the hugest layers: it is refused, in no time and in no memory to speak of."""

from __future__ import annotations

import json
import os
import tracemalloc
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.files import safetensors
from synapse_rx.io.saved import KEY, VERSION
from synapse_rx.snapshot import Net
from synapse_rx.snapshot.records import to_record
from tests.io.test_damage import at, places, put
from tests.layers.examples import EXAMPLES

ONE_OF_EACH = [next(group) for _, group in groupby(EXAMPLES, key=lambda example: type(example[0]))]
HUGE = 10**9
BYTES = 5_000_000


@pytest.mark.parametrize(("layer", "in_shape"), ONE_OF_EACH, ids=str)
def test_no_option_of_a_layer_takes_time_or_memory(
    layer: Any, in_shape: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda number: None)
    try:
        arch = sx.Arch(in_shape, [layer])
        data, arrays = to_record(Net(arch, sx.fresh_params(arch), sx.training(loss="mean_squared_error")))
    except sx.errors.OptionError as error:
        pytest.skip(f"it cannot be written down: {error}")
    text, path = json.dumps(data), tmp_path / "net.safetensors"
    for place in places(data["arch"]):
        if type(at(data["arch"], place)) is not int:
            continue
        other = json.loads(text)
        other["arch"] = put(other["arch"], place, HUGE)
        safetensors.write(path, arrays, {KEY: json.dumps({"version": VERSION, "net": other})})

        tracemalloc.start()
        try:
            sx.load(path)
        except sx.errors.FormatError as error:
            assert str(path) in str(error), place
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()

        assert peak < BYTES, place
