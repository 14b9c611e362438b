"""The grammar of the command line, with a help that teaches."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from .evaluate import evaluate_command
from .info import info_command, version_text
from .train import train_command

EXAMPLES = """\
examples:
  synapse-rx train                                  digits, 64-100-10, with a live display
  synapse-rx train --data mnist --plot mnist.png    the MNIST files from SYNAPSE_RX_DATA or downloaded once
  synapse-rx train --algorithm adam --learning-rate 0.003 --hidden 200 100
  synapse-rx evaluate --runs 5                      the same network from five seeds: mean and spread, confusions
  synapse-rx info                                   versions, backends and why not, BLAS, threads
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser; what it parsed has ``command``, a function that takes it and returns an exit status."""
    top = argparse.ArgumentParser(
        prog="synapse-rx",
        description="Train neural networks as values in observable cells.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"synapse-rx {version_text()}")
    _traceback_option(top, default=False)
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    train = _command(
        commands,
        "train",
        train_command,
        "train a network and test it on samples it has not seen",
        "Ctrl-C stops gracefully: what was learnt so far is kept, tested and drawn. A second Ctrl-C leaves at once.",
    )
    _network_options(train)
    train.add_argument("--plot", metavar="FILE", help="draw the learning curve into FILE (.png, .svg, .pdf)")
    train.add_argument("--quiet", action="store_true", help="no display, only the result")

    evaluate = _command(
        commands,
        "evaluate",
        evaluate_command,
        "train a network from several seeds and report in detail",
        "Prints the mean and the spread of the test errors, and of the last run a report for each class and the "
        "confusion matrix.",
    )
    _network_options(evaluate)
    evaluate.add_argument("--runs", type=int, default=3, metavar="N", help="seeds to train from (default: 3)")

    _command(
        commands,
        "info",
        info_command,
        "versions, backends and why not, BLAS, threads, data",
        "One line each; never fails because something is missing.",
    )
    return top


def _command(
    commands: Any,
    name: str,
    command: Callable[[argparse.Namespace], int],
    summary: str,
    more: str,
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=f"{summary[0].upper()}{summary[1:]}. {more}"
    )
    made.set_defaults(command=command)
    _traceback_option(
        made, default=argparse.SUPPRESS
    )  # here, too: what stands before the command counts as well
    return made


def _traceback_option(where: argparse.ArgumentParser, *, default: Any) -> None:
    where.add_argument(
        "--traceback", action="store_true", default=default, help="show where an error came from"
    )


def _network_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--data", default="digits", metavar="NAME", help="digits, mnist or mnist10k (default: digits)")
    add(
        "--hidden",
        type=int,
        nargs="*",
        default=[100],
        metavar="UNITS",
        help="sizes of hidden layers (default: 100)",
    )
    add("--activation", default="sigmoid", metavar="NAME", help="of hidden layers (default: sigmoid)")
    add("--output", default="softmax", metavar="NAME", help="activation of the outputs (default: softmax)")
    add("--epochs", type=int, metavar="N", help="complete epochs (default: 30 for digits, else 20)")
    add("--batch", type=int, metavar="N", help="samples in a batch (default: the data set's)")
    add(
        "--shuffle",
        choices=("once", "epoch"),
        default="epoch",
        help="once, or anew every epoch (default: epoch)",
    )
    add(
        "--algorithm",
        default="backprop",
        metavar="NAME",
        help="backprop, adam, rprop, ... (default: backprop)",
    )
    add(
        "--learning-rate",
        type=float,
        metavar="RATE",
        help="(default: 0.1 for backprop, 0.3 for MNIST with it; the algorithm's)",
    )
    add("--momentum", type=float, metavar="SHARE", help="(default: 0.9 for backprop, else the algorithm's)")
    add("--nesterov", action="store_true", help="look ahead before taking the gradient")
    add("--seed", type=int, default=0, metavar="N", help="where all randomness starts (default: 0)")
    add("--backend", metavar="NAME", help="numpy or auto (default: SYNAPSE_RX_BACKEND, else auto)")
