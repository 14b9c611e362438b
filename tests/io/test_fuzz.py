"""The script that fuzzes readers begins with files that they read."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.io.mutations import damaged

SCRIPT = Path(__file__).resolve().parents[2] / "fuzz" / "loaders.py"


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("fuzz_loaders", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz_loaders"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["network", "forged", "mapped", "onnx", "keras", "training_set"])
def test_a_valid_file_is_read_and_damaged_ones_are_no_harm(name: str, script: Any, tmp_path: Path) -> None:
    pytest.importorskip({"onnx": "onnx", "keras": "h5py"}.get(name, "numpy"))
    target, seed = script.TARGETS[name], tmp_path / f"valid{script.TARGETS[name].suffix}"
    target.seed(seed)
    rng = np.random.default_rng(0)

    assert script.check(target, seed.read_bytes(), tmp_path)
    for _ in range(50):
        script.check(target, damaged(seed.read_bytes(), rng), tmp_path)


def test_the_usage_names_the_targets() -> None:
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, cwd=SCRIPT.parents[1])

    assert done.returncode == 1
    assert "network|forged|mapped|onnx|keras|training_set" in done.stderr
