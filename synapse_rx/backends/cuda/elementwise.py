"""
Loops over numbers in Python, said in CUDA C++.

What numba compiles for the CPU (`synapse_rx.fast`) is one loop over the numbers of some vectors, written in a small
part of Python. That very text becomes the kernel for a GPU, with a thread in place of each turn of the loop, so that
no update is described twice.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from typing import Any

from ...fast import Kernel

FUNCTIONS = {"sign": "sign_of", "sqrt": "sqrt", "exp": "exp", "log": "log", "abs": "size_of"}
"""Functions of numpy that kernels may call, and what they are called in `PRELUDE` or CUDA."""

BUILTINS = {"max": "larger", "min": "smaller", "abs": "size_of"}

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.And: "&&",
    ast.Or: "||",
    ast.Not: "!",
    ast.USub: "-",
}

PRELUDE = """
// As in Python: of two the first, unless the second is larger (smaller). CUDA's own would drop what is not a number.
__device__ real larger(real a, real b) { return b > a ? b : a; }
__device__ real smaller(real a, real b) { return b < a ? b : a; }
__device__ real size_of(real a) { return a < real(0) ? -a : a; }
__device__ real sign_of(real a) { return a > real(0) ? real(1) : a < real(0) ? real(-1) : a; }
"""

KEYWORDS = frozenset(
    "auto case char const default double enum int long real register short signed switch void".split()
)
"""Names that may stand in Python and mean something else in C++."""


class Untranslatable(ValueError):
    """
    A kernel says something that has no translation; it is computed by its reference.
    """


TABLE = 12
"""Numbers in a row of a table of steps."""


@cache
def translated(kernel: Kernel, places: tuple[int, ...] | None = None) -> str:
    """
    Return ``kernel`` in CUDA C++, for a type ``real`` that is still to be defined.

    Its arrays come first, then numbers and flags, then how many numbers an array has: ``long long n``.

    Args:
        kernel: A function of arrays, numbers and flags, by its annotations, that is one loop over the size of an array.
        places: For each number or flag, where it stands in the row ``at[1]`` of a table that lies on the device; the
            kernel then takes ``const real* table, const long long* at`` in their place.

    Raises:
        Untranslatable: If it is something else, or its text cannot be had.
    """
    try:
        text = textwrap.dedent(inspect.getsource(kernel))
    except (OSError, TypeError) as error:
        raise Untranslatable(f"the text of {kernel!r} cannot be had: {error}") from None
    function = ast.parse(text).body[0]
    if not isinstance(function, ast.FunctionDef):
        raise Untranslatable(f"{kernel!r} is not defined by def")
    return _Translator(function, places).text


def kinds(kernel: Kernel) -> tuple[str, ...]:
    """Return what the kernel's arguments are, "Array", "float" or "bool", in their order; arrays come first."""
    return tuple(kernel.__annotations__[name] for name in inspect.signature(kernel).parameters)


class _Translator:
    """Makes the text of one kernel."""

    def __init__(self, function: ast.FunctionDef, places: tuple[int, ...] | None) -> None:
        self._kinds = {one.arg: _kind(one) for one in function.args.args}
        *_, loop = function.body
        if not (isinstance(loop, ast.For) and isinstance(loop.target, ast.Name) and self._is_over_size(loop)):
            raise Untranslatable(f"{function.name} is not one loop over the size of an array")
        if any(not isinstance(before, ast.Expr) for before in function.body[:-1]):
            raise Untranslatable(f"{function.name} does something before its loop")
        self._index = loop.target.id
        self._locals: dict[str, None] = {}
        body = self._block(loop.body, "    ")
        said = {_named(name): _TYPES[kind] for name, kind in self._kinds.items()}
        read = ""
        if places is not None:
            numbers = [name for name, kind in said.items() if kind != "real*"]
            for name, place in zip(numbers, places, strict=True):
                flag = " > real(0)" if said[name] == "int" else ""
                read += f"    const {said.pop(name)} {name} = table[at[1] * {TABLE} + {place}]{flag};\n"
            said |= {"table": "const real*", "at": "const long long*"}
        parameters = ", ".join(f"{kind} {name}" for name, kind in said.items())
        made = f"    real {', '.join(self._locals)};\n" if self._locals else ""
        self.text = (
            f'{PRELUDE}\nextern "C" __global__ void {function.name}({parameters}, long long n) {{\n'
            f"    const long long {self._index} = (long long)blockIdx.x * blockDim.x + threadIdx.x;\n"
            f"    if ({self._index} >= n) return;\n{read}{made}{body}}}\n"
        )

    def _is_over_size(self, loop: ast.For) -> bool:
        found = ast.unparse(loop.iter)
        return any(found == f"range({name}.size)" for name, kind in self._kinds.items() if kind == "Array")

    def _block(self, statements: list[ast.stmt], indent: str) -> str:
        return "".join(self._statement(one, indent) for one in statements)

    def _statement(self, one: ast.stmt, indent: str) -> str:
        match one:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                names = {target.id for target in targets if isinstance(target, ast.Name)}
                read = {node.id for value in values for node in ast.walk(value) if isinstance(node, ast.Name)}
                if names & read or len(names) < len(targets):
                    raise Untranslatable(f"values are exchanged: {ast.unparse(one)}")
                pairs = zip(targets, values, strict=True)
                return "".join(f"{indent}{self._target(t)} = {self._value(v)};\n" for t, v in pairs)
            case ast.Assign(targets=[target], value=value):
                said = self._value(value)
                return f"{indent}{self._target(target)} = {said};\n"
            case ast.AugAssign(target=target, op=op, value=value):
                return f"{indent}{self._target(target)} {_operator(op)}= {self._value(value)};\n"
            case ast.If(test=test, body=body, orelse=orelse):
                text = f"{indent}if ({self._value(test)}) {{\n{self._block(body, indent + '    ')}{indent}}}"
                other = f" else {{\n{self._block(orelse, indent + '    ')}{indent}}}" if orelse else ""
                return f"{text}{other}\n"
        raise Untranslatable(f"no kernel on a GPU says: {ast.unparse(one)}")

    def _target(self, target: ast.expr) -> str:
        if isinstance(target, ast.Name) and target.id not in self._kinds:
            self._locals[_named(target.id)] = None
            return target.id
        if isinstance(target, ast.Subscript):
            return self._value(target)
        raise Untranslatable(f"nothing is written to {ast.unparse(target)}")

    def _value(self, value: Any) -> str:
        match value:
            case ast.Name(id=name) if name in self._locals or self._kinds.get(name) in ("float", "bool"):
                return name
            case ast.Constant(value=bool(said)):
                return str(int(said))
            case ast.Constant(value=int(number)):
                return f"real({number})"
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Name(id=index)) if (
                self._kinds.get(name) == "Array" and index == self._index
            ):
                return f"{name}[{index}]"
            case ast.BinOp(left=left, op=op, right=right):
                return f"({self._value(left)} {_operator(op)} {self._value(right)})"
            case ast.UnaryOp(op=op, operand=operand):
                return f"({_operator(op)}{self._value(operand)})"
            case ast.BoolOp(op=op, values=values):
                return f"({f' {_operator(op)} '.join(map(self._value, values))})"
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return f"({self._value(left)} {_operator(op)} {self._value(right)})"
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return f"({self._value(test)} ? {self._value(body)} : {self._value(orelse)})"
            case ast.Call(func=function, args=args, keywords=[]):
                return f"{_called(function)}({', '.join(map(self._value, args))})"
        raise Untranslatable(f"no kernel on a GPU says: {ast.unparse(value)}")


_TYPES = {"Array": "real*", "float": "real", "bool": "int"}


def _kind(one: ast.arg) -> str:
    said = "" if one.annotation is None else ast.unparse(one.annotation)
    if said not in _TYPES:
        raise Untranslatable(f"{one.arg} is no Array, float or bool but {said or 'anything'}")
    return said


def _named(name: str) -> str:
    if name in KEYWORDS or name == "n":
        raise Untranslatable(f"{name} means something else in CUDA")
    return name


def _operator(op: ast.AST) -> str:
    if type(op) not in OPERATORS:
        raise Untranslatable(f"no kernel on a GPU knows {type(op).__name__}")
    return OPERATORS[type(op)]


def _called(function: ast.expr) -> str:
    match function:
        case ast.Attribute(value=ast.Name(id="np"), attr=name) if name in FUNCTIONS:
            return FUNCTIONS[name]
        case ast.Name(id=name) if name in BUILTINS:
            return BUILTINS[name]
    raise Untranslatable(f"no kernel on a GPU calls {ast.unparse(function)}")
