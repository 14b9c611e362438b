"""Samples and targets as immutable values, and the data sets that come with the library."""

from . import augmentations as augmentations
from .build import test_set as test_set
from .build import training_set as training_set
from .data_set import DataSet as DataSet
from .fit import fit_normalization as fit_normalization
from .header import Header as Header
from .idx import read_idx as read_idx
from .load import load_test_set as load_test_set
from .load import load_training_set as load_training_set
from .normalization import Normalization as Normalization
from .one_hot import OneHotColumns as OneHotColumns
from .one_hot import one_hot_columns as one_hot_columns
from .read_csv import read_csv as read_csv
from .read_image_folder import read_image_folder as read_image_folder
from .read_numpy import read_numpy as read_numpy
from .repeat_targets import repeat_targets as repeat_targets
from .saved import load_training_set_header as load_training_set_header
from .saved import open_training_set as open_training_set
from .saved import save_training_set as save_training_set
from .splits import k_fold as k_fold
from .splits import split as split
from .stream_set import StreamSet as StreamSet
from .stream_set import stream_set as stream_set
from .table import Table as Table
from .targets import decode as decode
from .trainset import TrainingSet as TrainingSet
