"""Networks of layers: their architecture, the program it becomes, its learner, and what to ask of it."""

from .arch import Arch as Arch
from .build import fresh_params as fresh_params
from .build import mlp as mlp
from .build import neural_net as neural_net
from .estimate import Evaluation as Evaluation
from .estimate import estimate as estimate
from .estimate import evaluate as evaluate
from .estimate import outputs as outputs
from .learner import NetworkLearner as NetworkLearner
from .weights import Histogram as Histogram
from .weights import weight_histograms as weight_histograms
