"""
Constructor signatures of attrs classes for the API pages.

Griffe, which reads the sources for mkdocstrings, knows the constructors of dataclasses but not those that attrs
makes. This extension writes them in, so that ``Backprop(learning_rate: float = 0.1, ...)`` shows on its page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import griffe

DECORATORS = {"attrs.frozen", "attrs.define", "attrs.mutable", "attr.s"}
FIELDS = {"attrs.field", "attr.ib"}


class AttrsSignatures(griffe.Extension):
    """
    Give every attrs class of a package the ``__init__`` that attrs will make.
    """

    def on_package(self, *, pkg: griffe.Module, **kwargs: Any) -> None:
        for class_ in _classes(pkg):
            if _is_attrs(class_) and "__init__" not in class_.members:
                class_.set_member("__init__", _init(class_))


def _classes(parent: griffe.Module | griffe.Class) -> Iterator[griffe.Class]:
    for member in list(parent.members.values()):
        if member.is_alias:
            continue
        if isinstance(member, griffe.Class):
            yield member
        if isinstance(member, griffe.Module | griffe.Class):
            yield from _classes(member)


def _is_attrs(class_: griffe.Class) -> bool:
    return any(_path(decorator.value) in DECORATORS for decorator in class_.decorators)


def _path(expression: Any) -> str:
    return getattr(expression, "canonical_path", "")


def _init(class_: griffe.Class) -> griffe.Function:
    try:
        family = [*reversed(class_.mro()), class_]
    except ValueError:  # a base that could not be read; the class itself still can
        family = [class_]
    fields = {field.name: field for member in family if _is_attrs(member) for field in _fields(member)}
    this = griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)
    keyword = griffe.ParameterKind.keyword_only
    parameters = griffe.Parameters(this, *sorted(fields.values(), key=lambda field: field.kind is keyword))
    return griffe.Function(
        "__init__", lineno=0, endlineno=0, parent=class_, parameters=parameters, returns="None"
    )


def _fields(class_: griffe.Class) -> Iterator[griffe.Parameter]:
    all_keyword = any(_arguments(decorator.value).get("kw_only") == "True" for decorator in class_.decorators)
    for attribute in class_.members.values():
        if not isinstance(attribute, griffe.Attribute) or attribute.annotation is None:
            continue
        if "instance-attribute" not in attribute.labels or "property" in attribute.labels:
            continue
        options = _arguments(attribute.value) if _path(attribute.value) in FIELDS else None
        if options is not None and str(options.get("init")) == "False":
            continue
        keyword = all_keyword or str((options or {}).get("kw_only")) == "True"
        yield griffe.Parameter(
            str((options or {}).get("alias", attribute.name)).strip("\"'").lstrip("_"),
            annotation=attribute.annotation,
            kind=griffe.ParameterKind.keyword_only if keyword else griffe.ParameterKind.positional_or_keyword,
            default=attribute.value if options is None else _default(options),
        )


def _default(options: dict[str, Any]) -> Any:
    if "factory" in options:
        return griffe.ExprCall(options["factory"], [])
    return options.get("default")


def _arguments(expression: Any) -> dict[str, Any]:
    if not isinstance(expression, griffe.ExprCall):
        return {}
    return {a.name: a.value for a in expression.arguments if isinstance(a, griffe.ExprKeyword)}
