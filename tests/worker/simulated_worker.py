"""A real worker process with one connector more: that of the simulated platform."""

import sys

from parvis.cli import open_django

open_django()

from parvis.channels.registry import added  # noqa: E402
from parvis.testing.simulated import simulated  # noqa: E402
from parvis.worker.process import run_worker  # noqa: E402

with added(simulated()):
    run_worker(once="--once" in sys.argv, lease_s=float(sys.argv[1]))
