"""Start, stop, pause and wait for trainings."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from concurrent.futures import wait
from contextlib import nullcontext
from itertools import count
from threading import Lock
from typing import Any

from ..atom import Atom
from ..backends import Backend
from ..backends import backend as choose_backend
from ..data import TrainingSet
from ..errors import AlreadyTraining, OptionError
from ..learner import Learner
from ..network.checks import check_fit
from ..network.learner import NetworkLearner
from ..snapshot import Net
from .inline import advance_inline
from .loops import background_loop, call_on, running_loop
from .process import SETTINGS, default_blas_threads
from .publish import Every, publication
from .run import TrainingRun, change_status
from .trainer import Trainer
from .workers import WORKERS

EXIT_SECONDS = 1.0
"""How long the interpreter's exit waits for trainings to stop."""

_live: dict[Atom[Net], Trainer] = {}
_lock = Lock()
_numbers = count(1)


def train(
    net: Atom[Net],
    data: TrainingSet,
    epochs: int,
    *,
    backend: str | Backend | None = None,
    publish: str | Every = "epoch",
    executor: str = "thread",
    if_running: str = "raise",
    on_diverged: str = "raise",
    strict: bool = False,
    blas_threads: int | None = None,
    switch_interval: float | None = None,
) -> TrainingRun:
    """
    Train a network: check everything, start at once, return at once.

    While it runs the cell gets a new snapshot every epoch, and edits swapped into the cell are taken over with the next
    chunk of work (about 50 ms): hyper-parameters, parameters, the whole architecture; the statuses "paused" and
    "stopping" are obeyed.

    Args:
        net: The cell of the network, from `mlp` or `neural_net`.
        data: What to learn, from `training_set` or `load_training_set`.
        epochs: Complete epochs to learn; one begun before and interrupted is finished first and counts.
        backend: "numpy", "auto" or a `Backend`; None for ``SYNAPSE_RX_BACKEND`` or "auto".
        publish: "epoch", or `every` so many batches or seconds as well.
        executor: "thread", or "inline" to compute in the event loop itself, a chunk at a time (for platforms
            without threads).
        if_running: What to do if this network is in training already: "raise", "queue" behind it, or "replace" it
            (stop it gracefully, then start).
        on_diverged: What to do when the loss is no longer finite: "raise", "stop" (keep the last snapshot, end as if
            stopped), or "ignore".
        strict: Let an exception in a watch end the training; otherwise it is logged and kept in
            ``run.watch_errors``.
        blas_threads: Threads for matrix products in this process while training; None for one thread if the network
            is small, and no change if it is large.
        switch_interval: Seconds for ``sys.setswitchinterval`` while training; 5e-5 keeps training alive beside
            threads that compute in Python.

    Returns:
        The run: an asyncio task on the running event loop, or on the library's own if none runs here.

    Raises:
        AlreadyTraining: If the network is in training and ``if_running`` is "raise"; the error carries the live run.
        ShapeError: If the samples do not fit the network.
        LabelError: If labels or targets do not fit the network or its loss.
        LossError: If the network cannot be trained by gradients of its loss.
        OptionError: If an option is out of range.
    """
    every = publication(publish)
    _check(net, epochs, blas_threads, switch_interval)
    _check_choice("executor", executor, ("thread", "inline"))
    _check_choice("if_running", if_running, ("raise", "queue", "replace"))
    _check_choice("on_diverged", on_diverged, ("raise", "stop", "ignore"))
    engine = choose_backend(backend)
    check_fit(net.value, data)

    def make(snapshot: Net) -> Learner:
        return NetworkLearner(snapshot, data, engine, ignore_divergence=on_diverged == "ignore")

    trainer = Trainer(
        net,
        make,
        epochs,
        publish=every,
        slot=WORKERS.slots if executor == "thread" else nullcontext(),
        on_diverged=on_diverged,
        strict=strict,
    )
    threads = blas_threads or default_blas_threads(net.value.params.flat.size)
    return _launch(trainer, executor, if_running, lambda: SETTINGS.ask(trainer, threads, switch_interval))


def stop_training(net: Atom[Net]) -> bool:
    """
    End a training gracefully with its next chunk of work; its run then returns the last snapshot.

    Returns:
        Whether it was in training.
    """
    return change_status(net, {"training", "paused"}, "stopping")


def pause_training(net: Atom[Net]) -> bool:
    """Pause a training with its next chunk of work; return whether it was running."""
    return change_status(net, {"training"}, "paused")


def resume_training(net: Atom[Net]) -> bool:
    """Let a paused training go on; return whether it was paused."""
    return change_status(net, {"paused"}, "training")


def deref(cell_or_run: Any, timeout: float | None = None) -> Any:
    """
    Return the value of a cell, or wait for a training and return its last snapshot.

    Args:
        cell_or_run: An `Atom` or a derived cell, or what `train` returned.
        timeout: Seconds to wait for a training at most.

    Raises:
        TimeoutError: If the time is over; training goes on.
        InvalidStateError: If a training is not done and an event loop runs on this thread: use ``await``.
    """
    if isinstance(cell_or_run, TrainingRun):
        return cell_or_run.result(timeout)
    return cell_or_run.deref()


def _launch(trainer: Trainer, executor: str, if_running: str, ask: Callable[[], None]) -> TrainingRun:
    before = _claim(trainer, if_running)
    try:
        if before is None:
            trainer.start()  # outside the lock: it tells watches, which may train other networks
        run = trainer.run = _task(trainer)
    except BaseException:
        _release(trainer)
        raise
    trainer.outcome.add_done_callback(lambda _: _release(trainer))

    def go(_: Any = None) -> None:
        ask()
        if executor == "thread":
            WORKERS.submit(trainer)
        else:
            advance_inline(trainer, run.get_loop())

    if before is None:
        go()
    else:
        if if_running == "replace":
            before.stop()
        before.outcome.add_done_callback(go)
    return run


def _claim(trainer: Trainer, if_running: str) -> Trainer | None:
    """Enter ``trainer`` as the one its cell is trained by; return the one it has to wait for."""
    with _lock:
        before = _live.get(trainer.atom)
        if before is not None and if_running == "raise":
            raise AlreadyTraining(
                f"this network is in training: {before.run!r}; stop it first, or use if_running='queue' or 'replace'",
                before.run,
            )
        _live[trainer.atom] = trainer
        return before


def _release(trainer: Trainer) -> None:
    SETTINGS.release(trainer)
    with _lock:
        if _live.get(trainer.atom) is trainer:
            del _live[trainer.atom]


def _task(trainer: Trainer) -> TrainingRun:
    name = f"synapse-rx-train-{next(_numbers)}"
    loop = running_loop()
    if loop is not None:
        return TrainingRun(trainer, loop=loop, name=name)
    loop = background_loop()
    return call_on(loop, lambda: TrainingRun(trainer, loop=loop, name=name))


def _check(net: Any, epochs: Any, blas_threads: Any, switch_interval: Any) -> None:
    if not isinstance(net, Atom) or not isinstance(net.value, Net):
        raise OptionError(f"train takes the cell of a network (from mlp or neural_net), not {net!r}")
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise OptionError(f"epochs must be a whole number >= 1, not {epochs!r}")
    if blas_threads is not None and (not isinstance(blas_threads, int) or blas_threads < 1):
        raise OptionError(f"blas_threads must be a whole number >= 1, not {blas_threads!r}")
    if switch_interval is not None and not 0 < switch_interval <= 1:
        raise OptionError(f"switch_interval must be in (0, 1] seconds, not {switch_interval!r}")


def _check_choice(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise OptionError(f"{option} is one of {', '.join(map(repr, choices))}, not {value!r}")


def _at_exit() -> None:
    """Ask what still trains to stop, and give it a moment: a script that forgets to wait ends cleanly."""
    trainers = list(_live.values())
    for trainer in trainers:
        trainer.stop()
    wait([trainer.outcome for trainer in trainers], EXIT_SECONDS)
    if trainers:
        print(
            f"synapse_rx: {len(trainers)} training(s) still running at exit were stopped; wait for them with "
            "`await run` or run.result()",
            file=sys.stderr,
        )


atexit.register(_at_exit)
