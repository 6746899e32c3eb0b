"""Publications due in one minute: how fast all of them leave, each once; with --chaos over real servers and dying workers."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from parvis.testing.bench.deliver.platforms import PLATFORMS
from parvis.testing.bench.inbox import Row

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--publications", type=int, default=10_000, metavar="N")
    parser.add_argument("--channels", type=int, default=50, metavar="N")
    parser.add_argument("--workers", type=int, default=1, metavar="N")
    parser.add_argument("--database", default="", help="PostgreSQL as postgresql://…, empty; else SQLite")
    parser.add_argument("--data", type=Path, help="keep the filled house here")
    parser.add_argument("--spread", type=int, default=600, metavar="N", help="so many more over 60 seconds; 0: none")
    parser.add_argument("--chaos", action="store_true", help="kill workers, cut the network, turn the clock")
    parser.add_argument("--servers", default=",".join(PLATFORMS), help=f"with --chaos: of {', '.join(PLATFORMS)}")
    parser.add_argument("--most-workers", type=int, default=4, metavar="N", help="with --chaos: after one and two")
    parser.add_argument("--kills", type=int, default=60, metavar="N", help="with --chaos: of workers, at each server")
    parser.add_argument("--seed", type=int, default=4, help="with --chaos: of all that is left to chance")


def run(args: argparse.Namespace) -> Iterator[Row]:
    if args.chaos:
        from parvis.testing.bench.deliver.chaos import run_chaos

        yield from run_chaos(args)
    else:
        from parvis.testing.bench.deliver.speed import run_speed

        yield from run_speed(args)
