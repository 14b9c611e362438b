"""Networks as scikit-learn estimators (extra ``data``, which brings scikit-learn)."""

from .classifier import SynapseClassifier as SynapseClassifier
from .regressor import SynapseRegressor as SynapseRegressor
