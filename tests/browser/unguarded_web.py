"""Run as a program: the pages with one guard taken out, so that a test can see an attack run.

unguarded_web.py MODULE:NAME and then what `parvis web` takes. The guard becomes a function that
gives its text back as it came; the web processes part from this one and have it too.
"""

import sys
from importlib import import_module

from parvis.cli import main, open_django


def take_out(guard: str) -> None:
    module, name = guard.split(":")
    assert callable(getattr(import_module(module), name))
    setattr(import_module(module), name, lambda text, **_: text)


if __name__ == "__main__":
    open_django()
    take_out(sys.argv[1])
    sys.exit(main(["web", *sys.argv[2:]]))
