"""`parvis worker`: reads channels, carries out orders, does long work, until it is stopped."""

import argparse
import logging

from parvis.cli import open_django
from parvis.core.wording import Text

NAME = "worker"
HELP = Text(
    "Read channels, carry out orders and do long work; any number of workers may run.",
    "Lire les canaux, exécuter les ordres et les longs travaux ; il peut y en avoir plusieurs.",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="do what is due now, then end")
    parser.add_argument(
        "--lease",
        type=float,
        default=120.0,
        metavar="SECONDS",
        help="after which a lost worker's orders are taken over",
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing of its own beginning and end")


def run(args: argparse.Namespace) -> int:
    open_django()
    if args.quiet:
        logging.getLogger("parvis.worker").setLevel(logging.WARNING)
    from parvis.worker.process import run_worker

    run_worker(once=args.once, lease_s=args.lease)
    return 0
