"""One saved query looks through a million stored items: seconds of CPU of all processes, and whether all are right."""

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from parvis.testing.bench.inbox import Row, add_arguments, environment_of, fill, parvis, python, row

__all__ = ["add_arguments", "run"]


def run(args: argparse.Namespace) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="parvis-backfill-") as place:
        environment = environment_of(args.data or Path(place), args.database)
        parvis(["prepare"], environment)
        fill(args.items, environment)
        done = json.loads(python(["-m", "parvis.testing.backfill_load"], environment))
        of = {"items": done["items"], "database": "PostgreSQL" if args.database else "SQLite"}
        slowest = max(done["queries"], key=lambda one: one["all_cpu_s"])
        yield row("backfill.s", slowest["all_cpu_s"], "s", {**of, **slowest})
        for one in done["queries"]:
            yield row("backfill.query_s", one["all_cpu_s"], "s", {**of, **one})
        yield row("backfill.disagreements", done["disagreements"], "items", {**of, "compared": done["compared"]})
