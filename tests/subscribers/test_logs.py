"""Logs: every epoch once, in a form that others read, whatever becomes of the disk."""

from __future__ import annotations

import csv
import json
import logging
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError
from synapse_rx.subscribers.csv_log import _table
from synapse_rx.subscribers.text_file import TextFile
from tests.nets import blobs, small_net
from tests.subscribers.snapshots import begin, fresh, publish, with_event, with_stats


def table(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_table_holds_every_number_of_every_epoch(tmp_path: Path) -> None:
    net = sx.atom(small_net())
    with sx.CSVLog(tmp_path / "log.csv").attach(net):
        stats = sx.deref(sx.train(net, blobs(33, nvalid=10), 30)).training.stats

    found = table(tmp_path / "log.csv")

    assert [int(row["epoch"]) for row in found] == list(range(1, 31))
    assert [float(row["loss"]) for row in found] == list(stats.loss)
    for part, histories in (("training", stats.training), ("validation", stats.validation)):
        for kind, series in histories.items():
            assert [float(row[f"{part}:{kind}"]) for row in found] == list(series)
    assert [float(row["seconds"]) for row in found] == list(stats.seconds)
    assert list(found[0])[:3] == ["net", "epoch", "loss"]


def test_pandas_and_numpy_could_read_it(tmp_path: Path) -> None:
    import numpy as np

    net = fresh("a")
    with sx.CSVLog(tmp_path / "log.csv").attach(net):
        publish(net, 4)

    found = np.genfromtxt(tmp_path / "log.csv", delimiter=",", names=True, usecols=(1, 2))

    assert found["epoch"].tolist() == [1, 2, 3, 4]
    assert found["loss"].tolist() == list(net.value.training.stats.loss)


def test_networks_share_one_table(tmp_path: Path) -> None:
    nets = [fresh("a"), fresh('b, "quoted"')]
    with sx.CSVLog(tmp_path / "log.csv").attach(nets):
        for net in nets:
            publish(net, 3)

    found = table(tmp_path / "log.csv")

    assert sorted({row["net"] for row in found}) == ["a", 'b, "quoted"']
    assert [int(row["epoch"]) for row in found if row["net"] == "a"] == [1, 2, 3]


def test_an_error_that_is_recorded_later_adds_its_column(tmp_path: Path) -> None:
    net = fresh()
    with sx.CSVLog(tmp_path / "log.csv").attach(net) as log:
        net.swap(with_stats, training={"loss": 0.5}, validation={})
        log.flush()
        net.swap(with_stats, training={"loss": 0.4}, validation={"loss": 0.3, "top_3": 0.1})

    found = table(tmp_path / "log.csv")

    assert [row["validation:top_3"] for row in found] == ["", "0.1"]
    assert [row["training:loss"] for row in found] == ["0.5", "0.4"]


def test_an_error_that_was_not_measured_is_empty(tmp_path: Path) -> None:
    net = fresh()
    with sx.CSVLog(tmp_path / "log.csv").attach(net):
        net.swap(with_stats, training={"loss": math.nan}, validation={})
        net.swap(with_stats, training={"loss": math.inf}, validation={})

    assert [row["training:loss"] for row in table(tmp_path / "log.csv")] == ["", "inf"]


def test_epochs_that_are_learnt_anew_are_written_anew(tmp_path: Path) -> None:
    net = fresh()
    history = sx.History(net)
    with sx.CSVLog(tmp_path / "log.csv").attach(net) as log:
        publish(net, 4)
        log.flush()
        history.undo(2)
        net.swap(with_stats, training={"loss": 9.0}, validation={}, seconds=7.0)

    found = table(tmp_path / "log.csv")

    assert [row["epoch"] for row in found] == ["1", "2", "3", "4", "3"]
    assert found[-1]["loss"] == "9.0"


@pytest.mark.parametrize("log", [sx.CSVLog, sx.JSONLinesLog])
def test_a_log_begins_anew_or_goes_on(log: Any, tmp_path: Path) -> None:
    path = tmp_path / "some" / "where" / "log"
    for append, epochs in ((False, 2), (False, 3), (True, 4)):
        net = fresh()
        with log(path, append=append).attach(net):
            publish(net, epochs)

    read = table if log is sx.CSVLog else lines
    epochs_read = [row["epoch"] for row in read(path) if row.get("kind", "epoch") == "epoch"]
    assert list(map(int, epochs_read)) == [1, 2, 3, 1, 2, 3, 4]


def test_a_log_can_be_used_again_after_it_was_closed(tmp_path: Path) -> None:
    net = fresh()
    log = sx.CSVLog(tmp_path / "log.csv")
    with log.attach(net):
        publish(net, 2)
    other = fresh("other")
    with log.attach(other):
        publish(other, 3)

    assert [row["net"] for row in table(log.path)] == ["net 1"] * 2 + ["other"] * 3


@pytest.mark.parametrize("log", [sx.CSVLog, sx.JSONLinesLog])
def test_a_folder_or_a_forbidden_place_is_refused_at_once(log: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(IsADirectoryError):
        log(tmp_path)
    with pytest.raises((NotADirectoryError, FileExistsError)):
        log(tmp_path / "file" / "log")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_is_told_of_once_and_training_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    net = sx.atom(small_net())

    with caplog.at_level(logging.ERROR, "synapse_rx"):
        with sx.JSONLinesLog("/dev/full", append=True).attach(net) as log:
            snapshot = sx.deref(sx.train(net, blobs(), 20))

    assert snapshot.training.stats.epochs == 20
    assert "No space left on device" in str(log.error)
    assert len(caplog.records) == 1


def test_a_table_that_a_full_disk_did_not_take_is_complete_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(self: TextFile, text: str) -> None:
        raise OSError(28, "No space left on device")

    net = fresh()
    log = sx.CSVLog(tmp_path / "log.csv").attach(net)
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, "synapse_rx"):
        for how in ("write", "replace"):
            patch.setattr(TextFile, how, full)
            publish(net, 2)
            log.flush()
    publish(net, 2)
    log.close()

    assert [row["epoch"] for row in table(tmp_path / "log.csv")] == ["1", "2", "3", "4", "5", "6"]
    assert len(caplog.records) == 1


def test_what_a_full_disk_did_not_take_is_written_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = fresh()
    with sx.JSONLinesLog(tmp_path / "log.jsonl").attach(net) as log:
        publish(net, 2)
        log.flush()
        file = log._file._file

        class Full:
            """A disk with room for ten more bytes."""

            def write(self, data: memoryview) -> int:
                if len(data) > 10:
                    return file.write(data[:10]) or 0
                raise OSError(28, "No space left on device")

            def __getattr__(self, name: str) -> Any:
                return getattr(file, name)

        monkeypatch.setattr(log._file, "_file", Full())
        publish(net, 2)
        log.flush()
        assert isinstance(log.error, OSError)
        assert [line["epoch"] for line in lines(log.path) if line["kind"] == "epoch"] == [1, 2]
        monkeypatch.setattr(log._file, "_file", file)
        publish(net, 1)

    assert [line["epoch"] for line in lines(tmp_path / "log.jsonl") if line["kind"] == "epoch"] == [
        1,
        2,
        3,
        4,
        5,
    ]


def test_json_lines_tell_what_happened_in_its_order(tmp_path: Path) -> None:
    net = fresh("a")
    history = sx.History(net)
    with sx.JSONLinesLog(tmp_path / "log.jsonl").attach(net) as log:
        begin(net)
        publish(net, 1)
        net.swap(with_event, "learning_rate", "0.1 -> 0.2")
        publish(net, 1)
        log.flush()
        history.undo(1)
        net.swap(with_stats, training={"loss": math.nan}, validation={}, seconds=7.0)
        publish(net, 1, "done")

    found = lines(tmp_path / "log.jsonl")

    assert {line["net"] for line in found} == {"a"}
    told = [(line["kind"], line.get("epoch"), line.get("what") or line.get("status")) for line in found]
    rest = [each for each in told if each[0] != "status"]
    assert rest == [
        ("epoch", 1, None),
        ("event", 1, "learning_rate"),
        ("epoch", 2, None),
        ("rewind", 1, None),
        ("epoch", 2, None),
        ("epoch", 3, None),
    ]
    assert told[-1] == ("status", 3, "done")
    nan = next(line for line in found if line["kind"] == "epoch" and line["loss"] is None)
    assert nan["epoch"] == 2


def test_json_lines_of_a_real_training_are_complete(tmp_path: Path) -> None:
    net = sx.atom(small_net())
    with sx.JSONLinesLog(tmp_path / "log.jsonl").attach(net):
        stats = sx.deref(sx.train(net, blobs(33, nvalid=10), 50)).training.stats

    epochs = [line for line in lines(tmp_path / "log.jsonl") if line["kind"] == "epoch"]

    assert [line["loss"] for line in epochs] == list(stats.loss)
    assert [line["validation:misclassification"] for line in epochs] == list(
        stats.validation["misclassification"]
    )


class Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def records() -> Records:
    return Records()


@pytest.fixture
def logger(records: Records) -> logging.Logger:
    made = logging.Logger("test", logging.INFO)
    made.addHandler(records)
    return made


def test_epochs_events_and_statuses_are_logged(records: Records, logger: logging.Logger) -> None:
    net = fresh("a")
    with sx.Logger(net, logger=logger) as log:
        log.flush()
        begin(net)
        publish(net, 1)
        log.flush()
        net.swap(with_event)
        publish(net, 1, "done")

    messages = [record.getMessage() for record in records.records]

    assert messages[0] == "a: idle, 0 epochs"
    assert messages[-4:] == [
        "a: training, 1 epochs",
        "a: epoch 1, batch 3: learning_rate 0.1 -> 0.01",
        "a: epoch 2, loss 0.45, training error 22.50 %, validation error 11.25 %",
        "a: done, 2 epochs",
    ]


def test_records_carry_the_numbers(records: Records, logger: logging.Logger) -> None:
    net = fresh("a")
    with sx.Logger(net, logger=logger, level=logging.WARNING):
        publish(net, 2)

    epochs: list[Any] = [record for record in records.records if record.training["kind"] == "epoch"]  # type: ignore[attr-defined]

    assert [record.training["epoch"] for record in epochs] == [1, 2]
    assert epochs[1].training["training:misclassification"] == 0.225
    assert {record.levelname for record in records.records} == {"WARNING"}


def test_messages_may_be_json(records: Records, logger: logging.Logger) -> None:
    net = fresh("a")
    with sx.Logger(net, logger=logger, json=True):
        publish(net, 2)

    found = [json.loads(record.getMessage()) for record in records.records]

    assert [each["epoch"] for each in found if each["kind"] == "epoch"] == [1, 2]
    assert {each["net"] for each in found} == {"a"}


def test_what_was_learnt_before_is_not_logged(records: Records, logger: logging.Logger) -> None:
    net = fresh("a")
    publish(net, 5, "done")
    with sx.Logger(net, logger=logger):
        pass

    assert [record.getMessage() for record in records.records] == ["a: done, 5 epochs"]


def test_nothing_is_made_up_where_nobody_listens(records: Records, logger: logging.Logger) -> None:
    net = fresh("a")
    with sx.Logger(net, logger=logger, level=logging.DEBUG):
        publish(net, 5, "done")

    assert records.records == []


def test_by_default_it_logs_below_the_library_s_own_logger(caplog: pytest.LogCaptureFixture) -> None:
    net = fresh("a")
    with caplog.at_level(logging.INFO, "synapse_rx.training"), sx.Logger(net):
        publish(net, 1)

    assert {record.name for record in caplog.records} == {"synapse_rx.training"}


@pytest.mark.parametrize("options", [{"logger": 3}, {"level": "INFO"}, {"level": True}])
def test_what_is_no_logger_or_level_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(options))):
        sx.Logger(**options)


def test_a_text_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    file = TextFile(tmp_path / "file.txt")
    file.write("one\n")
    file.replace("two\n")
    file.write("three\n")
    file.close()

    assert file.read() == "two\nthree\n"
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


def test_what_a_link_points_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "there.csv")
    net = fresh()
    with sx.CSVLog(tmp_path / "link.csv").attach(net) as log:
        publish(net, 1, validation=False)
        log.flush()
        publish(net, 1)

    assert (tmp_path / "link.csv").is_symlink()
    assert len(table(tmp_path / "there.csv")) == 2


def test_a_header_is_no_row() -> None:
    assert _table([{"a": 1, "b": 2.5}], ["a", "b"], header=True) == "a,b\n1,2.5\n"


def test_a_log_that_nobody_closed_is_complete_at_the_end_of_the_process(tmp_path: Path) -> None:
    code = (
        "import synapse_rx as sx\n"
        "net = sx.mlp([64, 10], 'softmax')\n"
        f"sx.CSVLog({str(tmp_path / 'log.csv')!r}).attach(net)\n"
        "sx.deref(sx.train(net, sx.load_training_set('digits'), 7))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert [row["epoch"] for row in table(tmp_path / "log.csv")] == list("1234567")
    assert done.stderr == ""
