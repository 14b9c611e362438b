"""Error kinds: what is recorded beside the loss, and what is measured on a whole data set."""

from .base import Metric as Metric
from .choose import metric as metric
from .confusion import confusion_matrix as confusion_matrix
from .function_metric import FunctionMetric as FunctionMetric
from .misclassification import Misclassification as Misclassification
from .report import ClassificationReport as ClassificationReport
from .report import Scores as Scores
from .report import classification_report as classification_report
from .roc import RocCurve as RocCurve
from .roc import auc as auc
from .roc import roc_curve as roc_curve
from .top_k import TopK as TopK
