from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError, ShapeError


def kinds(net: Any) -> list[str]:
    return [layer.kind for layer in net.value.arch.layers]


def test_a_syna_mlp_is_that_of_2018() -> None:
    net = sx.syna_mlp([784, 250, 10])

    assert kinds(net) == ["dense", "batch_norm", "activation", "synapse", "batch_norm", "dense"]
    assert net.value.arch.shapes == ((784,), *((250,),) * 5, (10,))
    assert net.value.arch.output == sx.Softmax()


def test_a_syna_mlp_may_have_several_hidden_layers() -> None:
    assert kinds(sx.syna_mlp([8, 6, 4, 2])).count("synapse") == 2


def test_a_syna_cnn_is_that_published_for_pytorch() -> None:
    net = sx.syna_cnn()

    assert kinds(net) == [
        "conv2d", "max_pool2d", "activation", "conv2d", "spatial_dropout", "max_pool2d", "activation",
        "dense", "dropout", "activation", "synapse", "batch_norm", "dense",
    ]  # fmt: skip
    assert net.value.arch.shapes[7] == (20, 4, 4)
    convolutions = 10 * 25 + 10 + 20 * 10 * 25 + 20
    assert net.value.params.flat.size == convolutions + 320 * 64 + 64 + 64 * 64 + 128 + 64 * 10 + 10


def test_a_syna_rnn_reads_rows() -> None:
    net = sx.syna_rnn((28, 28), 32, 10, layers=2, bidirectional=True)

    assert kinds(net) == ["synapse_rnn", "dense"]
    assert net.value.arch.shapes == ((28, 28), (64,), (10,))


def test_synapses_may_be_left_out_or_chosen() -> None:
    synapse = sx.Synapse(gain=True)

    assert "synapse" not in kinds(sx.syna_mlp([8, 6, 2], synapse=None))
    assert "synapse" not in kinds(sx.syna_cnn(synapse=None))
    assert synapse in sx.syna_mlp([8, 6, 2], synapse=synapse).value.arch.layers
    assert sx.Activation("sigmoid") in sx.syna_cnn(squash="sigmoid").value.arch.layers


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sx.syna_mlp([784, 10]), "at least one hidden layer"),
        (lambda: sx.syna_mlp(784), "at least one hidden layer"),  # type: ignore[arg-type]
        (lambda: sx.syna_cnn(channels=()), "channels for at least one convolution"),
        (lambda: sx.syna_mlp([8, 6, 2], synapse="synaps"), "did you mean 'synapse'"),
        (lambda: sx.syna_rnn(layers=0), "layers of synapse_rnn must be a whole number >= 1"),
    ],
)
def test_what_cannot_be_made_is_refused(make: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        make()


def test_an_image_that_is_too_small_is_refused() -> None:
    with pytest.raises(ShapeError, match="layer 3"):
        sx.syna_cnn((1, 8, 8))


@pytest.mark.parametrize(
    "make",
    [
        lambda how: sx.syna_mlp([64, 40, 10], how),
        lambda how: sx.syna_mlp([64, 40, 10], how, squash="sigmoid"),
        lambda how: sx.syna_cnn((1, 8, 8), 10, how, channels=(10,), kernel=3, dropout=0.1),
        lambda how: sx.syna_rnn((8, 8), 24, 10, how),
    ],
    ids=["mlp", "sigmoid", "cnn", "rnn"],
)
def test_each_learns_digits(make: Any) -> None:
    net, before = make(sx.training("adam", learning_rate=0.01)), 0.9

    snapshot = sx.deref(sx.train(net, sx.load_training_set("digits", batch=50), 5))

    history = np.asarray(snapshot.training.stats.training["misclassification"])
    assert history[-1] < before / 2
    assert (np.diff(history) < 0).sum() >= 3


@pytest.mark.slow
@pytest.mark.mnist
def test_a_syna_cnn_learns_mnist() -> None:
    net = sx.syna_cnn(training=sx.training("adam", learning_rate=0.002))

    snapshot = sx.deref(sx.train(net, sx.load_training_set("mnist10k", batch=100, shuffle="epoch"), 5))

    assert sx.evaluate(snapshot, sx.load_test_set("mnist")).accuracy > 0.9
