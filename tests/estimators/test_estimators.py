"""Networks where scikit-learn's estimators go."""

from __future__ import annotations

import asyncio
import pickle
import threading
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import synapse_rx as sx

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]


def classifier(**options: Any) -> Any:
    return sx.SynapseClassifier(
        **{"hidden": (20,), "epochs": 60, "learning_rate": 0.01, "random_state": 0, **options}
    )


def regressor(**options: Any) -> Any:
    return sx.SynapseRegressor(
        **{"hidden": (20,), "epochs": 60, "learning_rate": 0.01, "random_state": 0, **options}
    )


def test_classes_keep_their_names() -> None:
    fitted = classifier().fit(X, NAMES)

    assert fitted.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert set(fitted.predict(X)) <= set(NAMES)
    assert fitted.score(X, NAMES) > 0.95


def test_probabilities_add_up_to_one() -> None:
    proba = classifier().fit(X, Y).predict_proba(X)

    assert proba.shape == (150, 3)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)


def test_one_seed_gives_one_result() -> None:
    one, other = (classifier(epochs=3).fit(X, Y).predict_proba(X) for _ in range(2))

    np.testing.assert_array_equal(one, other)


def test_the_live_network_is_there_to_be_watched_while_it_is_fitted() -> None:
    seen: list[int] = []
    fitted = classifier(epochs=1).fit(X, Y)
    fitted.net_.add_watch("seen", lambda key, cell, old, new: seen.append(new.training.stats.epochs))

    fitted.set_params(warm_start=True, epochs=3).fit(X, Y)

    assert seen[-1] == 4
    assert isinstance(fitted.net_, sx.Atom)


def test_fitting_works_on_a_thread_whose_event_loop_runs() -> None:
    async def fit() -> Any:
        return classifier(epochs=2).fit(X, Y)

    assert asyncio.run(fit()).n_iter_ == 2


def test_an_error_of_the_training_is_raised_by_fit() -> None:
    with pytest.raises(sx.errors.Diverged):
        regressor(algorithm="backprop", learning_rate=1e6, epochs=50, activation="linear").fit(X, Y)
    assert not [thread for thread in threading.enumerate() if thread.name == "synapse_rx fit"]


def test_partial_fits_add_up() -> None:
    half = classifier()
    half.partial_fit(X[::2], NAMES[::2], classes=NAMES)
    half.partial_fit(X[1::2], NAMES[1::2])

    assert half.n_iter_ == 2
    with pytest.raises(ValueError, match="rose"):
        half.partial_fit(X[:1], ["rose"])


def test_the_first_partial_fit_wants_all_classes() -> None:
    with pytest.raises(ValueError, match="classes must be given"):
        classifier().partial_fit(X, Y)


def test_heavy_samples_weigh() -> None:
    labels = np.where(np.arange(40) < 20, "a", "b")
    same = np.zeros((40, 2))

    heavy = classifier(normalize=None, epochs=300).fit(
        same, labels, sample_weight=np.where(labels == "a", 9.0, 1.0)
    )

    np.testing.assert_allclose(heavy.predict_proba(same[:1])[0], [0.9, 0.1], atol=0.03)


def test_it_stops_early_and_goes_back_to_the_best() -> None:
    fitted = classifier(early_stopping=True, patience=15, epochs=500).fit(X, Y)

    assert fitted.n_iter_ < 500
    assert fitted.score(X, Y) > 0.9


def test_hidden_layers_may_be_any_layers() -> None:
    fitted = classifier(hidden=[sx.Dense(8, "tanh"), sx.Activation("softplus")]).fit(X, Y)

    assert fitted.net_.value.arch.shapes == ((4,), (8,), (8,), (3,))


def test_it_goes_into_pipelines_and_grid_searches() -> None:
    pipeline = make_pipeline(StandardScaler(), classifier(normalize=None, epochs=20))
    search = GridSearchCV(pipeline, {"synapseclassifier__hidden": [(3,), (20,)]}, cv=2)

    assert search.fit(X, NAMES).best_score_ > 0.85


def test_it_survives_pickling_with_its_network() -> None:
    fitted = classifier(epochs=5).fit(X, Y)

    twin = pickle.loads(pickle.dumps(fitted))

    np.testing.assert_array_equal(twin.predict_proba(X), fitted.predict_proba(X))
    assert twin.net_.value == fitted.net_.value


def test_targets_come_back_on_their_own_scale() -> None:
    fitted = regressor().fit(X[:, :3], 1e4 + 100 * X[:, 3])

    assert abs(fitted.predict(X[:, :3]).mean() - 1e4) < 500
    assert fitted.score(X[:, :3], 1e4 + 100 * X[:, 3]) > 0.9


def test_several_targets_are_estimated_at_once() -> None:
    fitted = regressor().fit(X[:, :2], X[:, 2:])

    assert fitted.predict(X[:, :2]).shape == (150, 2)
    assert fitted.score(X[:, :2], X[:, 2:]) > 0.7


def test_another_number_of_targets_is_refused() -> None:
    fitted = regressor(epochs=1).fit(X, Y)

    with pytest.raises(ValueError, match="y has 2 targets, but 1 were learnt"):
        fitted.partial_fit(X, X[:, :2])


@pytest.mark.slow
@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_it_classifies_as_well_as_scikit_learns_own(load: Any) -> None:
    x, y = load(return_X_y=True)
    ours = cross_val_score(classifier(hidden=(50,), learning_rate=0.005), x, y, cv=5).mean()
    theirs = cross_val_score(
        make_pipeline(StandardScaler(), MLPClassifier((50,), max_iter=1000, random_state=0)), x, y, cv=5
    ).mean()

    assert ours > theirs - 0.02


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_it_estimates_as_well_as_scikit_learns_own() -> None:
    x, y = load_diabetes(return_X_y=True)
    ours = regressor(hidden=(50,), learning_rate=0.001, regularization=sx.L2(0.01), epochs=40)
    theirs = make_pipeline(
        StandardScaler(), MLPRegressor(hidden_layer_sizes=(50,), alpha=0.01, random_state=0)
    )
    parts = KFold(5, shuffle=True, random_state=1)

    scores = [cross_val_score(one, x, y, cv=parts).mean() for one in (ours, theirs)]

    assert scores[0] > scores[1] - 0.03
