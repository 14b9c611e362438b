"""What is recorded on request: lengths of gradients and steps, and errors beside missing targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError
from tests.nets import SECONDS, blobs, learner, small_net, trained

NAN = float("nan")
DATA = blobs(nvalid=6, shuffle="epoch")  # 17 samples to learn: batches of 5, 5, 5 and 2
SIZES = [5, 5, 5, 2]


class TestUpdateRatio:
    @pytest.mark.parametrize(
        "how",
        [
            {"algorithm": "backprop", "learning_rate": 0.2, "momentum": 0.9},
            {"algorithm": "adam"},
            {"algorithm": "backprop", "max_norm": 0.5, "factors": {0: 0.5}, "clip_norm": 0.1},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_is_the_length_of_each_step_beside_that_of_the_parameters(self, how: Any, dtype: str) -> None:
        net = small_net(**how, stats=["update_ratio"], dtype=dtype)
        learning, at, ratios = learner(net, DATA), net.params.flat, []

        for _ in SIZES:
            learning.learn(SECONDS, batches=1)
            after = learning.merge(net).params.flat
            ratios.append(np.linalg.norm(after - at) / np.linalg.norm(at))
            at = after
        recorded = learning.merge(net).training.stats.training["update_ratio"][0]

        assert recorded == pytest.approx(np.average(ratios, weights=SIZES), rel=1e-4)
        assert recorded > 0

    def test_changes_nothing_in_what_is_learnt(self) -> None:
        plain, measured = small_net("adam"), small_net("adam", stats=["update_ratio", "gradient_norm"])

        one, other = trained(plain, DATA, 3), trained(measured, DATA, 3)

        np.testing.assert_allclose(one.params.flat, other.params.flat, rtol=1e-3, atol=1e-6)
        assert list(other.training.stats.training) == ["cross_entropy", "update_ratio", "gradient_norm"]
        assert "update_ratio" not in other.training.stats.validation

    def test_of_frozen_layers_is_zero(self) -> None:
        net = trained(sx.freeze(small_net(stats=["update_ratio"]), 0, 1), DATA)

        assert net.training.stats.training["update_ratio"][0] == 0

    def test_of_parameters_that_are_all_zero_is_a_number(self) -> None:
        net = small_net(stats=["update_ratio"])
        net = sx.Net(net.arch, net.params.with_flat(np.zeros_like(net.params.flat)), net.training)

        assert np.isfinite(trained(net, DATA, 2).training.stats.training["update_ratio"][-1])

    def test_is_refused_where_there_is_no_step_of_a_batch(self) -> None:
        with pytest.raises(OptionError, match="update_ratio is that of each batch's step, but lbfgs"):
            learner(small_net("lbfgs", stats=["update_ratio"]), DATA)


@pytest.mark.backend("numpy", reason="its metrics take numbers out of arrays")
class TestBesideMissingTargets:
    """Outputs of two units, for samples of which some targets are missing."""

    X = np.array([[0.1, 0.2], [0.5, -0.3], [1.0, 0.4], [-0.2, 0.7], [0.3, 0.3]])
    T = np.array([[1.0, 0.0], [NAN, 1.0], [0.0, 1.0], [NAN, NAN], [0.0, 1.0]])

    @pytest.mark.parametrize(
        "loss",
        [
            sx.Censored("squared_error"),
            sx.WeightedSum(((0.5, sx.Censored("squared_error")), (0.5, sx.Censored("huber")))),
        ],
        ids=lambda loss: loss.kind,
    )
    def test_metrics_leave_out_the_samples_that_miss_any(self, loss: Any) -> None:
        def shares(y: Any, t: Any) -> Any:
            assert not np.isnan(t).any()
            return np.ones(len(y))

        kinds = ["misclassification", sx.TopK(1), shares, "mean_absolute_error"]
        how = sx.training(loss=loss, learning_rate=1e-9, stats=kinds)
        net = sx.mlp([2, 2], "sigmoid", how).value
        data = sx.training_set(self.X, self.T, censored=True, shuffle=False)

        errors = trained(net, data).training.stats.training

        y, whole = sx.outputs(net, self.X), [0, 2, 4]
        wrong = (y.argmax(axis=1) != np.nan_to_num(self.T).argmax(axis=1))[whole].sum()
        assert errors["misclassification"][0] == errors["top_1"][0] == pytest.approx(wrong / 5)
        assert errors["shares"][0] == pytest.approx(3 / 5)
        present = ~np.isnan(self.T)
        distance = np.abs(y - np.nan_to_num(self.T))[present].sum()
        assert errors["mean_absolute_error"][0] == pytest.approx(distance / 2 / 5, rel=1e-5)

    def test_a_single_output_is_left_out_where_its_target_is_missing(self) -> None:
        how = sx.training(loss=sx.Censored("squared_error"), learning_rate=1e-9, stats=["misclassification"])
        net = sx.mlp([2, 1], "sigmoid", how).value
        t = np.array([[1.0], [NAN], [0.0], [NAN], [0.0]])

        errors = trained(
            net, sx.training_set(self.X, t, censored=True, shuffle=False)
        ).training.stats.training

        wrong = ((sx.outputs(net, self.X) >= 0.5)[:, 0] != (t[:, 0] == 1))[[0, 2, 4]].sum()
        assert errors["misclassification"][0] == pytest.approx(wrong / 5)
