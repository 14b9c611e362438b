"""Architectures as pictures."""

from __future__ import annotations

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
