"""Error kinds: what is recorded beside the loss."""

from .base import Metric as Metric
from .choose import metric as metric
from .confusion import confusion_matrix as confusion_matrix
from .misclassification import Misclassification as Misclassification
