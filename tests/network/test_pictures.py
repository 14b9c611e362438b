"""Architectures as pictures."""

from __future__ import annotations

import re
from typing import Any

import synapse_rx as sx

NET = sx.mlp([3, 4, 2], ["tanh", "softmax"])


def test_a_chain_is_a_line_of_boxes() -> None:
    assert sx.to_mermaid(NET) == (
        "flowchart TD\n"
        '    n0["input"]\n'
        "    n1[\"Dense(4, 'tanh')\"]\n"
        "    n2[\"Dense(2, 'softmax')\"]\n"
        '    n3["output"]\n'
        '    n0 -->|"3"| n1\n'
        '    n1 -->|"4"| n2\n'
        '    n2 -->|"2"| n3\n'
    )


def test_graphviz_gets_the_same_boxes_and_arrows() -> None:
    assert sx.to_dot(NET) == (
        "digraph network {\n"
        "    node [shape=box];\n"
        '    n0 [label="input"];\n'
        "    n1 [label=\"Dense(4, 'tanh')\"];\n"
        "    n2 [label=\"Dense(2, 'softmax')\"];\n"
        '    n3 [label="output"];\n'
        '    n0 -> n1 [label="3"];\n'
        '    n1 -> n2 [label="4"];\n'
        '    n2 -> n3 [label="2"];\n'
        "}\n"
    )


def test_cells_snapshots_and_architectures_will_do() -> None:
    assert sx.to_dot(NET) == sx.to_dot(NET.value) == sx.to_dot(NET.value.arch)


def lines(layers: list[Any]) -> set[str]:
    """
    Return the arrows of the picture, with what stands in their boxes.
    """
    text = sx.to_mermaid(sx.neural_net(layers))
    boxes = dict(re.findall(r'(n\d+)\["(.*)"\]', text))
    arrows = re.findall(r'(n\d+) -->\|"(.*)"\| (n\d+)', text)
    return {f"{boxes[start]} -{shape}-> {boxes[end]}" for start, shape, end in arrows}


def test_what_goes_past_a_residual_layer_is_drawn() -> None:
    assert lines([sx.Input(8), sx.residual(sx.Dense(4, "relu"), sx.Dense(8))]) == {
        "input -8-> body: Dense(4, 'relu')",
        "body: Dense(4, 'relu') -4-> body: Dense(8)",
        "body: Dense(8) -8-> Residual",
        "input -8-> Residual",
        "Residual -8-> output",
    }


def test_a_shortcut_is_drawn_in_the_place_of_the_skip() -> None:
    assert lines([sx.Input(8), sx.residual(sx.Dense(4, "relu"), shortcut=sx.Dense(4, "tanh"))]) == {
        "input -8-> body: Dense(4, 'relu')",
        "input -8-> shortcut: Dense(4, 'tanh')",
        "body: Dense(4, 'relu') -4-> Residual",
        "shortcut: Dense(4, 'tanh') -4-> Residual",
        "Residual -4-> output",
    }


def test_several_inputs_come_apart_and_are_joined() -> None:
    towers = sx.parallel(sx.Dense(3), [sx.Dense(6), sx.Dense(3, "tanh")])

    assert lines([sx.Input([(4,), (5,)]), towers, sx.add()]) == {
        "input -9-> inputs: Unpack(((4,), (5,)))",
        "inputs: Unpack(((4,), (5,))) -4-> Dense(3)",
        "inputs: Unpack(((4,), (5,))) -5-> Dense(6)",
        "Dense(6) -6-> Dense(3, 'tanh')",
        "Dense(3) -3-> Parallel",
        "Dense(3, 'tanh') -3-> Parallel",
        "Parallel -(3, 3)-> Add()",
        "Add() -3-> output",
    }


def test_several_outputs_and_what_lets_its_value_through_are_drawn() -> None:
    found = lines([sx.Input(4), sx.fork(sx.Dense(3, "softmax"), [])])

    assert {"input -4-> Dense(3, 'softmax')", "input -4-> Fork", "Dense(3, 'softmax') -3-> Fork"} <= found
    assert any(line.endswith("-> output") for line in found)


def test_what_is_shared_has_its_name_wherever_it_stands() -> None:
    tower = sx.shared("tower", sx.Dense(3))
    picture = sx.to_dot(sx.neural_net([sx.Input([(4,), (4,)]), sx.parallel(tower, tower), sx.concatenate()]))

    assert picture.count('[label="tower: Dense(3)"]') == 2


def test_a_layer_for_every_step_holds_what_it_does_to_one() -> None:
    assert lines([sx.Input((5, 6)), sx.TimeDistributed([sx.Dense(4), sx.Dense(3, "tanh")])]) == {
        "input -6-> Dense(4)",
        "Dense(4) -4-> Dense(3, 'tanh')",
        "Dense(3, 'tanh') -3-> TimeDistributed",
        "TimeDistributed -5 x 3-> output",
    }


def test_quotes_and_angles_are_escaped() -> None:
    net = sx.neural_net([sx.Input(2), sx.Lambda(lambda x: x * 2)])

    assert "<" not in sx.to_mermaid(net)
