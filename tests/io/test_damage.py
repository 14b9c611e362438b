"""Damaged and hostile files give the named error: nothing is run, nothing hangs, no memory is taken for nothing."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.errors import FormatError
from synapse_rx.files import safetensors
from synapse_rx.io.saved import KEY, VERSION
from synapse_rx.snapshot import Net
from tests.nets import SECONDS, blobs, learner, small_net, trained

CASES = int(os.environ.get("SYNAPSE_RX_FUZZ", "100"))
"""Examples for each of the tests that make files up; the more the better."""

pytestmark = pytest.mark.timeout(120 + CASES / 4)

fuzz = settings(max_examples=CASES, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module", autouse=True)
def no_waiting_for_the_disk() -> Iterator[None]:
    """
    Leave out what makes a file last, which would be nearly all of the time here.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda number: None)
        yield


def test_a_folder_is_told_from_a_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="resume reads"):
        sx.load(tmp_path)


def rich_net() -> Net:
    """
    Return a network with a bit of everything in it.
    """
    data = blobs(nvalid=4, normalize="standardize", shuffle="epoch")
    options = {"averaging": 0.9, "regularization": sx.L2(0.1), "stats": ["misclassification", sx.TopK(1)]}
    net = trained(small_net("adam", **options), data)
    learning = learner(net, data)
    learning.learn(SECONDS, 2)
    return learning.merge(net)


@pytest.fixture(scope="module")
def net() -> Net:
    return rich_net()


@pytest.fixture(scope="module")
def whole(net: Net, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """
    The bytes of a file that is as it should be.
    """
    path = tmp_path_factory.mktemp("whole") / "net.safetensors"
    sx.save(net, path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def parts(whole: bytes, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, np.ndarray]]:
    """
    The plain data and the arrays of that file.
    """
    path = tmp_path_factory.mktemp("parts") / "net.safetensors"
    path.write_bytes(whole)
    metadata, arrays = safetensors.read(path)
    return json.loads(metadata[KEY]), arrays


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.safetensors"


def put_together(path: Path, about: Any, arrays: dict[str, np.ndarray]) -> None:
    """
    Write a file whose checksums are right, whatever is in it.
    """
    text = about if isinstance(about, str) else json.dumps(about)
    safetensors.write(path, arrays, {KEY: text})


def is_refused(path: Path) -> str:
    with pytest.raises(FormatError) as caught:
        sx.load(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


@fuzz
@given(data=st.data())
def test_whatever_is_changed_in_a_file_is_noticed(data: st.DataObject, whole: bytes, path: Path) -> None:
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(whole) - 1))
        end = data.draw(st.integers(start, min(len(whole), start + 64)))
        kind = data.draw(st.sampled_from(["flip", "cut", "drop", "repeat", "put", "swap"]))
        if kind == "flip":
            content[start:end] = bytes(byte ^ data.draw(st.integers(0, 255)) for byte in content[start:end])
        elif kind == "cut":
            del content[start:]
        elif kind == "drop":
            del content[start:end]
        elif kind == "repeat":
            content[start:start] = content[start:end]
        elif kind == "put":
            content[start:end] = data.draw(st.binary(max_size=64))
        else:
            content[start:end] = reversed(content[start:end])
    path.write_bytes(content)

    if content == whole:
        sx.load(path)
    elif json_of(content) != json_of(whole) or content[-64:] != whole[-64:]:
        is_refused(path)
    else:  # spaces of the header, perhaps: it is refused, or nothing was changed that matters
        try:
            again = sx.load(path)
        except FormatError:
            return
        path.write_bytes(whole)
        assert again.value == sx.load(path).value


def json_of(content: bytes) -> Any:
    length = int.from_bytes(content[:8], "little")
    try:
        return json.loads(bytes(content[8 : 8 + length]))
    except (ValueError, RecursionError, OverflowError):
        return None


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from([10**18, -1, 10**40, 1e300, "relu", "$tensor", "param.0.W", "kind"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["$tensor", "$tuple", "$described", "$scalar", "$float", "$dict", "$bytes"]),
            inner,
            min_size=1,
            max_size=1,
        )
    ),
    max_leaves=6,
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """
    Return the paths to everything in ``data``.
    """
    found = [path]
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        found += places(value, (*path, key))
    return found


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def put(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    at(data, path[:-1])[path[-1]] = value
    return data


@fuzz
@given(data=st.data())
def test_other_data_with_right_checksums_is_read_or_refused(
    data: st.DataObject, parts: tuple[Any, dict[str, np.ndarray]], path: Path
) -> None:
    about, arrays = json.loads(json.dumps(parts[0])), dict(parts[1])
    for _ in range(data.draw(st.integers(1, 2))):
        there = places(about)
        place = data.draw(st.sampled_from(there))
        kind = data.draw(st.sampled_from(["other", "copy", "drop"]))
        if kind == "drop" and place and isinstance(at(about, place[:-1]), dict):
            del at(about, place[:-1])[place[-1]]
        elif kind == "copy":
            about = put(about, place, json.loads(json.dumps(at(about, data.draw(st.sampled_from(there))))))
        else:
            about = put(about, place, data.draw(anything))
    put_together(path, about, arrays)

    try:
        again = sx.load(path)
    except FormatError as error:
        assert str(path) in str(error)
    else:
        assert isinstance(again.value, Net)


@fuzz
@given(data=st.data())
def test_other_arrays_with_right_checksums_are_read_or_refused(
    data: st.DataObject, parts: tuple[Any, dict[str, np.ndarray]], path: Path
) -> None:
    about, arrays = parts[0], dict(parts[1])
    name = data.draw(st.sampled_from(sorted(arrays)))
    kind = data.draw(st.sampled_from(["drop", "type", "shape", "name", "swap", "more"]))
    other = data.draw(st.sampled_from(sorted(arrays)))
    if kind == "drop":
        del arrays[name]
    elif kind == "type":
        arrays[name] = arrays[name].astype(data.draw(st.sampled_from(["f2", "f4", "f8", "i8", "u1", "?"])))
    elif kind == "shape":
        arrays[name] = np.zeros(data.draw(st.lists(st.integers(0, 3), max_size=4)), arrays[name].dtype)
    elif kind == "name":
        arrays[data.draw(st.text(max_size=9))] = arrays.pop(name)
    elif kind == "swap":
        arrays[name], arrays[other] = arrays[other], arrays[name]
    else:
        arrays["more"] = np.zeros(3)
    put_together(path, about, arrays)

    try:
        again = sx.load(path)
    except FormatError as error:
        assert str(path) in str(error)
    else:
        assert isinstance(again.value, Net)


@fuzz
@given(content=st.binary(max_size=200))
@example(content=b"")
@example(content=b"\x02" + b"\0" * 7 + b"{}")
@example(content=b"\xff" * 8 + b"{}")
def test_other_files_are_refused(content: bytes, path: Path) -> None:
    path.write_bytes(content)

    is_refused(path)


HOSTILE: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    "version": (("version",), VERSION + 1, "version 2"),
    "old version": (("version",), 0, "version 0"),
    "no version": (("version",), "1", "version '1'"),
    "no network": (("net",), 3, "must be an object"),
    "kind": (("net", "training", "algorithm", "$described", 1, "kind"), "addam", "did you mean 'adam'"),
    "family": (("net", "training", "algorithm", "$described", 0), "algorism", "unknown family 'algorism'"),
    "another family": (
        ("net", "training", "algorithm"),
        {"$described": ["loss", {"kind": "huber"}]},
        "must be Algorithm",
    ),
    "no architecture": (("net", "arch"), 3, "layout"),
    "another architecture": (("net", "arch"), {"$described": ["loss", {"kind": "huber"}]}, "layout"),
    "huge layer": (
        ("net", "arch", "$described", 1, "layers", 0, "units"),
        10**15,
        "wants the parameters",
    ),
    "huge layout": (("net", "params", "layout", 0, 1), [10**9, 10**9], "param.0.W is missing"),
    "endless layout": (("net", "params", "layout", 0, 1), [10**1000], "param.0.W is missing"),
    "negative layout": (("net", "params", "layout", 0, 1), [-3, -4], "the layout of params is damaged"),
    "twice": (("net", "params", "layout", 0, 0), [1, "W"], "is missing"),
    "no parameters": (("net", "params"), None, "the layout of params is damaged"),
    "nothing kept": (("net", "kept"), None, "the layout of kept is damaged"),
    "type": (("net", "params", "dtype"), "float16", "the layout of params is damaged"),
    "unknown field": (("net", "training", "moon"), 1, "training.moon is unknown here"),
    "status": (("net", "training", "status"), "asleep", "status 'asleep'"),
    "negative": (("net", "training", "stats", "epochs"), -1, "a whole number >= 0"),
    "history": (("net", "training", "stats", "loss"), {"$tensor": "param.0.W"}, "param.0.W"),
    "history twice": (("net", "training", "stats", "loss"), {"$tensor": "stats.seconds"}, "used twice"),
    "history of text": (("net", "training", "stats", "loss"), "loss", "is no array"),
    "slot": (("net", "training", "state", "slots", "steps"), "many", "an array or a number"),
    "tag": (("net", "labels"), [{"$class": "os"}], "is nothing that is known here"),
    "normalization": (("net", "normalization", "kind"), "blur", "unknown normalization"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_error_says_what_is_wrong(
    name: str, parts: tuple[Any, dict[str, np.ndarray]], path: Path
) -> None:
    place, value, said = HOSTILE[name]
    about = put(json.loads(json.dumps(parts[0])), place, value)
    put_together(path, about, parts[1])

    assert said in is_refused(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"version": 1, "net": NaN}', "no number in JSON"),
        ('{"version": 1, "net": 1e999}', "no finite number"),
        ('{"version": 1, "version": 1, "net": {}}', "the same name twice"),
        ("[" * 100_000, "no right JSON"),
        ('{"version": 1, "net": ' + "[" * 400 + "]" * 400 + "}", "within each other"),
        ("{", "no right JSON"),
        ("[]", "does not say what it holds"),
    ],
    ids=lambda value: value[:20],
)
def test_other_json_is_refused(text: str, said: str, path: Path) -> None:
    put_together(path, text, {})

    assert said in is_refused(path)


def test_layers_within_layers_without_end_are_refused(
    parts: tuple[Any, dict[str, np.ndarray]], path: Path
) -> None:
    about = json.loads(json.dumps(parts[0]))
    inner: Any = {"kind": "huber"}
    for _ in range(90):
        inner = {"kind": "censored", "loss": inner}
    about["net"]["training"]["loss"] = {"$described": ["loss", inner]}
    put_together(path, about, parts[1])
    loaded = sx.load(path).value
    assert loaded.training.loss == sx.Censored(sx.Huber())

    for _ in range(110):
        inner = {"kind": "censored", "loss": inner}
    about["net"]["training"]["loss"] = {"$described": ["loss", inner]}
    put_together(path, about, parts[1])
    assert "within each other" in is_refused(path)


def test_a_training_set_is_no_network(path: Path) -> None:
    sx.save_training_set(blobs(), path)

    assert "holds no network" in is_refused(path)


@pytest.mark.parametrize(
    "header",
    [
        {"x": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4 * 10**9]}},
        {"x": {"dtype": "F32", "shape": [0, 10**18], "data_offsets": [0, 0]}},
        {"x": {"dtype": "F32", "shape": [0] * 100, "data_offsets": [0, 0]}},
        {"x": {"dtype": "F32", "shape": [10**4000] * 1000, "data_offsets": [0, 0]}},
        {"x": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}},
        {"x": {"dtype": ["F32"], "shape": [1], "data_offsets": [0, 4]}},
        {"x": {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}},
        {"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "y": {"dtype": "F32", "shape": [1]}},
        {
            "x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
            "y": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
        },
        {"__metadata__": [], "x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}},
    ],
    ids=lambda header: json.dumps(header)[:60],
)
def test_sizes_and_places_that_cannot_be_are_refused(header: Any, path: Path) -> None:
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"\0" * 4)

    tracemalloc.start()
    is_refused(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 100_000 + 30 * len(text)


def test_memory_is_taken_for_what_is_there_alone(
    parts: tuple[Any, dict[str, np.ndarray]], path: Path
) -> None:
    arrays = dict(parts[1])
    about = json.loads(json.dumps(parts[0]))
    about["net"]["arch"]["$described"][1]["layers"][0]["units"] = 10**12
    about["net"]["params"]["layout"][0][1] = [3, 10**12]
    put_together(path, about, arrays)

    tracemalloc.start()
    is_refused(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1_000_000


def test_a_file_that_is_not_there_is_the_systems_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sx.load(path)
    with pytest.raises(OSError):
        sx.load(path.parent)
