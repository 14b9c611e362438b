"""``python -m synapse_rx`` is the command ``synapse-rx``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
