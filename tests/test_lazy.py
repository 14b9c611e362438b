"""Public names are there when they are asked for, and cost nothing before."""

from __future__ import annotations

import subprocess
import sys

import pytest

import synapse_rx as sx

LATE = "import sys, synapse_rx; print([name for name in ('numpy', 'reactivex', 'asyncio') if name in sys.modules])"


def test_importing_the_package_imports_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    assert {"mlp", "train", "errors", "Atom"} <= set(sx.__all__)
    for name in sx.__all__:
        assert getattr(sx, name) is not None


def test_names_are_listed_before_they_are_imported() -> None:
    assert set(sx.__all__) <= set(dir(sx))


def test_a_name_is_imported_once() -> None:
    assert sx.Dense is sx.Dense
    assert vars(sx)["Dense"] is sx.Dense


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'synapse_rx' has no attribute 'tensor'"):
        sx.tensor  # noqa: B018


def test_a_star_brings_all_of_them() -> None:
    names: dict[str, object] = {}

    exec("from synapse_rx import *", names)

    assert set(sx.__all__) <= set(names)


def test_an_unknown_name_says_what_it_was_looked_for_in_so_that_python_can_suggest() -> None:
    with pytest.raises(AttributeError) as caught:
        sx.trian  # noqa: B018

    assert (caught.value.name, caught.value.obj) == ("trian", sx)
