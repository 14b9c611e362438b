"""The grammar of the command line, with a help that teaches."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from textwrap import fill
from typing import Any, NoReturn

from ..errors import UnknownNameError
from . import examples
from .convert import convert_command, export_command
from .evaluate import evaluate_command
from .info import info_command, version_text
from .predict import STANDARD_INPUT, predict_command
from .resume import resume_command
from .train import train_command

NETWORK = "a network: a file (.safetensors, .onnx, .keras, .h5) or a folder of checkpoints"


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """
    Return the options; ``command`` among them takes them all and returns an exit status.

    Raises:
        SystemExit: After --help and --version, and with status 2 where something is wrong.
    """
    options, unknown = parser().parse_known_args(arguments)
    if unknown:
        options.parser.refuse(unknown)
    return options


def parser() -> Parser:
    """Return the parser of the whole command line."""
    top = Parser(
        prog="synapse-rx",
        description="Train neural networks as values in observable cells.",
        epilog=examples.TOP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"synapse-rx {version_text()}")
    _traceback_option(top, default=False)
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _train(commands)
    _resume(commands)
    _evaluate(commands)
    _predict(commands)
    _export(commands)
    _convert(commands)
    _info(commands)
    return top


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line each and suggest what was meant."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2 and one line."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Exit because of words that mean nothing here."""
        word = unknown[0].partition("=")[0]
        if not word.startswith("-"):
            self.error(f"what is {word!r}? Values stand behind an option")
        options = set(re.findall(r"--[a-z-]+", self.format_usage()))
        self.error(str(UnknownNameError.of("option", word, options)))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            what = (action.metavar or action.dest) if isinstance(action.metavar, str) else action.dest
            raise argparse.ArgumentError(
                None, str(UnknownNameError.of(what.lower(), value, map(str, action.choices)))
            )


def _train(commands: Any) -> None:
    made = _command(
        commands,
        "train",
        train_command,
        "train a network and test it on samples it has not seen",
        "Ctrl-C stops gracefully: what was learnt so far is kept, tested and drawn, and the exit status is 130. "
        "A second Ctrl-C leaves at once.",
        examples.TRAIN,
    )
    _network_options(made)
    _result_options(made)
    _dashboard_options(made)
    made.add_argument(
        "--checkpoint", metavar="DIR", help="keep the newest snapshots and the best one in DIR meanwhile"
    )
    made.add_argument(
        "--resume",
        action="store_true",
        help="go on from the newest snapshot in the folder of --checkpoint, if there is one, till --epochs are reached "
        "in all; the network is that of the snapshot, whatever the other options say",
    )


def _resume(commands: Any) -> None:
    made = _command(
        commands,
        "resume",
        resume_command,
        "go on with a training as if it had never stopped",
        "The folder says what was learnt and how, so that the same line is enough however often it is interrupted. "
        "What is drawn and saved at the end is said anew.",
        examples.RESUME,
    )
    made.add_argument("folder", metavar="DIR", help="the folder that train --checkpoint writes to")
    made.add_argument("--epochs", type=int, metavar="N", help="complete epochs in all (default: as before)")
    made.add_argument(
        "--backend", metavar="NAME", help="numpy, cupy, cupy:1 (the second GPU), auto (default: as before)"
    )
    made.add_argument("--quiet", action="store_true", help="no display, only the result")
    _result_options(made)
    _dashboard_options(made)


def _evaluate(commands: Any) -> None:
    made = _command(
        commands,
        "evaluate",
        evaluate_command,
        "test a network in a file, or train one from several seeds, and report in detail",
        "With a file: tests the network in it on the test samples of --data. Without one it is the recipe that is "
        "evaluated: the network is trained anew from each seed and tested on samples it has not seen. Prints the mean "
        "and the spread of the test errors, and a report for each class and the confusion matrix (of the last run).",
        examples.EVALUATE,
    )
    made.add_argument("file", nargs="?", metavar="FILE", help=NETWORK)
    _network_options(made)
    made.add_argument("--runs", type=int, default=3, metavar="N", help="seeds to train from (default: 3)")


def _predict(commands: Any) -> None:
    made = _command(
        commands,
        "predict",
        predict_command,
        "answer samples with labels, or with values",
        "Samples are rows of comma-separated numbers, raw as the network learnt from them; answers are rows on "
        "standard output, written as they come, so that any number of them will do. They have a line with names if "
        "the samples have one. A row that will not do ends it; the message names its line, and those before are "
        "answered.",
        examples.PREDICT,
    )
    made.add_argument("file", metavar="FILE", help=NETWORK)
    made.add_argument(
        "samples",
        nargs="?",
        default=STANDARD_INPUT,
        metavar="CSV",
        help="the samples (default: standard input)",
    )
    made.add_argument("--probabilities", action="store_true", help="beside the label that of each class")
    made.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="the first line names the columns, or does not (default: it does if no cell of it is a number)",
    )


def _export(commands: Any) -> None:
    made = _command(
        commands,
        "export",
        export_command,
        "write a network for other programs",
        "The ONNX graph takes raw samples, any number at a time, and answers as the network does.",
        examples.EXPORT,
    )
    made.add_argument("file", metavar="FILE", help=NETWORK)
    made.add_argument("--onnx", required=True, metavar="OUT", help="the file to write (.onnx)")


def _convert(commands: Any) -> None:
    made = _command(
        commands,
        "convert",
        convert_command,
        "write a network in another format",
        "The names of the files say which: it reads .safetensors, .onnx, .keras and .h5 (and the newest snapshot in a "
        "folder of checkpoints), and writes .safetensors and .onnx.",
        examples.CONVERT,
    )
    made.add_argument("source", metavar="IN", help=NETWORK)
    made.add_argument("target", metavar="OUT", help="the file to write")


def _info(commands: Any) -> None:
    made = _command(
        commands,
        "info",
        info_command,
        "versions, backends and why not, BLAS, threads, data; or what is in a file",
        "One line each, with the command that installs what is missing. Never fails because something is. Of a file: "
        "the layers of the network in it, how it was trained, and how far.",
        examples.INFO,
    )
    made.add_argument("file", nargs="?", metavar="FILE", help=NETWORK)
    made.add_argument(
        "--warm", action="store_true", help="compile kernels ahead and keep them, so that no training has to"
    )


def _command(
    commands: Any,
    name: str,
    command: Callable[[argparse.Namespace], int],
    summary: str,
    more: str,
    examples: str,
) -> Parser:
    made: Parser = commands.add_parser(
        name,
        help=summary,
        description=fill(f"{summary[0].upper()}{summary[1:]}. {more}", 78),
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.set_defaults(command=command, parser=made)
    # What stands before the command counts as well, hence no default here.
    _traceback_option(made, default=argparse.SUPPRESS)
    return made


def _traceback_option(where: Parser, *, default: Any) -> None:
    where.add_argument(
        "--traceback", action="store_true", default=default, help="show where an error came from"
    )


def _result_options(command: Parser) -> None:
    command.add_argument(
        "--plot", metavar="FILE", help="draw the learning curve into FILE (.png, .svg, .pdf)"
    )
    command.add_argument(
        "--save", metavar="FILE", help="write the network into FILE (.safetensors) at the end"
    )


def _dashboard_options(command: Parser) -> None:
    command.add_argument(
        "--dashboard",
        action="store_true",
        help="show the training in the browser and let it be steered there; the address is told at the beginning",
    )
    command.add_argument(
        "--port", type=int, metavar="N", help="port of the dashboard (default: any that is free)"
    )
    command.add_argument(
        "--stay",
        action=argparse.BooleanOptionalAction,
        help="serve the dashboard after the training, too, until Ctrl-C, or do not (default: on a terminal)",
    )


def _network_options(command: Parser) -> None:
    def add(name: str, metavar: str | None, help: str, **how: Any) -> None:
        named = {} if metavar is None else {"metavar": metavar}
        command.add_argument(name, help=help, **named, **how)

    add("--data", "NAME", "digits, mnist or mnist10k (default: digits)", default="digits")
    add(
        "--hidden",
        "UNITS",
        "sizes of hidden layers, such as 200,100; none: no hidden layer (default: 100)",
        nargs="*",
        action="extend",
        type=_sizes,
    )
    add("--activation", "NAME", "of hidden layers (default: sigmoid)", default="sigmoid")
    add("--output", "NAME", "activation of the outputs (default: softmax)", default="softmax")
    add("--epochs", "N", "complete epochs (default: 30 for digits, else 20)", type=int)
    add("--batch", "N", "samples in a batch (default: the data set's)", type=int)
    add(
        "--shuffle",
        None,
        "once, anew every epoch, or never (default: epoch)",
        choices=("once", "epoch", "never"),
        default="epoch",
    )
    add("--algorithm", "NAME", "backprop, adam, rprop, ... (default: backprop)", default="backprop")
    add(
        "--learning-rate",
        "RATE",
        "(default: of backprop 0.1 for digits, else 0.3; of others their own)",
        type=float,
    )
    add("--momentum", "SHARE", "(default: of backprop 0.9; of others their own)", type=float)
    add("--nesterov", None, "look ahead before taking the gradient", action="store_true")
    add("--seed", "N", "where all randomness starts (default: 0)", type=int, default=0)
    add(
        "--backend",
        "NAME",
        "numpy, cupy, cupy:1 (the second GPU) or auto (default: SYNAPSE_RX_BACKEND, else numpy)",
    )
    add("--quiet", None, "no display, only the result", action="store_true")


def _sizes(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise argparse.ArgumentTypeError(f"sizes are whole numbers such as 200,100, not {text!r}") from None
