"""`script/bench NAME [options]` prints one JSON object a line, and nothing else, on standard output."""

import argparse
import importlib
import json
import pkgutil
import sys

from parvis.testing import bench
from parvis.testing.bench.machine import score


def names() -> list[str]:
    return [found.name for found in pkgutil.iter_modules(bench.__path__) if found.name not in {"__main__", "machine"}]


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench", allow_abbrev=False)
    choices = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for name in names():
        module = importlib.import_module(f"{bench.__name__}.{name}")
        command = choices.add_parser(name, help=(module.__doc__ or "").splitlines()[0])
        if hasattr(module, "add_arguments"):
            module.add_arguments(command)
        command.set_defaults(run=module.run)
    args = parser.parse_args()
    _print(score("before"))
    for row in args.run(args):
        _print(row)
    _print(score("after"))
    return 0


def _print(row: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
