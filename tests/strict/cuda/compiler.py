"""Sources of kernels, compiled for the CPU by a C++ compiler."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from pathlib import Path

SHIM = Path(__file__).parent / "shim.h"
FLAGS = (
    *("-O1", "-std=c++17", "-ffp-contract=off", "-w", "-U_FORTIFY_SOURCE", "-fno-exceptions"),
    *("-fPIC", "-shared"),
)

BOUNDS = r"(?:__launch_bounds__\([^)]*\) )?"
"""What a kernel may say about its launches."""

Parameter = tuple[str, bool]
"""The C type of a parameter, and whether it is a pointer to such."""


class Failed(Exception):
    """
    A source does not compile.
    """


def compiler() -> str | None:
    """
    Return the C++ compiler of this machine.
    """
    return shutil.which(os.environ.get("CXX", "g++")) or shutil.which("clang++")


@cache
def parameters(source: str, name: str) -> tuple[Parameter, ...]:
    """
    Return what the kernel ``name`` takes, with types of the source's own replaced by what they stand for.
    """
    found = re.search(rf'extern "C" {BOUNDS}__global__ void {name}\(([^)]*)\)', source)
    assert found is not None, f"no kernel {name}"
    meant = {new: old for old, new in re.findall(r"typedef ([\w ]+) (\w+);", source)}
    made = []
    for one in found[1].split(","):
        words = one.replace("*", " * ").replace("const ", "").split()
        pointer = "*" in words
        kind = " ".join(word for word in words[:-1] if word != "*")
        made.append((meant.get(kind, kind), pointer))
    return tuple(made)


@cache
def emulated(source: str, name: str) -> Callable[..., int]:
    """
    Return what launches the kernel ``name`` of a source.
    """
    if source not in _libraries:
        build([source])
    return getattr(_libraries[source], f"emulate_{_digest(source)}_{name}")


def build(sources: Iterable[str]) -> None:
    """
    Compile sources together, which takes a second rather than one for each.
    """
    sources = list(sources)
    path = shared(f'#include "{SHIM}"\n' + "".join(map(_apart, sources)), SHIM.read_text())
    # One that keeps the interpreter's lock: the shim's threads are those of one launch.
    _libraries.update(dict.fromkeys(sources, ctypes.PyDLL(str(path))))


_libraries: dict[str, ctypes.PyDLL] = {}


def shared(text: str, included: str = "") -> Path:
    """
    Return the library that a text of C++ becomes, given what it includes; kept on disk for the next process.
    """
    folder = Path(tempfile.gettempdir(), f"synapse-rx-kernels-{os.getuid()}")
    path = folder / f"{_digest(included + text + ' '.join(FLAGS))}.so"
    folder.mkdir(exist_ok=True)
    with _alone(path.with_suffix(".lock")):  # processes that test side by side want the same
        if not path.exists():
            with tempfile.TemporaryDirectory(dir=folder) as place:
                _compile(text, Path(place, "kernels.cpp"), made := Path(place, path.name))
                made.replace(path)
    return path


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    from fcntl import LOCK_EX, flock  # not on Windows, where no kernel is run

    with path.open("w") as file:
        flock(file, LOCK_EX)
        yield


def _compile(text: str, source: Path, made: Path) -> None:
    source.write_text(text)
    command = compiler()
    assert command is not None
    done = subprocess.run([command, *FLAGS, "-o", made, source], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(done.stderr)


def _apart(source: str) -> str:
    """
    Return a source whose names are its own, with what launches its kernels.
    """
    names = re.findall(rf'extern "C" {BOUNDS}__global__ void (\w+)\(', source)
    own = source.replace('extern "C" ', "") + "".join(_wrapper(source, name) for name in names)
    over = "".join(f"#undef {name}\n" for name in re.findall(r"^#define (\w+)", source, re.MULTILINE))
    return f"namespace one_{_digest(source)} {{\n{own}}}\n{over}"


def _wrapper(source: str, name: str) -> str:
    kinds = enumerate(parameters(source, name))
    args = ", ".join(f"*({kind}{'*' if pointer else ''}*)args[{k}]" for k, (kind, pointer) in kinds)
    waits = "true" if "__syncthreads" in source else "false"
    return (
        f"static void call_{name}(void** args) {{ {name}({args}); }}\n"
        f'extern "C" int emulate_{_digest(source)}_{name}(void** args, const unsigned* sizes, int backwards) {{\n'
        f"    return launched(call_{name}, args, sizes, {waits}, backwards);\n}}\n"
    )


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=12).hexdigest()
