"""A real worker process with one connector more, that has a stream; its sieve keeps what says "parvis"."""

import sys

from parvis.cli import open_django

open_django()

from parvis.channels.registry import added  # noqa: E402
from parvis.channels.sieve import sifting  # noqa: E402
from parvis.testing.streaming import streaming  # noqa: E402
from parvis.worker.process import run_worker  # noqa: E402

firehose = streaming(slug="firehose", carries_everything=True)
with added(streaming()), added(firehose), sifting(lambda _, record: "parvis" in record.body):
    run_worker(once="--once" in sys.argv, stream_lease_s=float(sys.argv[1]))
