"""The picture of a training."""

from __future__ import annotations

import html
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.errors import DataError, MissingExtraError, OptionError
from synapse_rx.snapshot import Net
from tests.subscribers.snapshots import fresh, with_epochs, with_event, with_stats

PNG = b"\x89PNG\r\n\x1a\n"
BLUE, ORANGE = (0x4C, 0x78, 0xA8), (0xE8, 0x76, 0x0A)


@pytest.fixture
def net() -> Net:
    return with_epochs(fresh().value, 20)


def pixels(path: Path) -> np.ndarray:
    """
    Return a picture as (height, width, 3) numbers from 0 to 255.
    """
    from matplotlib.image import imread

    return (255 * imread(path)[..., :3]).round().astype(int)


def count(path: Path, color: tuple[int, int, int]) -> int:
    return int((np.abs(pixels(path) - color).max(axis=-1) <= 3).sum())


def test_both_curves_are_drawn_in_both_panels(net: Net, tmp_path: Path) -> None:
    path = sx.learning_curve(net, tmp_path / "curve.png")

    half = pixels(path).shape[1] // 2
    for color in (BLUE, ORANGE):
        found = np.abs(pixels(path) - color).max(axis=-1) <= 3
        assert found[:, :half].sum() > 300
        assert found[:, half:].sum() > 300


def test_the_path_is_returned_and_missing_folders_are_made(net: Net, tmp_path: Path) -> None:
    path = sx.learning_curve(net, str(tmp_path / "some" / "where" / "curve.png"))

    assert path == tmp_path / "some" / "where" / "curve.png"
    assert path.read_bytes().startswith(PNG)


def test_a_cell_is_drawn_as_its_snapshot(net: Net, tmp_path: Path) -> None:
    one = sx.learning_curve(net, tmp_path / "one.png")
    other = sx.learning_curve(sx.atom(net), tmp_path / "other.png")

    assert np.array_equal(pixels(one), pixels(other))


@pytest.mark.parametrize(("ending", "begins"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("PNG", PNG)])
def test_the_ending_says_what_is_drawn(net: Net, tmp_path: Path, ending: str, begins: bytes) -> None:
    assert sx.learning_curve(net, tmp_path / f"curve.{ending}").read_bytes().startswith(begins)


def test_one_kind_makes_one_panel(net: Net, tmp_path: Path) -> None:
    both = sx.learning_curve(net, tmp_path / "both.png")
    one = sx.learning_curve(net, tmp_path / "one.png", kind="cross-entropy")

    assert pixels(one).shape[1] < pixels(both).shape[1]


def test_one_epoch_is_a_point(tmp_path: Path) -> None:
    net = with_stats(fresh().value, training={"loss": 0.5}, validation={"loss": 0.49})

    path = sx.learning_curve(net, tmp_path / "one.png")

    picture = pixels(path)[:, : round(0.55 * pixels(path).shape[1])]  # without the legend
    upper, lower = (np.abs(picture - color).max(axis=-1).min(axis=1) <= 3 for color in (BLUE, ORANGE))
    assert upper.sum() >= 4
    assert abs(int(upper.sum()) - int(lower.sum())) <= 1  # a whole point, not half of one cut off by the edge


def words(path: Path) -> list[str]:
    """
    Return what is written in an SVG picture, which matplotlib puts beside the letters' outlines.
    """
    return re.findall(r"<!-- (.*?) -->", html.unescape(path.read_text(encoding="utf-8")))


def test_it_says_what_it_shows(net: Net, tmp_path: Path) -> None:
    said = words(sx.learning_curve(net, tmp_path / "curve.svg"))

    assert {"misclassification", "cross entropy", "wrong, % of samples", "mean per sample"} <= set(said)
    assert said.count("epoch") == 2
    newest = net.training.stats.validation["misclassification"][-1]
    assert f"validation  {100 * newest:.2f} %" in said
    assert f"{net.arch},  backprop,  20 epochs" in said


def test_errors_of_several_magnitudes_have_plain_numbers(tmp_path: Path) -> None:
    net = fresh().value
    for error in (2.0, 0.3, 0.02):
        net = with_stats(net, training={"loss": error}, validation={})

    said = words(sx.learning_curve(net, tmp_path / "curve.svg"))

    assert {"0.05", "0.1", "0.2", "0.5", "1"} <= set(said)
    assert not [word for word in said if "$" in word]


def test_what_is_measured_now_and_then_is_one_line(tmp_path: Path) -> None:
    net = fresh().value
    for epoch in range(100):
        error = 1 / (epoch + 10)
        measured = error if epoch % 5 == 4 else float("nan")
        net = with_stats(net, training={"loss": error}, validation={"loss": measured})

    path = sx.learning_curve(net, tmp_path / "curve.png")

    assert count(path, ORANGE) > 1000


def test_live_edits_are_told_in_few_words(tmp_path: Path) -> None:
    net = with_event(with_epochs(fresh().value, 3))
    net = with_event(net, "algorithm", f"Backprop({'momentum=0.9, ' * 20}) -> Adam({'beta1=0.9, ' * 20})")
    net = with_event(with_epochs(net, 3), "loss", "x" * 1000)

    said = words(sx.learning_curve(with_epochs(net, 3), tmp_path / "curve.svg"))

    assert "learning rate 0.1 → 0.01" in said
    assert "algorithm Backprop → Adam" in said
    assert max(map(len, said)) < 60


def test_a_values_network_has_one_panel_with_its_loss(tmp_path: Path) -> None:
    net = sx.mlp([3, 4, 1], ["tanh", "linear"], sx.training("adam"))
    rng = np.random.default_rng(1)
    sx.deref(sx.train(net, sx.training_set(rng.random((20, 3)), rng.random((20, 1)), nvalid=5), 3))

    said = words(sx.learning_curve(net, tmp_path / "curve.svg"))

    assert "squared error" in said
    assert said.count("epoch") == 1


def test_without_validation_there_is_one_curve(tmp_path: Path) -> None:
    path = sx.learning_curve(with_epochs(fresh().value, 5, validation=False), tmp_path / "curve.png")

    assert count(path, BLUE) > 300
    assert count(path, ORANGE) == 0


def test_a_live_edit_is_marked(net: Net, tmp_path: Path) -> None:
    edited = with_epochs(with_event(with_epochs(fresh().value, 10)), 10)

    plain, marked = (sx.learning_curve(one, tmp_path / f"{i}.png") for i, one in enumerate((net, edited)))

    assert pixels(plain).shape == pixels(marked).shape
    assert not np.array_equal(pixels(plain), pixels(marked))


def test_words_of_users_are_drawn_as_they_are(tmp_path: Path) -> None:
    edited = with_epochs(with_event(with_epochs(fresh().value, 3), "loss", r"$\broken{ -> $x"), 3)

    sx.learning_curve(edited, tmp_path / "curve.png", title="all is well")


@pytest.mark.parametrize("error", [0.0, 1e-12, 1e12, float("nan"), float("inf"), -3.0])
def test_any_number_can_be_drawn(tmp_path: Path, error: float) -> None:
    net = with_epochs(fresh().value, 2)
    for _ in range(3):
        net = with_stats(net, training={"cross_entropy": error}, validation={"cross_entropy": 0.5})

    assert sx.learning_curve(net, tmp_path / "curve.png").read_bytes().startswith(PNG)


def test_long_trainings_can_be_drawn(tmp_path: Path) -> None:
    curve = np.linspace(1, 0, 100_000)
    net = with_epochs(fresh().value, 1)
    stats = evolve(
        net.training.stats, epochs=len(curve), training=sx.snapshot.Histories({"loss": sx.Series(curve)})
    )
    net = evolve(net, training=evolve(net.training, stats=stats))

    assert sx.learning_curve(net, tmp_path / "curve.png", kind="loss").exists()


def test_before_the_first_epoch_there_is_nothing_to_draw(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to draw yet"):
        sx.learning_curve(fresh(), tmp_path / "curve.png")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("net", [None, 3, sx.atom(3)])
def test_only_networks_can_be_drawn(net: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="draws a network"):
        sx.learning_curve(net, tmp_path / "curve.png")


def test_an_unknown_kind_is_answered_with_the_known_ones(net: Net, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"'accuracy' was not recorded; recorded: .*misclassification"):
        sx.learning_curve(net, tmp_path / "curve.png", kind="accuracy")


@pytest.mark.parametrize("name", ["curve", "curve.txt", "curve."])
def test_an_ending_that_is_no_picture_is_refused(net: Net, tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match=r"ends in \.png, \.svg or \.pdf"):
        sx.learning_curve(net, tmp_path / name)


def test_a_folder_is_refused(net: Net, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="is a folder"):
        sx.learning_curve(net, tmp_path)


def test_a_file_in_the_place_of_a_folder_is_refused(net: Net, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(NotADirectoryError, match="cannot be written"):
        sx.learning_curve(net, tmp_path / "file" / "curve.png")


def test_the_missing_package_is_named_with_what_installs_it(
    net: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'synapse-rx\[plot\]'"):
        sx.learning_curve(net, tmp_path / "curve.png")


def test_nothing_global_is_touched(tmp_path: Path) -> None:
    code = (
        "import sys, synapse_rx as sx\n"
        "net = sx.mlp([64, 10], 'softmax')\n"
        "snapshot = sx.deref(sx.train(net, sx.load_training_set('digits'), 1))\n"
        f"sx.learning_curve(snapshot, {str(tmp_path / 'curve.png')!r})\n"
        "print('matplotlib.pyplot' in sys.modules)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def test_a_watch_can_draw_on_any_thread(net: Net, tmp_path: Path) -> None:
    cell = sx.atom(net)
    cell.add_watch(
        "draw", lambda key, cell, old, new: sx.learning_curve(new, tmp_path / f"{new.version}.png")
    )

    threads = [threading.Thread(target=cell.swap, args=(with_epochs,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(list(tmp_path.glob("*.png"))) == 4
