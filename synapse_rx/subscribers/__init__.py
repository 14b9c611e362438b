"""What listens to an `Atom` and shows what it hears. A subscriber never sees a trainer."""

from .learning_curve import learning_curve as learning_curve
from .progress import Progress as Progress
