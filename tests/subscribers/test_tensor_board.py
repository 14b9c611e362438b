"""Event files for TensorBoard: read back record by record, and by TensorBoard itself where it is installed."""

from __future__ import annotations

import logging
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import MissingExtraError, OptionError
from synapse_rx.network.weights import weight_histograms
from synapse_rx.subscribers.text_file import TextFile
from tests.nets import blobs, small_net
from tests.subscribers.snapshots import begin, fresh, publish, with_event

pytest.importorskip("tensorboardX", reason="tensorboardX is not installed")

POLYNOMIAL = 0x82F63B78  # of CRC-32C, its bits in reverse


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (POLYNOMIAL if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> int:
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(path: Path) -> Iterator[bytes]:
    """
    Read a file of TFRecords: a length of 8 bytes and its checksum, the data and its checksum.
    """
    data = path.read_bytes()
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert struct.unpack("<I", data[8:12])[0] == masked(data[:8])
        record, data = data[12 : 12 + length], data[12 + length :]
        assert struct.unpack("<I", data[:4])[0] == masked(record)
        data = data[4:]
        yield record


def values(folder: Path) -> list[tuple[int, float, Any]]:
    """
    Return step, time and each value of all event files in a folder.
    """
    from tensorboardX.proto.event_pb2 import Event

    found = []
    for path in sorted(folder.glob("events.out.tfevents.*")):
        for record in records(path):
            event = Event.FromString(record)
            found += [(event.step, event.wall_time, value) for value in event.summary.value]
    return found


def scalars(folder: Path, tag: str) -> dict[int, float]:
    return {step: value.simple_value for step, _, value in values(folder) if value.tag == tag}


@pytest.fixture
def learnt(tmp_path: Path) -> tuple[Path, sx.Net]:
    """
    Where a training of 12 epochs was written, and what came of it.
    """
    net = sx.atom(small_net("adam"))
    net.reset_meta({"name": "my net"})
    board = sx.TensorBoard(tmp_path / "runs", every=5, data=blobs(20).data)
    with board.attach(net):
        snapshot = sx.deref(sx.train(net, blobs(33, nvalid=10), 12))
    assert board.error is None
    return tmp_path / "runs" / "my-net", snapshot


def test_every_number_of_every_epoch_is_there(learnt: tuple[Path, sx.Net]) -> None:
    folder, net = learnt
    stats = net.training.stats

    wanted = {"loss": stats.loss, "seconds": stats.seconds, "learning_rate": stats.learning_rate}
    wanted |= {f"training/{kind}": series for kind, series in stats.training.items()}
    wanted |= {f"validation/{kind}": series for kind, series in stats.validation.items()}

    for tag, series in wanted.items():
        found = scalars(folder, tag)
        assert list(found) == list(range(1, 13))
        assert list(found.values()) == list(map(np.float32, series))


def test_epochs_are_apart_in_time_by_what_they_took(learnt: tuple[Path, sx.Net]) -> None:
    folder, net = learnt

    times = [when for _, when, value in values(folder) if value.tag == "loss"]

    assert times == sorted(times)
    assert times[-1] - times[0] >= 0.5 * sum(net.training.stats.seconds[1:])


def test_the_newest_weights_have_their_histograms(learnt: tuple[Path, sx.Net]) -> None:
    folder, net = learnt
    wanted = weight_histograms(net, 30)

    for name, histogram in wanted.items():
        steps = [(step, value.histo) for step, _, value in values(folder) if value.tag == f"weights/{name}"]
        step, histo = steps[-1]
        assert step == 12
        assert list(histo.bucket) == histogram.counts.tolist()
        assert list(histo.bucket_limit) == histogram.edges[1:].tolist()
        assert histo.num == net.params[name].size
        assert histo.sum == pytest.approx(
            float(net.params[name].sum()), abs=0.1 * float(np.ptp(net.params[name])) * histo.num
        )


def test_weights_and_confusion_are_pictures(learnt: tuple[Path, sx.Net]) -> None:
    folder, _ = learnt

    for tag in ("weights", "confusion"):
        pictures = [value.image for _, _, value in values(folder) if value.tag == tag]
        assert pictures
        for picture in pictures:
            data = picture.encoded_image_string
            assert data.startswith(b"\x89PNG")
            assert struct.unpack(">II", data[16:24]) == (picture.width, picture.height)


def test_the_confusion_matrix_is_a_table_too(learnt: tuple[Path, sx.Net]) -> None:
    folder, net = learnt
    wanted = sx.evaluate(net, blobs(20).data).confusion
    assert wanted is not None

    texts = [
        v.tensor.string_val[0].decode() for _, _, v in values(folder) if v.tag == "confusion/text_summary"
    ]

    assert texts[-1].splitlines() == [
        "|  | a | b |",
        "| --- | --- | --- |",
        f"| **a** | {wanted[0, 0]} | {wanted[0, 1]} |",
        f"| **b** | {wanted[1, 0]} | {wanted[1, 1]} |",
    ]


def test_hyper_parameters_are_there_for_comparison(learnt: tuple[Path, sx.Net]) -> None:
    from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData

    folder, _ = learnt
    found = {
        value.tag: HParamsPluginData.FromString(value.metadata.plugin_data.content)
        for _, _, value in values(folder)
        if value.tag.startswith("_hparams_/")
    }

    settings = found["_hparams_/session_start_info"].session_start_info.hparams
    assert settings["algorithm"].string_value == "adam"
    assert settings["beta1"].number_value == 0.9
    assert settings["amsgrad"].bool_value is False
    assert settings["seed"].number_value == 0
    metrics = {info.name.tag for info in found["_hparams_/experiment"].experiment.metric_infos}
    assert {"loss", "validation/misclassification"} <= metrics
    assert found["_hparams_/session_end_info"].session_end_info.status == 1


def test_live_edits_are_text(tmp_path: Path) -> None:
    net = fresh("a")
    with sx.TensorBoard(tmp_path).attach(net):
        publish(net, 2)
        net.swap(with_event, "learning_rate", "0.1 -> 0.2")

    texts = [
        v.tensor.string_val[0].decode() for _, _, v in values(tmp_path / "a") if v.tag.startswith("events")
    ]
    assert texts == ["epoch 2, batch 3: learning_rate 0.1 -> 0.2"]


def test_pictures_are_drawn_every_so_many_epochs_and_at_the_end(tmp_path: Path) -> None:
    net = fresh("a")
    with sx.TensorBoard(tmp_path, every=3).attach(net) as board:
        begin(net)
        for left in range(8):
            publish(net, 1, "training" if left < 7 else "done")
            assert board.flush(20)

    assert [step for step, _, value in values(tmp_path / "a") if value.tag == "weights"] == [1, 4, 7, 8]
    assert list(scalars(tmp_path / "a", "loss")) == list(range(1, 9))


def test_networks_of_one_name_have_folders_of_their_own(tmp_path: Path) -> None:
    nets = [fresh("same"), fresh("same")]
    with sx.TensorBoard(tmp_path).attach(nets):
        publish(nets[0], 1)
        publish(nets[1], 2)

    assert [len(scalars(tmp_path / name, "loss")) for name in ("same", "same-2")] == [1, 2]


def test_a_training_that_goes_on_later_has_another_file(tmp_path: Path) -> None:
    net = fresh("a")
    for _ in range(2):
        with sx.TensorBoard(tmp_path).attach(net):
            publish(net, 1)

    assert len(list((tmp_path / "a").iterdir())) == 2
    assert list(scalars(tmp_path / "a", "loss")) == [1, 2]


def test_a_network_of_values_has_no_confusion(tmp_path: Path) -> None:
    net = sx.mlp([3, 4, 1], ["tanh", "linear"])
    rng = np.random.default_rng(1)
    with sx.TensorBoard(tmp_path).attach(net):
        sx.deref(sx.train(net, sx.training_set(rng.random((20, 3)), rng.random((20, 1))), 3))

    assert len(scalars(tmp_path / "net-1", "training/squared_error")) == 3


def test_a_folder_that_cannot_be_written_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    net = sx.atom(small_net())

    with caplog.at_level(logging.ERROR, "synapse_rx"), sx.TensorBoard(tmp_path / "file").attach(net):
        assert sx.deref(sx.train(net, blobs(), 5)).training.stats.epochs == 5

    assert len(caplog.records) == 1


@pytest.mark.parametrize("options", [{"every": 0}, {"every": True}, {"data": 3}, {"data": blobs()}])
def test_options_out_of_range_are_refused(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=next(iter(options))):
        sx.TensorBoard(tmp_path, **options)


def test_the_missing_package_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX.proto", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'synapse-rx\[tensorboard\]'"):
        sx.TensorBoard(tmp_path)


@pytest.mark.peer("tensorboard")
@pytest.mark.filterwarnings("ignore")
def test_tensorboard_reads_it(learnt: tuple[Path, sx.Net]) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder, net = learnt
    found = EventAccumulator(str(folder), {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0}).Reload()

    tags: Any = found.Tags()
    assert {"loss", "training/misclassification", "validation/cross_entropy"} <= set(tags["scalars"])
    assert set(tags["histograms"]) == {f"weights/{name}" for name in net.params.names}
    assert set(tags["images"]) == {"weights", "confusion"}
    assert [event.step for event in found.Scalars("loss")] == list(range(1, 13))
    assert "hparams" in found.summary_metadata["_hparams_/experiment"].plugin_data.plugin_name


def test_what_a_full_disk_did_not_take_is_written_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: TextFile, piece: bytes) -> None:
        raise OSError(28, "No space left on device")

    net = fresh()
    with sx.TensorBoard(tmp_path).attach(net) as board:
        with monkeypatch.context() as patch:
            publish(net, 1)
            board.flush()
            patch.setattr(TextFile, "write_bytes", full)
            publish(net, 2)
            board.flush()
            assert "No space left" in str(board.error)
        publish(net, 1)

    written = values(tmp_path / "net-1")
    assert [step for step, _, value in written if value.tag == "loss"] == [1, 2, 3, 4]
    assert len({value.tag for *_, value in written if value.tag.startswith("_hparams_")}) == 2
