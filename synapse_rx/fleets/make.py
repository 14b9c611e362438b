"""Make a fleet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..data.options import check_count
from ..errors import OptionError, UnknownNameError
from ..trainer.workers import cores
from .engine import Engine, Settings
from .fleet import Fleet

ENGINES = ("dask", "local", "ray")


def fleet(
    engine: str | Engine = "local",
    *,
    processes: int | None = None,
    threads: int | None = None,
    rate: float = 20.0,
    checkpoint_seconds: float = 1.0,
    share: float = 0.2,
    snapshots: bool = False,
    heartbeat: float = 10.0,
    replace: bool = True,
    imports: Sequence[str] = (),
    **options: Any,
) -> Fleet:
    """
    Make a fleet of worker processes that train many networks.

        async with sx.fleet("local", processes=2) as fleet:
            runs = [fleet.train(net, data, 20) for net in nets]
            snapshots = await asyncio.gather(*runs)

    In plain code ``with`` does the same. ``sx.population(nets, train=fleet.train)`` trains a population on it.

    Args:
        engine: "local": processes on this machine; "ray" or "dask", which may be on many (extras of these names); or an
            `Engine`.
        processes: How many workers to begin with; None for one for each core of this machine.
        threads: How many trainings compute at once in each; None for its share of the cores.
        rate: How often a second each network is told of at most.
        checkpoint_seconds: Seconds between two snapshots of a network at least, for going on after a worker is lost.
        share: Of a worker's time, how much telling of networks may take. Where it would take more, since there are many
            whose epochs take a millisecond or less, each is told of less often than ``rate`` says; nothing is left out
            of histories.
        snapshots: Whether parameters come with everything that is published, rather than with checkpoints.
        heartbeat: Seconds of silence after which a worker is taken for lost, and ended.
        replace: Whether another worker is started for one that is lost.
        imports: Modules with layers, losses or functions of your own, which workers import.
        **options: What the engine takes, see `RayEngine` and `DaskEngine`.

    Raises:
        UnknownNameError: If there is no such engine.
        OptionError: If an option is out of range, or unknown to the engine.
        MissingExtraError: If the engine's package is not installed.
    """
    made = _engine(engine, options)
    number = cores() if processes is None else check_count("processes", processes, 1)
    each = max(1, cores() // number) if threads is None else check_count("threads", threads, 1)
    for name, value in (("rate", rate), ("checkpoint_seconds", checkpoint_seconds), ("heartbeat", heartbeat)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise OptionError(f"{name} must be a number > 0, not {value!r}")
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise OptionError(f"share is a part of a worker's time, > 0 and <= 1, not {share!r}")
    if isinstance(imports, str):
        raise OptionError(f"imports takes a list of modules, such as [{imports!r}]")
    settings = Settings(
        float(rate), float(checkpoint_seconds), min(1.0, heartbeat / 4), each, tuple(imports), float(share)
    )
    return Fleet(
        made, settings, number, heartbeat=float(heartbeat), snapshots=bool(snapshots), replace=bool(replace)
    )


def _engine(engine: Any, options: dict[str, Any]) -> Engine:
    if not isinstance(engine, str):
        if options:
            raise OptionError(f"{next(iter(options))}= is for an engine that is named; give it to yours")
        return engine
    try:
        if engine == "local":
            from .local_engine import LocalEngine

            return LocalEngine(**options)
        if engine == "ray":
            from .ray_engine import RayEngine

            return RayEngine(**options)
        if engine == "dask":
            from .dask_engine import DaskEngine

            return DaskEngine(**options)
    except TypeError as error:
        raise OptionError(f"the engine {engine!r} does not take these options: {error}") from None
    raise UnknownNameError.of("engine", engine, ENGINES)
