"""``python -m examples.service [--port 8000]``."""

import argparse

import uvicorn

from .app import service

parser = argparse.ArgumentParser(prog="python -m examples.service", description="A training service.")
parser.add_argument("--port", type=int, default=8000, help="0 for any that is free")
options = parser.parse_args()

uvicorn.run(service(), host="127.0.0.1", port=options.port, access_log=False, timeout_graceful_shutdown=1)
