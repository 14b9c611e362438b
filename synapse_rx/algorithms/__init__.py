"""Training algorithms: frozen descriptions with one update rule each."""

from .adadelta import Adadelta as Adadelta
from .adagrad import Adagrad as Adagrad
from .adam import Adam as Adam
from .adamw import AdamW as AdamW
from .backprop import Backprop as Backprop
from .base import Algorithm as Algorithm
from .base import FullBatchAlgorithm as FullBatchAlgorithm
from .base import Problem as Problem
from .lbfgs import LBFGS as LBFGS
from .lion import Lion as Lion
from .nadam import NAdam as NAdam
from .perceptron import Perceptron as Perceptron
from .rmsprop import RMSprop as RMSprop
from .rprop import RProp as RProp
