"""A convolutional network learns step by step what PyTorch's learns, ragged last batches included."""

from __future__ import annotations

import numpy as np
import pytest

import synapse_rx as sx

pytestmark = [pytest.mark.peer("torch"), pytest.mark.usefixtures("small_tiles")]


def test_two_epochs_of_a_lenet_are_those_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((23, 1, 12, 12)), rng.integers(0, 3, 23)
    net = sx.neural_net(
        [
            sx.Input((1, 12, 12)),
            sx.Conv2D(4, 3, activation="relu"),
            sx.MaxPool2D(2),
            sx.Convolution(5, 2, "tanh", 2),
            sx.LocalResponseNorm(3, alpha=0.1),
            sx.Dense(3, activation="softmax"),
        ],
        sx.training("backprop", learning_rate=0.3),
        dtype="float64",
    )
    theirs = torch.nn.Sequential(
        *(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
        *(torch.nn.Conv2d(4, 5, 2), torch.nn.Tanh(), torch.nn.MaxPool2d(2)),
        *(torch.nn.LocalResponseNorm(3, 0.1, 0.75, 2), torch.nn.Flatten(), torch.nn.Linear(20, 3)),
    ).double()
    ours = [array for _, array in net.value.params.items()]
    with torch.no_grad():
        for parameter, array in zip(theirs.parameters(), ours, strict=True):
            parameter.copy_(torch.tensor(array.T if array.ndim == 2 else array))

    snapshot = sx.deref(sx.train(net, sx.training_set(x, labels, batch=8, shuffle=False, dtype="float64"), 2))
    descent = torch.optim.SGD(theirs.parameters(), lr=0.3)
    for _ in range(2):
        for start in range(0, 23, 8):
            batch = slice(start, start + 8)
            descent.zero_grad()
            z = theirs(torch.tensor(x[batch]))
            torch.nn.functional.cross_entropy(z, torch.tensor(labels[batch])).backward()
            descent.step()

    for parameter, (name, array) in zip(theirs.parameters(), snapshot.params.items(), strict=True):
        wanted = parameter.detach().numpy()
        np.testing.assert_allclose(
            array, wanted.T if array.ndim == 2 else wanted, rtol=1e-8, atol=1e-10, err_msg=name
        )
