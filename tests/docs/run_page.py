"""
Run the Python blocks of one Markdown page, top to bottom, in one namespace: ``python run_page.py PAGE SHOWN_NAME``.

Prints a traceback whose lines are those of the page and exits with 1 at the first block that fails. A block may
``await``; all blocks of a page share one event loop, which runs only while one of them awaits (as in a REPL).

Without arguments it runs pages in processes of their own that have the library in memory already: for each line
``[page, shown name, folder, file of output]`` it says how that process ended.
"""

from __future__ import annotations

import ast
import asyncio
import doctest
import inspect
import json
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.docs.blocks import Block, blocks

OPTIONS = doctest.ELLIPSIS | doctest.REPORT_NDIFF


def main(page: Path, name: str) -> int:
    module = ModuleType("__main__")  # so that classes defined on a page are found by their module's name
    sys.modules["__main__"] = module
    with asyncio.Runner() as runner:
        for block in blocks(page):
            if block.notest is None and not _run(block, name, module.__dict__, runner):
                return 1
    return 0


def serve() -> None:
    """
    Run every page that a line asks for, in its folder, till there are no more lines.
    """
    from tests.nets import blobs, small_net, trained

    trained(small_net(), blobs())  # machine code is loaded once; no thread is begun
    for line in sys.stdin:
        page, name, folder, output = json.loads(line)
        child = os.fork()
        if not child:
            os.chdir(folder)
            for place, number in ((os.devnull, 0), (output, 1), (output, 2)):
                os.dup2(os.open(place, os.O_RDWR | os.O_CREAT | os.O_APPEND), number)
            sys.exit(main(Path(page), name))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _run(block: Block, name: str, namespace: dict[str, Any], runner: asyncio.Runner) -> bool:
    if block.has_prompts:
        return _compare(block, name, namespace)
    if block.is_python:
        return _execute(block, name, namespace, runner)
    return True


def _execute(block: Block, name: str, namespace: dict[str, Any], runner: asyncio.Runner) -> bool:
    source = "\n" * (block.line - 1) + block.code
    try:
        code = compile(source, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        if code.co_flags & inspect.CO_COROUTINE:
            runner.run(_awaited(code, namespace))
        else:
            exec(code, namespace)
    except BaseException as error:
        line = _line(error, name) or block.line
        traceback.print_exc()
        print(f"{name}:{line}: {type(error).__name__}: {error}", file=sys.stderr)
        return False
    return True


async def _awaited(code: Any, namespace: dict[str, Any]) -> None:
    await eval(code, namespace)


def _line(error: BaseException, name: str) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == name:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == name), None)


def _compare(block: Block, name: str, namespace: dict[str, Any]) -> bool:
    test = doctest.DocTestParser().get_doctest(block.code, namespace, name, name, block.line - 1)
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    runner.run(test, out=sys.stderr.write, clear_globs=False)
    namespace.update(test.globs)
    return not runner.failures


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]) if sys.argv[1:] else serve())
