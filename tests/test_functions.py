from __future__ import annotations

import sys
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import pytest

from synapse_rx.errors import OptionError
from synapse_rx.functions import name_of, resolved


def plain(x: Any) -> Any:
    return x


def _hidden(x: Any) -> Any:
    return x


alias = plain
unnamed = lambda x: x  # noqa: E731


class Holder:
    @staticmethod
    def inside(x: Any) -> Any:
        return x

    @property
    def trap(self) -> Any:
        raise AssertionError("executed")


@pytest.mark.parametrize("function", [plain, Holder.inside, np.tanh, np.add], ids=lambda f: f.__name__)
def test_a_function_is_found_by_its_name(function: Any) -> None:
    name = name_of(function, "it")

    assert resolved(name) is function


def test_names_say_where_a_function_stands() -> None:
    assert name_of(Holder.inside, "it") == f"{__name__}:Holder.inside"
    assert name_of(np.tanh, "it") == "numpy:tanh"


@pytest.mark.parametrize(
    "function", [unnamed, lambda x: x, _hidden, np.sum, abs, "text", Holder().inside.__call__]
)
def test_what_cannot_be_found_again_has_no_name(function: Any) -> None:
    with pytest.raises(
        OptionError, match=r"it holds .* cannot be written down; .* stands under its own name at the top"
    ):
        name_of(function, "it")


def test_a_function_of_the_main_program_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    function = FunctionType(plain.__code__, {"__name__": "__main__"})
    monkeypatch.setitem(vars(sys.modules["__main__"]), "plain", function)

    assert function.__module__ == "__main__"
    with pytest.raises(OptionError, match="not in __main__"):
        name_of(function, "it")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plain", "a function is named as 'module:name'"),
        ("tests.test_functions:", "a function is named as 'module:name'"),
        ("tests.test_functions:_hidden", "a function is named as 'module:name'"),
        ("_pickle:loads", "a function is named as 'module:name'"),
        ("a:b:c", "a function is named as 'module:name'"),
        ("a/b:c", "a function is named as 'module:name'"),
        ("builtins:eval", "of the standard library"),
        ("os.path:exists", "of the standard library"),
        ("pickle:loads", "of the standard library"),
        ("never.imported:f", "import never.imported before loading this"),
        (f"{__name__}:missing", "has no function of its own called 'missing'"),
        (f"{__name__}:alias", "has no function of its own called 'alias'"),
        (f"{__name__}:resolved", "has no function of its own called 'resolved'"),
        (f"{__name__}:unnamed", "has no function of its own called 'unnamed'"),
        (f"{__name__}:np.load", "has no function of its own called 'np.load'"),
        (f"{__name__}:Holder", "has no function of its own called 'Holder'"),
        (f"{__name__}:Holder.trap", "has no function of its own called 'Holder.trap'"),
        ("numpy:load", "has no function of its own called 'load'"),
        ("numpy:sum", "has no function of its own called 'sum'"),
    ],
)
def test_names_of_anything_else_are_refused(name: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        resolved(name)


def test_looking_a_name_up_executes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Module(ModuleType):
        def __getattribute__(self, name: str) -> Any:
            if name == "f":
                raise AssertionError("executed")
            return super().__getattribute__(name)

    class Meta(type):
        def __getattribute__(cls, name: str) -> Any:
            if name in ("f", "g"):
                raise AssertionError("executed")
            return super().__getattribute__(name)

    module = Module("a_module_with_traps")
    vars(module)["__getattr__"] = lambda name: pytest.fail("executed")
    vars(module)["Trap"] = Meta("Trap", (), {})
    monkeypatch.setitem(sys.modules, "a_module_with_traps", module)

    for name in ("f", "Trap.f", "Trap.f.g"):
        with pytest.raises(OptionError, match="has no function of its own"):
            resolved(f"a_module_with_traps:{name}")
    assert "never.imported" not in sys.modules
