"""What every test may use: a seeded generator, marks for peers and data, a guard against left-over threads."""

from __future__ import annotations

import gc
import importlib.util
import os
import platform
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")

MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
THREAD_GRACE = 20.0  # seconds that a thread may take to end after its test

_missing = pytest.StashKey[dict[str, int]]()
_threads_before = pytest.StashKey[set[threading.Thread]]()


@pytest.fixture
def rng() -> np.random.Generator:
    """
    A generator with the same seed in every test.
    """
    return np.random.default_rng(20)


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """
    Compute all convolutions in small tiles, which are compiled faster than those of every size.
    """
    from synapse_rx.layers.convolution import lanes_plan

    for tiles in (lanes_plan.PRODUCTS, lanes_plan.CORRELATIONS):
        for registers in tiles:
            monkeypatch.setitem(tiles, registers, ((3, 2), (1, 1)))
    lanes_plan.plan.cache_clear()
    yield
    lanes_plan.plan.cache_clear()


def mnist_available() -> bool:
    """
    Say whether the four MNIST files lie in ``SYNAPSE_RX_DATA`` or in its folder ``mnist``, packed or not.
    """
    root = os.environ.get("SYNAPSE_RX_DATA")
    folders = [Path(root), Path(root, "mnist")] if root else []
    return any(
        all((folder / name).exists() or (folder / f"{name}.gz").exists() for name in MNIST_FILES)
        for folder in folders
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend",
        choices=("strict", "strict_kernels", "cupy"),
        help="where all trainings are done that ask for no backend, and what tests/backends compares with numpy: "
        "arrays that refuse what cupy refuses (strict), those with kernels of devices run on the CPU "
        "(strict_kernels), or a GPU (cupy); by default numpy, which tests/backends compares with strict",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_missing] = {}
    _take(config.getoption("--backend"))


def _take(backend: str | None) -> None:
    """
    Let trainings that ask for no backend be done on this one.
    """
    if backend == "cupy":
        from synapse_rx.backends import CupyBackend

        if (reason := CupyBackend.why_not()) is not None:
            raise pytest.UsageError(f"--backend cupy: {reason}")
        os.environ["SYNAPSE_RX_BACKEND"] = backend  # in processes that tests start as well
    elif backend is not None:
        import tests.strict  # noqa: F401  (defines them)
        from synapse_rx.backends import choose

        choose.DEFAULT = backend


def pytest_report_header(config: pytest.Config) -> str:
    data = os.environ.get("SYNAPSE_RX_DATA", "not set")
    where = config.getoption("--backend") or os.environ.get("SYNAPSE_RX_BACKEND") or "numpy"
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    return f"numpy {np.__version__}, {machine}, SYNAPSE_RX_DATA {data}, trainings on {where}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_cost)  # a stable sort: within one class of cost the order stays


def pytest_collection_finish() -> None:
    """
    Leave thousands of tests and what they imported out of every later collection of garbage.
    """
    gc.collect()
    gc.freeze()


def _cost(item: pytest.Item) -> int:
    if item.get_closest_marker("slow"):
        return 3
    if item.get_closest_marker("mnist"):
        return 2
    return 1 if item.get_closest_marker("peer") else 0


def pytest_runtest_setup(item: pytest.Item) -> None:
    wanted = [name for mark in item.iter_markers("peer") for name in mark.args]
    missing = [
        f"the peer {name} is not installed" for name in wanted if importlib.util.find_spec(name) is None
    ]
    if item.get_closest_marker("mnist") and not mnist_available():
        missing.append("the MNIST files are not in SYNAPSE_RX_DATA")
    asked = item.config.getoption("--backend")
    marks = [mark for mark in item.iter_markers("backend") if asked is not None and asked not in mark.args]
    if marks:
        missing.append(f"not on {asked}: {marks[0].kwargs.get('reason', 'about numpy')}")
    for reason in missing:
        counts = item.config.stash[_missing]
        counts[reason] = counts.get(reason, 0) + 1
    if missing:
        pytest.skip("; ".join(missing))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[Any]:
    item.stash[_threads_before] = set(threading.enumerate())
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """
    Fail a test that leaves a new thread behind which would keep the interpreter from ending.
    """
    yield
    left = [t for t in threading.enumerate() if t not in item.stash[_threads_before] and not t.daemon]
    for thread in left:
        thread.join(THREAD_GRACE)
    names = [thread.name for thread in left if thread.is_alive()]
    if names:
        pytest.fail(f"left {len(names)} non-daemon thread(s) running: {', '.join(names)}", pytrace=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for reason, count in config.stash[_missing].items():
        terminalreporter.write_line(f"{count} test(s) skipped: {reason}")
