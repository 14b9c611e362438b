"""
What a dashboard costs and how quick it is: memory for 100 000 epochs, messages a second to 50 readers, swap to pixel.

**Memory.** A cell is given one epoch after the other, as fast as it takes them, while a reader follows; what Python
has allocated is compared with that of the same cell without a dashboard, and so is the memory of the process.

**Messages.** 50 readers in a process of their own read while a small network trains as fast as it can: once with the
rest of a tenth of a second between two messages to one reader, once without any, which shows what the server could do.

**Swap to pixel.** A page in headless Chromium, where there is one: from a swap of the cell to the frame in which the
chart shows it, from a key pressed on a slider to the swap, and from opening the page to the frame that shows all of it.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, time
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
from attrs import evolve

import synapse_rx as sx
from synapse_rx.dashboards import readers
from synapse_rx.snapshot import Net

from .harness import peer, table

READERS = 50
EPOCHS = 100_000
READER = Path(__file__).parent / "contestants" / "stream_readers.py"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--epochs", type=int, help="epochs that memory is measured for")
    parser.add_argument("--seconds", type=float, help="seconds that messages are counted for")
    parser.add_argument("--times", type=int, help="swaps that are timed")


def run(
    quick: bool = False, epochs: int | None = None, seconds: float | None = None, times: int | None = None
) -> None:
    memory(epochs or (2_000 if quick else EPOCHS), 1 if quick else 3)
    messages(seconds or (0.3 if quick else 10.0))
    pixels(times or (2 if quick else 30), epochs or (2_000 if quick else EPOCHS))


def memory(epochs: int, sizes: int) -> None:
    """
    Print what a dashboard and its reader hold after ever more epochs, each time ten times as many.
    """
    rows = []
    for n in [epochs // 10**k for k in reversed(range(sizes))]:
        alone, watched = _held(n, False), _held(n, True)
        more = [f"{(b - a) / 2**20:.2f}" for a, b in zip(alone, watched, strict=True)]
        rows.append([f"{n:,}", f"{alone[0] / 2**20:.2f}", *more])
    table(
        "Memory in MiB by epochs", ["", "the cell", "dashboard, in Python", "dashboard, of the process"], rows
    )


def _held(epochs: int, watched: bool) -> tuple[float, float]:
    """
    Return the bytes that Python has allocated and that the process takes, in a process of its own.
    """
    code = f"from benchmarks.dashboard import held; held({epochs}, {watched})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    allocated, resident = json.loads(done.stdout)
    return allocated, resident


def held(epochs: int, watched: bool) -> None:
    """
    Publish epochs, with or without a dashboard that is read, and print what is held then.
    """
    net = _small()
    rate = 64  # epochs between two moments at which the reader may come
    board = sx.dashboard(net) if watched else None
    reader = Reader(board) if board else None
    _publish(net, 100)
    if reader:
        reader.wait(100)
    tracemalloc.start()
    for _ in range(epochs // rate):
        _publish(net, rate)
    if reader:
        reader.wait(net.value.training.stats.epochs)
    gc.collect()
    allocated = tracemalloc.get_traced_memory()[0]
    print(json.dumps([allocated, _resident()]))
    if reader and board:
        board.close()
        reader.join()


def _small() -> sx.Atom[Net]:
    return sx.mlp([64, 30, 10], ["relu", "softmax"], sx.training("adam"))


def _publish(net: sx.Atom[Net], epochs: int) -> None:
    for _ in range(epochs):
        net.swap(_learnt)


def _learnt(net: Net) -> Net:
    stats = net.training.stats
    value = 1 / (1 + stats.epochs)
    more = stats.with_epoch(
        steps=stats.steps + 1,
        loss=value,
        training={"misclassification": value},
        validation={"misclassification": value},
        learning_rate=0.1,
        seconds=0.1,
        samples=100,
    )
    return evolve(net, training=evolve(net.training, stats=more, status="training"))


def _resident() -> int:
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if pages.exists() else 0


class Reader(threading.Thread):
    """
    Reads the stream of a dashboard, and keeps of it only which epoch was told last.
    """

    def __init__(self, board: sx.Dashboard) -> None:
        super().__init__(daemon=True)
        headers = {"Authorization": f"Bearer {board.token}"}
        self._stream = urlopen(Request(board.url.partition("#")[0] + "events", headers=headers))
        self._told = threading.Condition()
        self._epochs = 0
        self.start()

    def run(self) -> None:
        for line in self._stream:
            if line.startswith(b"data: "):
                with self._told:
                    self._epochs = json.loads(line[6:])["nets"][0]["epochs"]
                    self._told.notify_all()

    def wait(self, epochs: int) -> None:
        with self._told:
            self._told.wait_for(lambda: self._epochs >= epochs)


def messages(seconds: float) -> None:
    """
    Print what readers of a training get a second.
    """
    rng = np.random.default_rng(0)
    data = sx.training_set(rng.random((1024, 64), dtype=np.float32), rng.integers(10, size=1024), batch=64)
    rows = [_counted("no reader", data, seconds, 0)]
    rows.append(_counted(f"{READERS} readers", data, seconds, READERS))
    rest, readers.REST = readers.REST, 0.0
    try:
        rows.append(_counted(f"{READERS} readers, without rest", data, seconds, READERS))
    finally:
        readers.REST = rest
    table(
        f"A network of 64-30-10 trains for {seconds:g} s beside its readers",
        ["", "messages/s", "for each", "KB/s", "epochs/s", "epochs/CPU s", "CPU s/s"],
        rows,
    )


def _counted(name: str, data: sx.TrainingSet, seconds: float, n: int) -> list[str]:
    net = _small()
    sx.deref(sx.train(net, data, 1))  # what is compiled once is compiled now
    with sx.dashboard(net) as board:
        run = sx.train(net, data, 10**9)
        before, cpu, wall = net.value.training.stats.epochs, process_time(), perf_counter()
        words = [board.host, str(board.port), board.token, str(n), str(seconds)]
        done = subprocess.run(
            [sys.executable, str(READER), *words], capture_output=True, text=True, check=True
        )
        found = json.loads(done.stdout)
        epochs, cpu = net.value.training.stats.epochs - before, process_time() - cpu
        wall = perf_counter() - wall
        run.stop()
        sx.deref(run)
    each = found["messages"] / n if n else 0.0
    return [
        name,
        f"{found['messages']:,.0f}",
        f"{each:.1f}",
        f"{found['bytes'] / 1024:,.0f}",
        f"{epochs / wall:,.0f}",
        f"{epochs / cpu:,.0f}",
        f"{cpu / wall:.2f}",
    ]


def pixels(times: int, epochs: int) -> None:
    """
    Print how long it takes from a swap to the screen, from a key to the swap, and until a long training is shown.
    """
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if peer("playwright") is None or chromium is None:
        print("(there is no Chromium: what a page shows is left out)")
        return
    from playwright.sync_api import sync_playwright

    net = _small()
    _publish(net, 3)
    with sync_playwright() as playwright, sx.dashboard(net) as board:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(board.url)
        page.wait_for_selector("#charts canvas[aria-label]")
        to_pixel = [_to_pixel(page, net) for _ in range(times)]
        to_swap = _to_swap(page, net, times)
        page.close()
        to_paint = _to_paint(browser, epochs, min(times, 10))
        browser.close()
    rows = [
        [name, *(f"{1e3 * value:.0f}" for value in (median(found), min(found), max(found)))]
        for name, found in (
            ("swap to pixel", to_pixel),
            ("key on a slider to swap", to_swap),
            (f"{epochs:,} epochs on the screen", to_paint),
        )
    ]
    table(f"Headless Chromium, {times} times", ["", "median ms", "least", "most"], rows)


SHOWN = """
() => { window.shown = new Promise((resolve) => {
  const canvas = document.querySelector("#charts canvas");
  const watch = new MutationObserver(() => {
    watch.disconnect();
    requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now()));
  });
  watch.observe(canvas, { attributes: true, attributeFilter: ["aria-label"] });
}); }
"""


def _to_pixel(page: Any, net: sx.Atom[Net]) -> float:
    page.evaluate(SHOWN)
    swapped = time()
    _publish(net, 1)
    return page.evaluate("() => window.shown") / 1e3 - swapped


PRESSED = """
() => { document.addEventListener("keydown", () => {
  window.pressed = performance.timeOrigin + performance.now();
}, { capture: true }); }
"""


def _to_swap(page: Any, net: sx.Atom[Net], times: int) -> list[float]:
    came, swapped = threading.Event(), [0.0]

    def note(*_: object) -> None:
        swapped[0] = time()
        came.set()

    page.evaluate(PRESSED)
    page.get_by_label("learning rate", exact=True).focus()
    net.add_watch("pixels", note)
    found: list[float] = []
    for number in range(times):
        came.clear()
        page.keyboard.press("ArrowRight" if number % 2 else "ArrowLeft")
        came.wait(60)
        found.append(swapped[0] - page.evaluate("() => window.pressed") / 1e3)
    net.remove_watch("pixels")
    return found


PAINTED = "() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"


def _to_paint(browser: Any, epochs: int, times: int) -> list[float]:
    """
    Open a page, with nothing in its cache, on a network that has learnt for long.
    """
    rng = np.random.default_rng(0)
    series = [sx.Series(rng.random(epochs)) for _ in range(4)]
    names = ("loss", "learning_rate", "seconds", "samples_per_second")
    stats = sx.Stats(epochs=epochs, **dict(zip(names, series, strict=True)))
    net = _small()
    net.swap(lambda old: evolve(old, training=evolve(old.training, stats=stats)))
    found: list[float] = []
    with sx.dashboard(net) as board:
        for _ in range(times):
            page = browser.new_page()
            began = perf_counter()
            page.goto(board.url)
            page.wait_for_selector("#charts canvas[aria-label]")
            page.evaluate(PAINTED)
            found.append(perf_counter() - began)
            page.close()
    return found
