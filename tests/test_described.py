from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.described import Described, a, brief, from_data, normal_name, plain, snake_case, to_data
from synapse_rx.errors import OptionError, SynapseError, UnknownNameError


class Shade(Described):
    """A family of two, made for these tests."""

    @abstractmethod
    def mix(self) -> None: ...


@frozen
class DarkRed(Shade):
    aliases: ClassVar[tuple[str, ...]] = ("maroon",)
    depth: float = 0.5
    names: tuple[str, ...] = field(default=(), converter=tuple)

    def mix(self) -> None: ...


@frozen
class Blend(Shade):
    kind: ClassVar[str] = "mixture"
    first: Shade = field(converter=Shade.of)
    _weight: int = field(default=1, kw_only=True)

    def mix(self) -> None: ...


class Other(Described):
    """Another family."""


@frozen
class Alien(Other):
    size: int = 0


shades = st.recursive(
    st.builds(DarkRed, st.floats(allow_nan=False), st.lists(st.text())),
    lambda inner: st.builds(Blend, inner, weight=st.integers()),
)


@given(shades)
def test_any_description_survives_the_way_to_json_and_back(shade: Shade) -> None:
    assert from_data(Shade, json.loads(json.dumps(to_data(shade)))) == shade


def test_a_name_an_instance_and_data_mean_the_same() -> None:
    wanted = DarkRed(depth=0.1)

    assert Shade.of("dark_red", depth=0.1) == wanted
    assert Shade.of(wanted) is wanted
    assert Shade.of({"kind": "dark_red", "depth": 0.1}) == wanted


@pytest.mark.parametrize("name", ["dark_red", "Dark Red", "DARK-RED", " maroon "])
def test_names_may_be_spelled_in_several_ways(name: str) -> None:
    assert Shade.of(name) == DarkRed()


def test_members_are_the_concrete_classes_of_one_family() -> None:
    assert list(Shade.members()) == [DarkRed, Blend]


def test_a_kind_is_the_class_in_snake_case_unless_it_says_otherwise() -> None:
    assert (DarkRed.kind, Blend.kind) == ("dark_red", "mixture")


def test_aliases_are_not_inherited() -> None:
    class Crimson(DarkRed):
        pass

    assert Crimson.aliases == ()


def test_descriptions_nest() -> None:
    assert Shade.of("mixture", first="maroon", weight=2).to_data() == {
        "kind": "mixture",
        "first": {"kind": "dark_red", "depth": 0.5, "names": []},
        "weight": 2,
    }


def test_the_latest_definition_of_a_name_wins() -> None:
    class Tone(Described):
        """A family redefined in a REPL."""

    def define(value: int) -> Any:
        @frozen
        class Low(Tone):
            x: int = value

        return Low

    first, second = define(1), define(2)

    assert type(Tone.of("low")) is second
    assert first.kind == second.kind


@pytest.mark.parametrize(
    ("value", "options", "message"),
    [
        ("dark_rde", {}, "unknown shade 'dark_rde'; did you mean 'dark_red'?"),
        ("xyz", {}, "unknown shade 'xyz'; known: dark_red, maroon, mixture"),
        ("dark_red", {"dept": 1}, "dark_red has no option 'dept'; did you mean 'depth'?"),
        ("dark_red", {"q": 1}, "dark_red has no option 'q'; it has depth, names"),
        ("mixture", {}, "mixture needs first"),
        (3, {}, "shade takes a name, a Shade or its plain data, not 3"),
        ({"depth": 1}, {}, "shade takes a name, a Shade or its plain data, not {'depth': 1}"),
        ({"kind": "alien"}, {}, "unknown shade 'alien'; known: dark_red, maroon, mixture"),
    ],
)
def test_a_mistake_is_answered_with_the_repair(value: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        Shade.of(value, **options)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    "value", [DarkRed(), {"kind": "dark_red"}, {"kind": "dark_red", "depth": 1}], ids=str
)
def test_what_is_complete_takes_no_options_beside_it(value: Any) -> None:
    with pytest.raises(OptionError, match="is complete; give its options inside it, not beside it: depth"):
        Shade.of(value, depth=0.7)


def test_a_member_of_another_family_is_refused() -> None:
    with pytest.raises(OptionError, match=r"shade takes a name, a Shade or its plain data, not Alien"):
        Shade.of(Alien())


def test_an_unknown_name_is_a_lookup_error_too() -> None:
    with pytest.raises(UnknownNameError) as caught:
        Shade.of("nothing")

    assert isinstance(caught.value, LookupError)
    assert isinstance(caught.value, SynapseError)


def test_what_has_no_plain_form_cannot_be_written_down() -> None:
    with pytest.raises(OptionError, match=r"ndarray\) has no plain form"):
        plain(np.zeros(2))


def test_plain_data_holds_mappings_and_sequences() -> None:
    shade: Mapping[str, Any] = {"a": (1, [DarkRed()]), "b": None}

    assert plain(shade) == {"a": [1, [DarkRed().to_data()]], "b": None}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SquaredError", "squared_error"),
        ("RMSprop", "rmsprop"),
        ("MaxPool2D", "max_pool2d"),
        ("ELU", "elu"),
        ("GELU", "gelu"),
        ("Tanh", "tanh"),
        ("Conv2D", "conv2d"),
    ],
)
def test_classes_in_snake_case(name: str, kind: str) -> None:
    assert snake_case(name) == kind


@given(st.text())
def test_a_normal_name_is_normal(name: str) -> None:
    assert normal_name(normal_name(name)) == normal_name(name)


def test_the_article_fits_the_noun() -> None:
    assert (a("Activation"), a("Loss")) == ("an Activation", "a Loss")


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (sx.Conv2D(16, 3), "Conv2D(16, 3)"),
        (sx.Conv2D(16, (3, 3), stride=2, padding="same"), "Conv2D(16, 3, stride=2, padding='same')"),
        (sx.Conv2D(16, (2, 3)), "Conv2D(16, (2, 3))"),
        (sx.Reshape((3, 3)), "Reshape((3, 3))"),
    ],
)
def test_a_brief_says_once_what_is_the_same_along_all_axes(layer: sx.Layer, words: str) -> None:
    assert brief(layer) == words
