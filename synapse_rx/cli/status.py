"""The exit statuses of the command line. Wrong usage exits with 2, which argparse sees to."""

DONE, FAILED, INTERRUPTED = 0, 1, 130
