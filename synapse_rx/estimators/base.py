"""What the estimators share: the network, its training, and how both are asked for by constructor arguments."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Thread
from typing import Any, Self, cast

import numpy as np
from attrs import evolve
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ..activations import Activation
from ..algorithms import Algorithm
from ..atoms import Atom
from ..data import TrainingSet, training_set
from ..layers import Dense, Input, Layer
from ..network import neural_net, outputs
from ..params import Params
from ..snapshot import Net, training, with_status
from ..stopping import epochs
from ..subscribers import EarlyStopping
from ..trainer import stop_training, train
from ..typing import Array

Architecture = Sequence[int] | Sequence[Layer]


class SynapseEstimator(BaseEstimator):
    """
    A network that is made when it is fitted, in the form scikit-learn wants.

    The constructor keeps its arguments as they are; everything is checked when something is learnt.
    """

    def __init__(
        self,
        hidden: Architecture = (100,),
        *,
        activation: str | Activation = "relu",
        algorithm: str | Algorithm = "adam",
        learning_rate: Any = None,
        epochs: int = 100,
        batch: int = 32,
        loss: Any = None,
        regularization: Any = None,
        normalize: str | None = "standardize",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        min_delta: float = 0.0,
        warm_start: bool = False,
        dtype: str = "float32",
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.algorithm = algorithm
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch = batch
        self.loss = loss
        self.regularization = regularization
        self.normalize = normalize
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.min_delta = min_delta
        self.warm_start = warm_start
        self.dtype = dtype
        self.random_state = random_state

    net_: Atom[Net]

    @property
    def n_iter_(self) -> int:
        """Epochs learnt."""
        return self._fitted().training.stats.epochs

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss after each epoch."""
        return [float(loss) for loss in self._fitted().training.stats.loss]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    def __getstate__(self) -> dict[str, Any]:
        # A cell has watches and locks, which stay here; what travels is its snapshot.
        state: dict[str, Any] = dict(cast(Any, super().__getstate__()))
        if isinstance(state.get("net_"), Atom):
            net = state["net_"].value
            live = net.training.status in net.training.LIVE
            state["net_"] = with_status(net, "idle") if live else net
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if isinstance(self.__dict__.get("net_"), Net):
            self.net_ = Atom(self.__dict__["net_"])

    def _fitted(self) -> Net:
        check_is_fitted(self)
        return self.net_.value

    def _checked(self, X: Any, *, reset: bool) -> Array:
        """Return samples as finite numbers (N, features), as many features as were learnt from."""
        return validate_data(self, X, dtype=[np.float64, np.float32], reset=reset)

    def _outputs(self, X: Any) -> Array:
        # In float64, so that what is answered to a sample does not hang on those beside it, not even in the last place
        # of float32: matrix products add up in another order for another number of rows.
        net = self._fitted()
        precise = evolve(net, params=Params(net.params.layout, net.params.flat.astype(np.float64)))
        return outputs(precise, self._checked(X, reset=False).astype(np.float64))

    def _begin(self, X: Array, units: int, output: str | None) -> None:
        """Make a network for these samples, unless there is one to go on with."""
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        hidden = [
            one if isinstance(one, Layer) else Dense(one, self.activation)  # pyright: ignore[reportArgumentType]
            for one in self.hidden
        ]
        rate = {} if self.learning_rate is None else {"learning_rate": self.learning_rate}
        how = training(self.algorithm, loss=self.loss, seed=seed, regularization=self.regularization, **rate)
        last = Dense(units) if output is None else Dense(units, output)
        self.net_ = neural_net([Input(X.shape[1]), *hidden, last], how, dtype=self.dtype)

    def _learn(
        self, X: Array, y: Any, n: int, weights: Any, *, targets: str, early: bool, stratify: Any = None
    ) -> Self:
        """Train ``n`` epochs, or fewer if it may end ``early`` and an error on samples put aside says so."""
        data = self._training_set(X, y, weights, targets, stratify, early)
        if not early:
            _wait(self.net_, data, n)
            return self
        with EarlyStopping(None, self.patience, self.min_delta).attach(self.net_):
            _wait(self.net_, data, n)
        return self

    def _training_set(
        self, X: Array, y: Any, weights: Any, targets: str, stratify: Any, early: bool
    ) -> TrainingSet:
        from sklearn.model_selection import train_test_split

        seed = self.net_.value.training.seed
        options: dict[str, Any] = {
            "batch": max(1, min(self.batch, len(X))),
            "shuffle": "epoch",
            "seed": seed,
            "targets": targets,
            "dtype": self.dtype,
        }
        known = self.net_.value.normalization
        options["normalize"] = self.normalize if known is None else known
        X = X.astype(self.dtype)
        if not early:
            return training_set(X, y, weights=weights, **options)
        rows = train_test_split(
            np.arange(len(X)), test_size=self.validation_fraction, random_state=seed, stratify=stratify
        )
        learnt, aside = rows
        weights = None if weights is None else weights[learnt]
        valid = (X[aside], y[aside])
        return training_set(X[learnt], y[learnt], weights=weights, valid=valid, **options)


def _wait(net: Atom[Net], data: TrainingSet, n: int) -> None:
    """
    Train and wait for it, as `fit` does, also on a thread whose event loop runs.

    What is raised there is raised here; an interrupt ends the training first.
    """
    raised: list[BaseException] = []

    def learn() -> None:
        try:
            train(net, data, epochs(n)).result()
        except BaseException as error:
            raised.append(error)

    thread = Thread(target=learn, name="synapse_rx fit", daemon=True)
    thread.start()
    try:
        thread.join()
    except BaseException:
        stop_training(net)
        thread.join()
        raise
    if raised:
        raise raised[0]
