"""Objects in images, found as YOLOv2 does: boxes of a grid, their loss, and what becomes of them."""

from .boxes import Boxes as Boxes
from .decoding import Detections as Detections
from .decoding import decode_boxes as decode_boxes
from .detect import detect as detect
from .encoding import box_targets as box_targets
from .overlap import overlaps as overlaps
from .scores import DetectionReport as DetectionReport
from .scores import detection_report as detection_report
from .suppression import non_maximum_suppression as non_maximum_suppression
from .yolo_loss import YoloLoss as YoloLoss
