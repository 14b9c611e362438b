"""What the dashboard says it tells, held to the letter: a field that is not described is an error here."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import pytest

from synapse_rx.dashboards.reports import schema_text

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")


@lru_cache
def strict(name: str) -> Any:
    """
    Return a validator of one kind of answer that refuses what readers are only asked to pass over.
    """
    schema = json.loads(schema_text())
    _close(schema["$defs"])
    kind = jsonschema.Draft202012Validator
    kind.check_schema(schema)
    return kind({**schema, "$ref": f"#/$defs/{name}"})


def checked(data: Any, name: str = "message") -> Any:
    """
    Return ``data`` if it is what the schema calls ``name``.
    """
    strict(name).validate(data)
    return data


def _close(part: Any) -> None:
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict):
            part["additionalProperties"] = False
        for value in part.values():
            _close(value)


def page() -> str:
    """
    Return the tables of the documentation, which say what the schema says.
    """
    schema = json.loads(schema_text())
    return "\n".join(_section(name, part) for name, part in schema["$defs"].items())


def _section(name: str, part: Any) -> str:
    rows = [
        f"| `{field}`{_sometimes(field, part)} | {_kind(about)} | {_meaning(about, part)} |"
        for field, about in part["properties"].items()
    ]
    return "\n".join(
        [f"### {name}\n", f"{part['description']}\n", "| field | type | |", "|---|---|---|", *rows, ""]
    )


def _sometimes(field: str, part: Any) -> str:
    return "" if field in part["required"] else ", not always"


def _kind(about: Any) -> str:
    if "$ref" in about:
        return f"[{about['$ref'].rpartition('/')[2]}](#{about['$ref'].rpartition('/')[2]})"
    if "items" in about:
        return f"list of {_kind(about['items'])}"
    inner = about.get("additionalProperties")
    if isinstance(inner, dict) and "$ref" in inner:
        return f"object of {_kind(inner)}"
    kinds = [about["type"]] if isinstance(about["type"], str) else about["type"]
    return " or ".join(kinds)


def _meaning(about: Any, part: Any) -> str:
    meaning = about.get("description", part["description"])
    return f"{meaning} One of {', '.join(about['enum'])}." if "enum" in about else meaning
