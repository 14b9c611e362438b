"""``synapse-rx convert`` and ``synapse-rx export``."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ..errors import OptionError
from .networks import check_target, read_network, write_network
from .status import DONE


def convert_command(options: Namespace) -> int:
    """Read a network from one file and write it to another, each in the format that its name says."""
    check_target(options.target)
    write_network(read_network(options.source), options.target)
    print(f"saved: {Path(options.target).resolve()}")
    return DONE


def export_command(options: Namespace) -> int:
    """Write the network in a file as an ONNX graph."""
    if Path(options.onnx).suffix.lower() != ".onnx":
        raise OptionError(f"--onnx takes the name of a file that ends in .onnx, not {options.onnx!r}")
    return convert_command(Namespace(source=options.file, target=options.onnx))
