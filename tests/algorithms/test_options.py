"""Options out of range or contradicting each other are refused by name, and missing ones are explained."""

from __future__ import annotations

from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.algorithms import Algorithm
from synapse_rx.errors import OptionError, UnknownNameError

NAN, INFINITY = float("nan"), float("inf")

BAD: list[tuple[str, dict[str, Any], str]] = [
    *[
        (kind, {"learning_rate": rate}, "learning_rate")
        for kind in ("perceptron backprop rmsprop adam adamw nadam adadelta adagrad lion".split())
        for rate in (-0.1, NAN, INFINITY, "fast", None)
    ],
    *[
        (kind, {"beta1": beta}, "beta1")
        for kind in ("adam", "adamw", "nadam", "lion")
        for beta in (-0.1, 1.0, NAN)
    ],
    *[
        (kind, {"beta2": beta}, "beta2")
        for kind in ("adam", "adamw", "nadam", "lion")
        for beta in (-0.1, 1.0, "x")
    ],
    *[
        (kind, {"epsilon": epsilon}, "epsilon")
        for kind in ("adam", "adamw", "nadam", "rmsprop", "adadelta", "adagrad")
        for epsilon in (0.0, -1.0, NAN)
    ],
    *[
        (kind, {"momentum": m}, "momentum")
        for kind in ("backprop", "rmsprop")
        for m in (-0.1, 1.0, 1.5, NAN, "much")
    ],
    ("backprop", {"nesterov": True}, "needs a momentum"),
    ("backprop", {"nesterov": 1, "momentum": 0.9}, "nesterov"),
    ("backprop", {"adaptive": "yes"}, "adaptive"),
    ("backprop", {"min_gain": 2.0, "max_gain": 1.0}, "min_gain 2 is above max_gain 1"),
    ("backprop", {"min_gain": 0.0}, "min_gain"),
    ("rprop", {"min_step": 1.0, "max_step": 0.5}, "min_step 1 is above max_step 0.5"),
    ("rprop", {"initial_step": 0.0}, "initial_step"),
    ("rprop", {"increase": 0.9}, "increase above"),
    ("rprop", {"decrease": 1.1}, "decrease must be below 1"),
    ("rprop", {"variant": "rprop++"}, "'irprop-' or 'irprop\\+'"),
    ("rprop", {"momentum": 0.5}, "'synaptic' only"),
    ("rprop", {"momentum": 1.0, "variant": "synaptic"}, "momentum"),
    ("rmsprop", {"decay": 1.0}, "decay"),
    ("rmsprop", {"nesterov": True}, "needs a momentum"),
    ("rmsprop", {"variant": "hinton"}, "'standard' or 'synaptic'"),
    ("rmsprop", {"variant": "synaptic", "centered": True}, "centred"),
    ("adam", {"amsgrad": 1}, "amsgrad"),
    ("adamw", {"weight_decay": -0.1}, "weight_decay"),
    ("nadam", {"momentum_decay": -1.0}, "momentum_decay"),
    ("adadelta", {"decay": 1.0}, "decay"),
    ("adagrad", {"initial_square": -1.0}, "initial_square"),
    ("lion", {"weight_decay": NAN}, "weight_decay"),
    ("lbfgs", {"history": 0}, "history"),
    ("lbfgs", {"history": 2.5}, "history"),
    ("lbfgs", {"trials": True}, "trials"),
    ("lbfgs", {"decrease": 0.5, "curvature": 0.1}, "decrease < curvature < 1"),
    ("lbfgs", {"curvature": 1.0}, "decrease < curvature < 1"),
]

HINTS = [
    ("adam", "nesterov", "nadam"),
    ("adamw", "nesterov", "nadam"),
    ("nadam", "nesterov", "always"),
    ("rprop", "nesterov", "backprop and rmsprop"),
    ("lion", "nesterov", "backprop and rmsprop"),
    ("adadelta", "nesterov", "backprop and rmsprop"),
    ("perceptron", "nesterov", "backprop and rmsprop"),
    ("lbfgs", "nesterov", "history"),
    ("lbfgs", "learning_rate", "line search"),
    ("adam", "momentum", "beta1"),
    ("adam", "weight_decay", "adamw"),
    ("adam", "betas", "beta1 and beta2"),
    ("backprop", "lr", "learning_rate"),
    ("rmsprop", "eps", "epsilon"),
    ("rmsprop", "alpha", "decay"),
]


@pytest.mark.parametrize(("kind", "options", "match"), BAD, ids=str)
def test_a_bad_option_is_refused_by_its_name(kind: str, options: dict[str, Any], match: str) -> None:
    with pytest.raises(OptionError, match=match):
        Algorithm.of(kind, **options)


@pytest.mark.parametrize(("kind", "option", "match"), HINTS, ids=str)
def test_an_option_that_others_have_is_explained(kind: str, option: str, match: str) -> None:
    with pytest.raises(OptionError, match=rf"{kind} has no option '{option}': .*{match}"):
        Algorithm.of(kind, **{option: 0.5})


@pytest.mark.parametrize("member", list(Algorithm.members()), ids=lambda member: member.kind)
def test_no_hint_hides_an_option_that_exists(member: type[Algorithm]) -> None:
    assert [name for name in member().to_data() if member.hint(name)] == []


def test_an_unknown_option_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(OptionError, match="did you mean 'learning_rate'"):
        Algorithm.of("adam", learningrate=0.1)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sgd", "backprop"),
        ("SGD", "backprop"),
        ("L-BFGS", "lbfgs"),
        ("AdamW", "adamw"),
        ("RMSprop", "rmsprop"),
    ],
)
def test_algorithms_are_found_by_the_names_people_use(name: str, kind: str) -> None:
    assert sx.training(name).algorithm.kind == kind


def test_an_unknown_name_is_refused_with_the_nearest_ones() -> None:
    with pytest.raises(UnknownNameError, match="'nadam'"):
        Algorithm.of("nadamm")
