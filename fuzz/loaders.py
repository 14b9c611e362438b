"""
Look for bytes that a reader of files does not refuse as it should, for as long as you like.

    python fuzz/loaders.py network                      networks, as save writes them
    python fuzz/loaders.py forged                       the same, with checksums put right: what a forger would do
    python fuzz/loaders.py mapped                       the same, mapped into memory
    python fuzz/loaders.py onnx -max_total_time=600     ONNX graphs, for ten minutes
    python fuzz/loaders.py keras
    python fuzz/loaders.py training_set

Needs atheris (``pip install atheris``), whose options go behind the name. It begins with the valid files that it puts
into fuzz/corpus/NAME, and keeps there what leads it further. What it finds is in a file beside that folder:

    python fuzz/loaders.py network fuzz/corpus/network-crash-...
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
from attrs import frozen

import synapse_rx as sx
from synapse_rx.errors import FormatError
from synapse_rx.files import safetensors
from synapse_rx.files.safetensors_header import DTYPES
from synapse_rx.files.strict_json import loads
from synapse_rx.io.saved import KEY

CORPUS = Path(__file__).with_name("corpus")
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@frozen
class Target:
    """
    What is fuzzed.

    Attributes:
        suffix: What its files end with.
        read: Reads a file; may raise a FormatError, and nothing else.
        seed: Writes a valid file.
        forge: What is made of the bytes first.
    """

    suffix: str
    read: Callable[[Path], object]
    seed: Callable[[Path], None]
    forge: Callable[[bytes], bytes] = bytes


def a_network() -> sx.Net:
    """
    Return a small network that has learnt, with layers of several kinds.
    """
    layers = [sx.Conv2D(2, 2, "relu"), sx.BatchNorm(), sx.Flatten(), sx.Dense(3, "softmax")]
    net = sx.neural_net([sx.Input((1, 4, 4)), *layers], sx.training("adam"))
    return sx.deref(sx.train(net, a_training_set(), 2, executor="inline"))


def a_training_set() -> sx.TrainingSet:
    """
    Return a few samples of three classes.
    """
    x = np.random.default_rng(0).standard_normal((12, 1, 4, 4))
    return sx.training_set(x, np.arange(12) % 3, batch=4)


def with_right_checksums(content: bytes) -> bytes:
    """
    Return bytes as a file with right checksums, where they are near enough to one.
    """
    try:
        length = int.from_bytes(content[:8], "little")
        header = loads(content[8 : 8 + length])
        about = dict(header.pop("__metadata__"))
        arrays = {name: _array(entry, content[8 + length :]) for name, entry in header.items()}
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            path = Path(folder) / "forged"
            safetensors.write(path, arrays, {KEY: str(about[KEY])})
            return path.read_bytes()
    except (
        FormatError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
        OverflowError,
        sx.errors.OptionError,
    ):
        return content


def _array(entry: dict[str, object], content: bytes) -> np.ndarray:
    first, last = entry["data_offsets"]  # pyright: ignore[reportGeneralTypeIssues]
    flat = np.frombuffer(content[first:last], DTYPES[str(entry["dtype"])])
    return flat.reshape(json.loads(json.dumps(entry["shape"])))


def _a_keras_model(path: Path) -> None:
    import zipfile

    import h5py

    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        group = file.create_group("layers/dense/vars")
        group["0"], group["1"] = np.ones((4, 2), "f4"), np.zeros(2, "f4")
    dense = {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": {"name": "dense", "units": 2, "activation": "relu", "use_bias": True},
        "build_config": {"input_shape": [None, 4]},
    }
    first = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"name": "input", "batch_shape": [None, 4], "dtype": "float32"},
    }
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "net", "layers": [first, dense]},
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.4.0"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights.getvalue())


TARGETS = {
    "network": Target(".safetensors", sx.load, lambda path: sx.save(a_network(), path)),
    "forged": Target(".safetensors", sx.load, lambda path: sx.save(a_network(), path), with_right_checksums),
    "mapped": Target(
        ".safetensors",
        lambda path: sx.load(path, mmap=True),
        lambda path: sx.save(a_network(), path),
        with_right_checksums,
    ),
    "onnx": Target(".onnx", sx.import_onnx, lambda path: sx.export_onnx(a_network(), path)),
    "keras": Target(".keras", sx.import_keras, _a_keras_model),
    "training_set": Target(
        ".safetensors", sx.open_training_set, lambda path: sx.save_training_set(a_training_set(), path)
    ),
}


def check(target: Target, content: bytes, folder: Path) -> bool:
    """
    Read bytes as a file; return whether they were read. Anything but a FormatError is passed on.
    """
    path = folder / f"case{target.suffix}"
    path.write_bytes(target.forge(content))
    try:
        target.read(path)
    except FormatError:
        return False
    return True


def main(words: list[str]) -> None:
    """
    Fuzz what the first word names, with the options that follow it.
    """
    if not words or words[0] not in TARGETS:
        sys.exit(f"usage: python fuzz/loaders.py {'|'.join(TARGETS)} [option of libFuzzer] ...")
    try:
        import atheris
    except ImportError:
        sys.exit("this needs atheris: pip install atheris")
    name, target = words[0], TARGETS[words[0]]
    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)
    target.seed(corpus / f"valid{target.suffix}")
    os.fsync = lambda number: None
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        files = [word for word in words[1:] if not word.startswith("-")] or [str(corpus)]
        options = [word for word in words[1:] if word.startswith("-")]
        _instrument(atheris)
        found = f"-artifact_prefix={CORPUS / name}-"
        atheris.Setup(
            [sys.argv[0], found, *options, *files],
            lambda content: check(target, content, Path(folder)) and None,
        )
        atheris.Fuzz()


def _instrument(atheris: Any) -> None:
    """
    Let atheris see the ways through the readers; everything that is imported would take it minutes.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith(("synapse_rx.files.", "synapse_rx.io.", "json.")):
            for value in list(vars(module).values()):
                for function in vars(value).values() if isinstance(value, type) else [value]:
                    if isinstance(function, FunctionType) and function.__module__ == name:
                        atheris.instrument_func(function)


if __name__ == "__main__":
    main(sys.argv[1:])
