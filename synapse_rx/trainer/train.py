"""Start, stop, pause and wait for trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import count
from typing import Any, cast

from ..atoms import Atom
from ..backends import Backend
from ..backends import backend as choose_backend
from ..collectives import Collective
from ..crew import default_threads
from ..data import StreamSet, TrainingSet
from ..data.options import check_choice, check_count
from ..errors import OptionError
from ..learner import Learner
from ..snapshot import Net
from ..stopping import Condition, Epochs, Phases
from .group import Group
from .inline import INLINE_CHUNK, advance_inline
from .lifetime import RUNS
from .lines import LINES, Turn
from .loops import made_on_a_loop
from .on_device import on_device
from .outcome_task import OutcomeTask
from .phases import check_turns
from .process import SETTINGS, default_switch_interval
from .publish import Every, publication
from .run import TrainingRun
from .trainer import CHUNK, Trainer
from .workers import WORKERS

_numbers = count(1)


def train(
    net: Atom[Net],
    data: TrainingSet | StreamSet,
    epochs: int | Condition | Sequence[tuple[int, Mapping[str, Any]]],
    *,
    backend: str | Backend | None = None,
    device: int | None = None,
    publish: str | Every = "epoch",
    executor: str = "thread",
    if_running: str = "raise",
    on_diverged: str = "raise",
    strict: bool = False,
    blas_threads: int | None = None,
    switch_interval: float | None = None,
    reduce: Collective | None = None,
    average: tuple[Collective, int] | None = None,
) -> TrainingRun:
    """
    Train a network: check everything, start at once, return at once.

        run = train(net, trset, 20)          # 20 epochs; computed on a thread of their own
        net.value                            # the newest snapshot, at any time
        net.swap(with_learning_rate, 0.01)   # steers what is under way
        snapshot = deref(run)                # waits; in async code and in notebooks: snapshot = await run

    `stop_training`, `pause_training` and `resume_training` take the cell as well; ``run.cancel()`` is asyncio's.
    Training again goes on where it stands.

    While it runs the cell gets a new snapshot every epoch, and edits swapped into the cell are taken over with the next
    chunk of work (about 50 ms): hyper-parameters, parameters, the whole architecture; the statuses "paused" and
    "stopping" are obeyed.

    Args:
        net: The cell of the network, from `mlp` or `neural_net`.
        data: What to learn, from `training_set`, `load_training_set` or `stream_set`.
        epochs: Complete epochs to learn; one begun before and interrupted is finished first and counts. Or a
            condition, such as ``epochs(50) | error_below(0.01) | seconds(60)``. Or a list of (epochs, options) pairs,
            such as ``[(5, {"learning_rate": 0.1}), (10, {"learning_rate": 0.01})]``, see `phases`.
        backend: "numpy", "cupy", "auto" (the GPU if there is one) or a `Backend`; None for ``SYNAPSE_RX_BACKEND`` or
            "numpy".
        device: Which GPU, counted from 0.
        publish: "epoch", or `every` so many batches or seconds as well.
        executor: "thread", or "inline" to compute in the event loop itself, a chunk at a time (for platforms
            without threads).
        if_running: What to do if this network is in training already: "raise", "queue" behind it, or "replace" it
            (stop it and whatever waits behind it gracefully, then start).
        on_diverged: What to do when the loss is no longer finite: "raise", "stop" (keep the last snapshot, end as if
            stopped), or "ignore".
        strict: Let an exception in a watch end the training; otherwise it is logged and kept in
            ``run.watch_errors``.
        blas_threads: Threads for matrix products in this process while training; None for one thread if the network
            is small, and all there are, shared while several train at once, if it is large; with ``reduce`` or
            ``average`` this process's share of the machine.
        switch_interval: Seconds for ``sys.setswitchinterval`` while training. None for half a millisecond (Python's own
            is 5) where compiled code learns many batches at a time, which costs threads that compute in Python
            next to nothing, and for what is set where it does not; there 5e-5 keeps training alive beside such threads.
        reduce: The processes to train with, from `collective`: each learns its part of every batch, and gradients are
            added up at every step, so that all have the network that one process would have. The cell of process 0 is
            the one to watch and to steer; those of the others follow.
        average: The processes, and a number of steps that each learns by itself, on its part of the batches, before
            parameters are averaged: ``average=(collective("mpi"), 50)``. Takes less time than ``reduce``, and gives
            another result.

    Returns:
        The run: an asyncio task on the running event loop, or on the library's own if none runs here.

    Raises:
        AlreadyTraining: If the network is in training and ``if_running`` is "raise"; the error carries the live run.
        ShapeError: If the samples do not fit the network.
        LabelError: If labels or targets do not fit the network or its loss.
        LossError: If the network cannot be trained by gradients of its loss.
        OptionError: If an option is out of range.
        BackendError: If the backend cannot serve here.
        CollectiveError: From the run, if the other processes fail or do not come in time.
    """
    every = publication(publish)
    check_net(net)
    check_choice("executor", executor, ("thread", "inline"))
    check_choice("if_running", if_running, ("raise", "queue", "replace"))
    check_choice("on_diverged", on_diverged, ("raise", "stop", "ignore"))
    check_process(blas_threads, switch_interval)
    engine = choose_backend(backend, device=device)
    goal = goal_of(epochs)
    check_turns(goal, net.value, data)
    group = Group.of(reduce, average)
    if group is not None:
        group.check(net.value, data, executor)
    defaults = default_threads if group is None else group.blas_threads
    threads = blas_threads or defaults(net.value.params.flat.size)

    def make(snapshot: Net) -> Learner:
        supplied = data.on(run.get_loop()) if isinstance(data, StreamSet) else data
        options: dict[str, Any] = {} if group is None else {"joint": group.joint(engine)}
        options["ignore_divergence"] = on_diverged == "ignore"
        learner = on_device(lambda: snapshot.arch.learner(snapshot, supplied, engine, **options), engine)
        SETTINGS.ask(trainer, threads, switch_interval or default_switch_interval(learner))
        return learner if group is None else group.learner(learner, snapshot, data, trainer)

    if group is None or group.leads:
        # Whoever waits for another process while it computes must not keep others of this one from computing.
        alone = executor == "thread" and group is None
        trainer = Trainer(
            net,
            make,
            goal,
            publish=every,
            slot=WORKERS.slots if alone else nullcontext(),
            chunk=CHUNK if executor == "thread" else INLINE_CHUNK,
            on_diverged=on_diverged,
            strict=strict,
        )
    else:
        trainer = group.follower(net, make, goal, data, strict=strict)
    run = _run(trainer)
    RUNS.add(run)
    loop = run.get_loop()

    def go() -> None:
        if not trainer.begin():  # stopped or cancelled before its turn came
            return
        try:
            if executor == "thread":
                trainer.hurry = partial(WORKERS.hurry, trainer)
                WORKERS.submit(trainer)
            else:
                advance_inline(trainer, loop)
        except BaseException as error:
            trainer.fail(error)

    launch(Turn(trainer, run, go), if_running)
    return run


def stop_training(net: Atom[Net]) -> bool:
    """
    End a training gracefully with its next chunk of work; its run then returns the last snapshot.

    Returns:
        Whether it was in training.
    """
    turn = LINES.first(net)
    return turn is not None and turn.run.stop()


def pause_training(net: Atom[Net]) -> bool:
    """Pause a training with its next chunk of work; return whether it was running."""
    turn = LINES.first(net)
    return turn is not None and turn.run.pause()


def resume_training(net: Atom[Net]) -> bool:
    """Let a paused training go on; return whether it was paused."""
    turn = LINES.first(net)
    return turn is not None and turn.run.resume()


def deref(cell_or_run: Any, timeout: float | None = None) -> Any:
    """
    Return the value of a cell, or wait for a training and return its last snapshot.

    Args:
        cell_or_run: An `Atom` or a derived cell, or what `train`, or that of a `Population`, returned.
        timeout: Seconds to wait for a training at most.

    Raises:
        TimeoutError: If the time is over; training goes on.
        InvalidStateError: If a training is not done and an event loop runs on this thread: use ``await``.
    """
    if isinstance(cell_or_run, OutcomeTask):
        return cast(OutcomeTask[Any], cell_or_run).result(timeout)
    return cell_or_run.deref()


def _run(trainer: Trainer) -> TrainingRun:
    name = f"synapse-rx-train-{next(_numbers)}"
    return made_on_a_loop(lambda loop: TrainingRun(trainer, loop=loop, name=name))


def launch(turn: Turn, if_running: str) -> None:
    """Begin now, or when those ahead in line are done."""
    trainer = turn.trainer

    def when_over() -> None:
        # Before the outcome is there: whoever waited for it may train this network at once.
        SETTINGS.release(trainer)
        following = LINES.leave(turn)
        if following is not None:
            trainer.outcome.add_done_callback(lambda _: following.go())

    trainer.when_over = when_over
    try:
        ahead = LINES.enter(turn, alone=if_running == "raise")
        if not ahead and trainer.begin():
            trainer.start()  # here: what is wrong is raised to the caller, and the cell is in training on return
    except BaseException:
        trainer.abandon()
        raise
    if not ahead:
        turn.go()
    elif if_running == "replace":
        for other in reversed(ahead):
            other.run.stop()


def goal_of(epochs: Any) -> Condition:
    """Return the condition that ``epochs`` means; an OptionError if it means none."""
    if isinstance(epochs, list | tuple):
        return Phases(epochs)
    return epochs if isinstance(epochs, Condition) else Epochs(check_count("epochs", epochs, 1))


def check_net(net: Any) -> None:
    """Raise an OptionError unless ``net`` is the cell of a network."""
    if not isinstance(net, Atom) or not isinstance(cast(Atom[Any], net).value, Net):
        hint = "; make a cell of the snapshot: net = atom(snapshot)" if isinstance(net, Net) else ""
        raise OptionError(f"train takes the cell of a network (from mlp or neural_net), not {net!r}{hint}")


def check_process(blas_threads: Any, switch_interval: Any) -> None:
    """Raise an OptionError unless these may be asked of a process."""
    if blas_threads is not None:
        check_count("blas_threads", blas_threads, 1)
    number = isinstance(switch_interval, (int, float)) and not isinstance(switch_interval, bool)
    if switch_interval is not None and not (number and 0 < switch_interval <= 1):
        raise OptionError(f"switch_interval must be in (0, 1] seconds, not {switch_interval!r}")
