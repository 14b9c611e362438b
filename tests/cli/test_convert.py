"""``synapse-rx convert`` and ``synapse-rx export``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.cli import main
from tests.nets import blobs, small_net, trained

X = np.random.default_rng(1).standard_normal((9, 3)).astype(np.float32)


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sx.Net:
    monkeypatch.chdir(tmp_path)
    made = trained(small_net(), blobs(normalize="standardize"), 3)
    sx.save(made, "net.safetensors")
    return made


def test_a_network_goes_to_onnx_and_comes_back(net: sx.Net, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnx")

    assert main(["export", "net.safetensors", "--onnx", "new/net.onnx"]) == 0
    assert main(["convert", "new/net.onnx", "again.safetensors"]) == 0

    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"saved: {Path('new/net.onnx').resolve()}",
        f"saved: {Path('again.safetensors').resolve()}",
    ]
    again = sx.load_snapshot("again.safetensors")
    assert again.labels == net.labels
    np.testing.assert_allclose(sx.outputs(again, X), sx.outputs(net, X), rtol=1e-5, atol=1e-6)


def test_a_network_is_predicted_with_from_onnx(net: sx.Net, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnx")
    main(["convert", "net.safetensors", "NET.ONNX"])
    np.savetxt("x.csv", X, delimiter=",")
    capsys.readouterr()

    assert main(["predict", "NET.ONNX", "x.csv"]) == 0

    assert capsys.readouterr().out.split() == list(sx.estimate(net, X))


@pytest.mark.peer("keras", "torch")
@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_network_comes_from_keras(
    name: str, net: sx.Net, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write = (
        "import keras; model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, 'softmax')]); "
        f"model.save({name!r}); import numpy; numpy.save('w.npy', model.get_weights()[0])"
    )
    subprocess.run(
        [sys.executable, "-c", write],
        check=True,
        env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True,
    )

    assert main(["convert", name, "from.safetensors"]) == 0

    assert np.array_equal(sx.load_snapshot("from.safetensors").params["0.W"], np.load("w.npy"))


def test_a_file_may_be_written_anew(net: sx.Net) -> None:
    assert main(["convert", "net.safetensors", "copy.safetensors"]) == 0

    assert sx.load_snapshot("copy.safetensors") == net


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["convert", "text.pt", "net.onnx"], "in other formats end in .onnx, .keras, .h5, .hdf5"),
        (["convert", "nothing", "net.onnx"], "'nothing'"),
        (["convert", "folder.onnx", "net.onnx"], "no checkpoint in the folder 'folder.onnx'"),
        (["convert", "net.safetensors", "net"], "not as what has no ending: net"),
        (["convert", "net.safetensors", "net.h5"], "written as .safetensors or .onnx, not as .h5"),
        (["convert", "nothing.safetensors", "net.onnx"], "nothing.safetensors"),
        (["convert", "text.safetensors", "net.onnx"], "no safetensors file"),
        (["convert", "net.safetensors", "folder.onnx"], "'folder.onnx' is a folder"),
        (["export", "net.safetensors", "--onnx", "net.safetensors"], "ends in .onnx"),
    ],
)
def test_the_error_is_one_line(
    words: list[str], said: str, net: sx.Net, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("text.safetensors", "text.pt"):
        Path(name).write_text("no network at all")
    Path("folder.onnx").mkdir()
    before = Path("net.safetensors").read_bytes()

    assert main(words) == 1

    seen = capsys.readouterr()
    assert seen.out == "" and seen.err.count("\n") == 1
    assert said in seen.err
    assert Path("net.safetensors").read_bytes() == before


def test_the_extra_that_is_missing_is_named(
    net: sx.Net, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)

    assert main(["export", "net.safetensors", "--onnx", "net.onnx"]) == 1

    assert "pip install 'synapse-rx[onnx]'" in capsys.readouterr().err
    assert not Path("net.onnx").exists()


def test_what_has_no_form_there_is_named(net: sx.Net, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnx")
    sx.save(sx.neural_net([sx.Input(3), sx.Synapse(), sx.Dense(2)]), "synapse.safetensors")

    status = main(["export", "synapse.safetensors", "--onnx", "net.onnx"])

    seen = capsys.readouterr()
    assert (status, seen.err) == (0, "") or "Synapse" in seen.err
