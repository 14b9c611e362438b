"""Learning curves that grow: whole pictures, many networks, and below the cell of a notebook."""

from __future__ import annotations

import logging
import struct
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError
from synapse_rx.subscribers import plot as module
from tests.nets import blobs, small_net
from tests.subscribers.snapshots import begin, fresh, publish

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
ROOT = Path(__file__).resolve().parents[2]
PNG = b"\x89PNG\r\n\x1a\n"


def size(picture: bytes) -> tuple[int, int]:
    """
    Return width and height of a PNG picture.
    """
    assert picture.startswith(PNG)
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def test_the_last_epoch_is_drawn(tmp_path: Path) -> None:
    net = sx.atom(small_net())
    with sx.Plot(tmp_path / "some" / "where" / "curve.png").attach(net) as plot:
        sx.deref(sx.train(net, blobs(33, nvalid=10), 20))

    sx.learning_curve(net, tmp_path / "same.png")
    assert plot.error is None
    assert plot.path is not None
    assert plot.path.read_bytes() == (tmp_path / "same.png").read_bytes()


def test_before_the_first_epoch_there_is_no_picture(tmp_path: Path) -> None:
    with sx.Plot(tmp_path / "curve.png").attach(fresh()) as plot:
        pass

    assert list(tmp_path.iterdir()) == []
    assert plot.error is None


def test_many_networks_stand_below_each_other(tmp_path: Path) -> None:
    nets = [fresh("a"), fresh("b"), fresh("c")]
    with sx.Plot(tmp_path / "curve.png").attach(nets) as plot:
        publish(nets[0], 3)
        publish(nets[2], 5)
        plot.flush()
        two = size((tmp_path / "curve.png").read_bytes())
        publish(nets[1], 2)

    three = size((tmp_path / "curve.png").read_bytes())
    assert three[0] == two[0]
    assert three[1] == 1.5 * two[1]


def test_one_kind_of_error_can_be_drawn(tmp_path: Path) -> None:
    net = fresh()
    publish(net, 3)
    for kind in (None, "misclassification"):
        with sx.Plot(tmp_path / f"{kind}.png", kind=kind).attach(net):
            pass

    assert (
        size((tmp_path / "None.png").read_bytes())[0]
        > size((tmp_path / "misclassification.png").read_bytes())[0]
    )


@pytest.mark.parametrize(("ending", "begins"), [("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_ending_says_what_is_drawn(tmp_path: Path, ending: str, begins: bytes) -> None:
    net = fresh()
    publish(net, 3)
    with sx.Plot(tmp_path / f"curve.{ending}").attach(net) as plot:
        pass

    assert plot.path is not None
    assert plot.path.read_bytes().startswith(begins)


def test_it_draws_no_more_often_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(module, "REST", 1e6)
    monkeypatch.setattr(module, "write_whole", lambda path, data: drawn.append(len(data)))
    first = threading.Event()
    net = fresh()
    plot = sx.Plot(tmp_path / "curve.png")
    monkeypatch.setattr(plot, "_drawn", lambda what: first.set() or b"picture")
    plot.attach(net)
    assert first.wait(60)
    begin(net)
    publish(net, 500, "done")
    plot.close()

    assert len(drawn) == 2


def test_a_status_alone_is_not_drawn() -> None:
    plot = sx.Plot("curve.png")
    net = fresh().value

    assert not plot._wants(net, sx.snapshot.with_status(net, "training"))


def test_a_picture_that_fails_is_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    net = sx.atom(small_net())

    with caplog.at_level(logging.ERROR, "synapse_rx"):
        with sx.Plot(tmp_path / "curve.png", kind="accuracy").attach(net) as plot:
            snapshot = sx.deref(sx.train(net, blobs(), 20))

    assert snapshot.training.stats.epochs == 20
    assert "'accuracy' was not recorded" in str(plot.error)
    assert len(caplog.records) == 1


def test_the_last_line_of_a_cell_shows_the_present_picture(tmp_path: Path) -> None:
    net = fresh()
    with sx.Plot(tmp_path / "curve.png").attach(net) as plot:
        assert plot._repr_png_() is None
        publish(net, 3)
        picture = plot._repr_png_()

    assert picture == (tmp_path / "curve.png").read_bytes()


@pytest.mark.parametrize("path", ["curve.txt", "curve"])
def test_an_unknown_ending_is_refused_at_once(path: str) -> None:
    with pytest.raises(OptionError, match=r"ends in \.png, \.svg or \.pdf"):
        sx.Plot(path)


def test_without_a_path_there_must_be_a_notebook() -> None:
    with pytest.raises(OptionError, match="Plot needs a path"):
        sx.Plot()


def test_in_marimo_a_cell_that_runs_again_shows_the_present_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "marimo", SimpleNamespace(running_in_notebook=lambda: True))
    net = fresh()

    with sx.Plot().attach(net) as plot:
        publish(net, 2)
        plot.flush()
        picture = plot._repr_png_()

    assert picture is not None and picture.startswith(PNG)
    assert (plot.path, plot.error) == (None, None)


CELLS = [
    """
import synapse_rx as sx
data = sx.load_training_set("digits")
nets = [sx.mlp([64, 10], "softmax") for _ in range(2)]
plot, progress = sx.Plot().attach(nets), sx.Progress(nets, epochs=4)
""",
    """
runs = [sx.train(net, data, 4) for net in nets]
for run in runs:
    await run
""",
    "plot.close(); progress.close()",
    "plot.attach(nets[0])",
]


@pytest.mark.slow
def test_in_a_notebook_it_grows_below_its_cell_while_others_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])

    nbclient.NotebookClient(notebook, timeout=100, kernel_name="python3").execute()

    outputs = [[out for out in cell.outputs if "data" in out] for cell in notebook.cells]
    first = {kind for out in outputs[0] for kind in out.data}
    assert {"image/png", "text/html"} <= first
    html = next(out.data["text/html"] for out in outputs[0] if "text/html" in out.data)
    assert "2/2 done" in html
    assert html.count("epoch 4/4") == 2
    assert html.count("<progress") == 3
    assert outputs[1] == []
    assert "image/png" in outputs[3][-1].data
