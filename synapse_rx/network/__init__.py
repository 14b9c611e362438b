"""Networks of layers: their architecture, the program it becomes, its learner, and what to ask of it."""

from .arch import Arch as Arch
from .build import fresh_params as fresh_params
from .build import mlp as mlp
from .build import neural_net as neural_net
from .centre_loss import centre_loss as centre_loss
from .compiled import Inference as Inference
from .compiled import compile as compile
from .estimate import Evaluation as Evaluation
from .estimate import estimate as estimate
from .estimate import evaluate as evaluate
from .estimate import outputs as outputs
from .learner import NetworkLearner as NetworkLearner
from .syna import syna_cnn as syna_cnn
from .syna import syna_mlp as syna_mlp
from .syna import syna_rnn as syna_rnn
from .weights import Histogram as Histogram
from .weights import weight_histograms as weight_histograms
