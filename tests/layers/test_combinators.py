"""Laws of the layers that hold or join others."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError, ShapeError
from synapse_rx.layers import Layer
from synapse_rx.network.places import places
from tests.contracts.layer import Chain as Running
from tests.contracts.layer import joined, parts, samples

TWO = sx.Dense(3, "tanh")


def passed(layer: Layer, in_shape: Any, theta: Any = None) -> tuple[Any, Any, Any]:
    """
    Return outputs, the gradient of the parameters and that of the inputs.
    """
    running = Running(layer, in_shape)
    if theta is not None:
        running.theta[...] = theta
    y = joined(running.forward(samples(in_shape)))
    dx = running.backward(samples(layer.out_shape(in_shape), seed=2))
    return y.copy(), running.grad, joined(dx)


def test_a_list_is_a_chain_wherever_a_layer_is_wanted() -> None:
    layers = [sx.Dense(3), (sx.Dense(2), sx.Dense(1))]

    assert sx.Layer.of(layers) == sx.chain(sx.Dense(3), sx.chain(sx.Dense(2), sx.Dense(1)))
    assert sx.residual([TWO, sx.Dense(4)]) == sx.residual(TWO, sx.Dense(4))
    assert sx.Arch(4, [layers]).layout.entries[-1].name == "0.1.1.b"


def test_a_chain_in_a_network_is_the_network_without_it() -> None:
    y, grad, dx = passed(sx.chain(TWO, sx.chain(sx.Dense(2))), (4,))
    flat_y, flat_grad, flat_dx = passed(sx.chain(sx.chain(TWO), sx.Dense(2), []), (4,))

    np.testing.assert_array_equal(y, flat_y)
    np.testing.assert_array_equal(grad, flat_grad)
    np.testing.assert_array_equal(dx, flat_dx)


def test_a_fork_and_an_addition_are_a_sum() -> None:
    x = samples((4,))
    both = Running(sx.add(sx.Dense(3), sx.Dense(3)), (4,))
    one, other = (Running(sx.Dense(3), (4,)) for _ in range(2))
    one.theta[...], other.theta[...] = both.theta.reshape(2, -1)
    dy = samples((3,), seed=2)

    np.testing.assert_allclose(both.forward(x), one.forward(x) + other.forward(x))
    np.testing.assert_allclose(both.backward(dy), one.backward(dy) + other.backward(dy))
    np.testing.assert_allclose(both.grad, np.concatenate([one.grad, other.grad]))


def test_a_residual_of_a_zero_layer_is_the_identity() -> None:
    running = Running(sx.residual(sx.Dense(4, initializer="zeros")), (4,))
    running.theta.fill(0)
    x, dy = samples((4,)), samples((4,), seed=2)

    np.testing.assert_array_equal(running.forward(x), x)
    np.testing.assert_array_equal(running.backward(dy), dy)


def test_concatenating_branches_gives_what_was_sliced() -> None:
    running = Running(sx.chain(sx.branch(1, 2, axis=1), sx.concatenate(axis=1)), (2, 3))
    x, dy = samples((2, 3)), samples((2, 3), seed=2)

    np.testing.assert_array_equal(running.forward(x), x)
    np.testing.assert_array_equal(running.backward(dy), dy)


def test_a_product_with_a_zero_keeps_its_gradient() -> None:
    x = (np.zeros((1, 2)), np.array([[3.0, -1.0]]))
    running = Running(sx.multiply(), ((2,), (2,)), 1)
    running.forward(x)

    dx = running.backward(np.ones((1, 2)))

    np.testing.assert_array_equal(dx[0], x[1])
    np.testing.assert_array_equal(dx[1], x[0])


def test_shared_parameters_have_the_gradients_of_all_places() -> None:
    apart = sx.chain(sx.fork(TWO, [TWO, sx.Dense(3)]), sx.add())
    tower = sx.shared("tower", TWO)
    together = sx.chain(sx.fork(tower, [tower, sx.Dense(3)]), sx.add())
    size = 4 * 3 + 3
    theta = Running(together, (4,)).theta
    y, grad, dx = passed(together, (4,), theta)

    own_y, own_grad, own_dx = passed(apart, (4,), np.concatenate([theta[:size], theta]))

    np.testing.assert_array_equal(y, own_y)
    np.testing.assert_allclose(grad[:size], own_grad[:size] + own_grad[size : 2 * size])
    np.testing.assert_allclose(grad[size:], own_grad[2 * size :])
    np.testing.assert_allclose(dx, own_dx)


def test_each_place_of_a_shared_layer_has_an_output_of_its_own() -> None:
    tower = sx.shared("tower", TWO)
    running = Running(sx.parallel(tower, tower), ((4,), (4,)))
    one, other = running.forward((np.ones((4, 4)), np.zeros((4, 4))))

    assert not np.shares_memory(one, other)
    assert not np.array_equal(one, other)


def test_gradients_given_to_several_are_never_written_to() -> None:
    layer = sx.chain(sx.add(sx.residual(TWO, sx.Dense(4)), [sx.Activation("relu")], []), sx.average(TWO, TWO))
    running = Running(layer, (4,))
    running.forward(samples((4,)))
    dy = samples((3,), seed=2)

    running.backward(dy)

    np.testing.assert_array_equal(dy, samples((3,), seed=2))


@pytest.mark.parametrize(
    ("layers", "names"),
    [
        ([sx.named("features", TWO)], ["features.W", "features.b"]),
        (
            [sx.named("features", TWO, sx.Dense(2))],
            ["features.0.W", "features.0.b", "features.1.W", "features.1.b"],
        ),
        ([[sx.named("inner", TWO)]], ["0.inner.W", "0.inner.b"]),
        ([sx.named("a", sx.named("b", TWO))], ["b.W", "b.b"]),
        ([sx.shared("tower", TWO), TWO], ["tower.W", "tower.b", "1.W", "1.b"]),
        (
            [sx.residual(TWO, shortcut=sx.Dense(3))],
            ["0.body.W", "0.body.b", "0.shortcut.W", "0.shortcut.b"],
        ),
        ([sx.fork(TWO, [TWO]), sx.add()], ["0.0.W", "0.0.b", "0.1.0.W", "0.1.0.b"]),
    ],
)
def test_parameters_are_found_by_place_or_name(layers: Any, names: list[str]) -> None:
    arch = sx.Arch(4, layers)

    assert [entry.name for entry in arch.layout.entries] == names


def test_shared_parameters_are_there_once() -> None:
    tower = sx.shared("tower", sx.Dense(4))

    assert sx.Arch(4, [tower, tower, sx.residual(tower)]).layout.size == 20


def test_two_layers_of_one_name_are_refused() -> None:
    with pytest.raises(OptionError, match=r"two layers are called features: Dense.*share their parameters"):
        sx.Arch(4, [sx.named("features", TWO), sx.named("features", TWO)])
    with pytest.raises(OptionError, match=r"two layers are called 0\.inner"):
        sx.Arch(4, [[sx.named("inner", TWO), sx.named("inner", sx.Dense(2))]])
    with pytest.raises(OptionError, match="two layers are called tower"):
        sx.Arch(4, [sx.shared("tower", TWO), sx.named("tower", TWO)])
    with pytest.raises(OptionError, match="two different layers are shared as tower"):
        sx.Arch(4, [sx.shared("tower", TWO), sx.shared("tower", sx.Dense(4))])


def test_places_of_a_shared_layer_must_have_one_shape() -> None:
    tower = sx.shared("tower", sx.Dense(3))

    with pytest.raises(ShapeError, match=r"tower share their parameters, but one needs \[\(4, 3\), \(3,\)\]"):
        sx.Arch(4, [tower, tower])


@pytest.mark.parametrize("name", ["", "two words", "1st", "a.b", 3, None])
def test_a_name_is_a_word(name: Any) -> None:
    with pytest.raises(OptionError, match=r"name of (named|shared) must be a word"):
        sx.named(name, TWO)


@pytest.mark.parametrize(
    ("layer", "in_shape", "told"),
    [
        (
            sx.Dense(3),
            ((2,), (4,)),
            r"takes one value, but 2 values of \(2,\) and \(4,\) arrive; Concatenate",
        ),
        (sx.add(), (2,), r"layer 0 \(Add\(\)\).*takes several values, but one of \(2,\) arrives; Fork"),
        (sx.add(), ((2,), (3,)), r"values of one shape, but those that arrive are of \(2,\) and \(3,\)"),
        (sx.concatenate(), ((2, 3), (2, 4)), r"differ elsewhere than along axis 0"),
        (sx.concatenate(axis=2), ((2, 3), (2, 4)), r"samples of \(2, 3\) have no axis 2; theirs are 0 to 1"),
        (sx.branch(2, 3), (4,), r"5 numbers along axis 0 together, but a sample of \(4,\) has 4"),
        (sx.parallel(TWO), ((2,), (3,)), r"it has 1 layers, but 2 values of \(2,\) and \(3,\) arrive"),
        (sx.residual(TWO), (4,), r"body ends in \(3,\), its shortcut in \(4,\); give it a shortcut"),
        (sx.residual(TWO, TWO, shortcut=sx.Dense(2)), (4,), r"body ends in \(3,\), its shortcut in \(2,\)"),
        (sx.fork(), (4,), "needs at least one layer"),
        (
            sx.chain(TWO, sx.fork(TWO, []), sx.Dense(2)),
            (4,),
            r"layer 0\.2 \(Dense.*cannot take \(\(3,\), \(3,\)\)",
        ),
        (sx.chain(sx.fork([TWO, sx.add()], [])), (4,), r"layer 0\.0\.0\.1 \(Add"),
        (sx.fork(sx.fork(TWO, TWO), []), (4,), r"layer 0 inside it ends in 2 values of \(3,\) and \(3,\)"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place_and_shapes(layer: Layer, in_shape: Any, told: str) -> None:
    with pytest.raises(ShapeError, match=told):
        places(layer, in_shape, (0,))


@pytest.mark.parametrize(
    "make",
    [
        lambda: sx.Concatenate(1.5),
        lambda: sx.Branch(()),
        lambda: sx.Branch((0, 1)),
        lambda: sx.Branch("ab"),
        lambda: sx.Branch(3),
        lambda: sx.Chain(3),
        lambda: sx.Chain("relu"),
        lambda: sx.residual(3),
    ],
)
def test_bad_options_are_refused(make: Any) -> None:
    with pytest.raises(OptionError, match=r"must be|layers are|layer takes"):
        make()


def test_a_whole_architecture_survives_the_way_to_plain_data_and_back() -> None:
    arch = sx.Arch(
        (4,),
        [
            sx.named("trunk", sx.residual(TWO, sx.Dense(4))),
            sx.fork(sx.shared("tower", sx.Dense(4)), [sx.shared("tower", sx.Dense(4)), []]),
            sx.concatenate(),
            sx.branch(3, 5),
            sx.parallel([TWO], []),
        ],
    )  # fmt: skip

    assert sx.from_data(sx.Arch, json.loads(json.dumps(sx.to_data(arch)))) == arch


def test_outputs_are_parts() -> None:
    y = Running(sx.fork(TWO, sx.Dense(2)), (4,)).forward(samples((4,)))

    assert [part.shape for part in parts(y)] == [(4, 3), (4, 2)]
