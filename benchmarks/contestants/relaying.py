"""A server that is told over Redis: ``python relaying.py URL TOKEN READERS``; says its port, ends with its input."""

from __future__ import annotations

import sys

import synapse_rx as sx
from synapse_rx.dashboards.descriptors import allow_descriptors
from synapse_rx.dashboards.front import calm_collector

if __name__ == "__main__":
    allow_descriptors()
    with sx.dashboard_relay(sys.argv[1], token=sys.argv[2], readers=int(sys.argv[3])) as relay:
        calm_collector()
        print(relay.port, flush=True)
        sys.stdin.read()
