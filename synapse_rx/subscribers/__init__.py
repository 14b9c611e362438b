"""What listens to an `Atom` and shows what it hears. A subscriber never sees a trainer."""

from .base import Subscriber as Subscriber
from .best_so_far import BestSoFar as BestSoFar
from .checkpoint import Checkpoint as Checkpoint
from .csv_log import CSVLog as CSVLog
from .difference import Difference as Difference
from .early_stopping import EarlyStopping as EarlyStopping
from .follower import Follower as Follower
from .history import History as History
from .json_lines_log import JSONLinesLog as JSONLinesLog
from .learning_curve import learning_curve as learning_curve
from .logger import Logger as Logger
from .news import News as News
from .notify import Notify as Notify
from .plot import Plot as Plot
from .progress import Progress as Progress
from .prometheus import Prometheus as Prometheus
from .schedule import Schedule as Schedule
from .tensor_board import TensorBoard as TensorBoard
from .weight_images import WeightImages as WeightImages
