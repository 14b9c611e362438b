"""
Descriptions: frozen values that say what to build, by name or by instance, to and from plain data.

A *family* is a direct subclass of `Described` (``Activation``, ``Loss``, ``Algorithm``, ``Layer``, ...);
its members are frozen attrs classes. A member's name is the snake case of its class, so defining the class is all
it takes to add one: there is no registry to keep.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any, ClassVar, Self, TypeVar

import attrs

from .errors import OptionError, SynapseError, UnknownNameError
from .typing import Data

T = TypeVar("T", bound="Described")

ELSEWHERE = ("synapse_rx.detection", "synapse_rx.energy", "synapse_rx.graph")
"""Modules with members of families, or families, further up, imported when a name is asked for that nobody else has."""


class Described:
    """
    Base of everything that is described by a frozen value.

    Both spellings work wherever a description is taken: a name with options or the instance itself, so members
    convert their fields with ``converter=Family.of``.
    """

    __slots__ = ()

    kind: ClassVar[str]
    """The name: snake case of the class unless the class says otherwise."""

    aliases: ClassVar[tuple[str, ...]] = ()
    """Other names users know it by."""

    function_field: ClassVar[str | None] = None
    """For a member that is made of a function, the option a function becomes that stands in place of a description."""

    @property
    def words(self) -> str | None:
        """What to say of it in brief where its options would be too long; None for its options."""
        return None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "kind" not in cls.__dict__:
            cls.kind = snake_case(cls.__name__)
        if "aliases" not in cls.__dict__:
            cls.aliases = ()

    @classmethod
    def of(cls, value: Any, /, **options: Any) -> Self:
        """
        Return the description meant by ``value``.

        Args:
            value: An instance (returned as it is), a name, the plain data `to_data` made, or a function, in families
                with a member that is made of one.
            **options: The member's fields, for a name or a function.

        Raises:
            UnknownNameError: If no member of this family has that name.
            OptionError: If an option is unknown or stands beside what is no name, or ``value`` is none of these.
        """
        if isinstance(value, str):
            return cls.member(value).checked(**options)
        if options and isinstance(value, (cls, Mapping)):
            raise OptionError(
                f"{value!r} is complete; give its options inside it, not beside it: {', '.join(options)}"
            )
        if isinstance(value, cls):
            return value
        if isinstance(value, Mapping) and isinstance(value.get("kind"), str):
            fields: dict[str, Any] = {str(k): v for k, v in value.items() if k != "kind"}
            return cls.member(value["kind"]).checked(**fields)
        if callable(value) and not isinstance(value, (Described, type)):
            for member in cls.members():
                if member.function_field is not None:
                    return member.checked(**{member.function_field: value}, **options)
        raise OptionError(
            f"{snake_case(cls.__name__)} takes a name, {a(cls.__name__)} or its plain data, not {value!r}"
        )

    @classmethod
    def member(cls, name: str) -> type[Self]:
        """Return the class in this family that answers to ``name`` (spelled with ``_``, ``-`` or spaces)."""
        wanted = normal_name(name)
        found = [member for member in cls.members() if wanted in (member.kind, *member.aliases)]
        if not found:
            import_elsewhere()
            found = [member for member in cls.members() if wanted in (member.kind, *member.aliases)]
        if not found:
            known = [name for member in cls.members() for name in (member.kind, *member.aliases)]
            raise UnknownNameError.of(snake_case(cls.__name__).replace("_", " "), name, known)
        return found[-1]  # the latest definition wins, so a class can be redefined in a REPL

    @classmethod
    def members(cls) -> Iterator[type[Self]]:
        """Yield every concrete class of this family, in the order of definition."""
        for child in cls.__subclasses__():
            yield from child.members()
        if "__attrs_attrs__" in cls.__dict__ and not inspect.isabstract(cls):
            yield cls

    @classmethod
    def checked(cls, **options: Any) -> Self:
        """Construct from ``options``, turning an unknown or missing one into an error that teaches."""
        names = {field.alias: field for field in attrs.fields(cls) if field.init}
        for name in options:
            if name not in names:
                raise OptionError(f"{cls.kind} has no option {name!r}{_hint(name, names)}")
        missing = [n for n, f in names.items() if f.default is attrs.NOTHING and n not in options]
        if missing:
            raise OptionError(f"{cls.kind} needs {', '.join(missing)}")
        return cls(**options)

    def to_data(self) -> dict[str, Data]:
        """Return this description as plain data (what JSON holds); `of` turns it back."""
        fields = attrs.fields(type(self))
        return {"kind": self.kind} | {f.alias: plain(getattr(self, f.name)) for f in fields if f.init}


def import_elsewhere() -> None:
    """Import the modules with descriptions that nothing below them imports."""
    for module in ELSEWHERE:
        import_module(module)


def to_data(description: Described) -> dict[str, Data]:
    """Return a description as plain data: None, bool, int, float, str, lists and dicts only."""
    return description.to_data()


def from_data(family: type[T], data: Mapping[str, Data]) -> T:
    """
    Return the description of ``family`` that `to_data` turned into ``data``.

    Raises:
        UnknownNameError: If the kind is unknown.
        OptionError: If a field is unknown or its value is refused.
    """
    return family.of(data)


def plain(value: Any) -> Data:
    """Turn one field's value into plain data."""
    if isinstance(value, Described):
        return value.to_data()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise OptionError(f"{value!r} ({type(value).__name__}) has no plain form and cannot be written down")


def brief(description: Described) -> str:
    """Return what was asked for in a few words: ``Conv2D(10, 5, stride=2)``, without what is as by default."""
    if description.words is not None:
        return f"{type(description).__name__}({description.words})"
    words: list[str] = []
    named = False
    for one in attrs.fields(type(description)):
        if not one.init:
            continue
        value = _scalar(one, description)
        if one.default is not attrs.NOTHING and value == _default(one, description):
            named = True  # what follows a left out option is named
            continue
        words.append(f"{one.alias}={_word(value)}" if named or one.kw_only else _word(value))
    return f"{type(description).__name__}({', '.join(words)})"


def _scalar(one: attrs.Attribute[Any], description: Described) -> Any:
    """Return an option, as one number if that says the same as several equal ones: 3 for a kernel of (3, 3)."""
    value = getattr(description, one.name)
    if not (isinstance(value, tuple) and value and isinstance(value[0], int)):
        return value
    if any(item != value[0] for item in value):
        return value
    once: dict[str, Any] = {str(one.alias): value[0]}
    try:
        same = attrs.evolve(description, **once) == description
    except (SynapseError, TypeError):
        return value
    return value[0] if same else value


def _default(one: attrs.Attribute[Any], description: Described) -> Any:
    default: Any = one.default
    if isinstance(default, attrs.Factory):  # pyright: ignore[reportArgumentType]
        default = default.factory(description) if default.takes_self else default.factory()
    return one.converter(default) if callable(one.converter) else default


def _word(value: Any) -> str:
    if isinstance(value, Described):
        return repr(value.kind) if brief(value).endswith("()") else brief(value)
    if isinstance(value, tuple):
        items = [_word(item) for item in value]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    return repr(value)


def snake_case(name: str) -> str:
    """``SquaredError`` -> ``squared_error``, ``RMSprop`` -> ``rmsprop``, ``MaxPool2D`` -> ``max_pool2d``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", name).lower()


@lru_cache(maxsize=1024)
def normal_name(name: str) -> str:
    """Spell a name the way kinds are spelled: ``"Cross-Entropy"`` -> ``"cross_entropy"``."""
    return re.sub(r"[\s-]+", "_", name.strip()).lower()


def a(noun: str) -> str:
    """Put the indefinite article before ``noun``."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _hint(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(known) or 'none'}"
