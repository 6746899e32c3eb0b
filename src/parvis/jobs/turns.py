"""Long work lets others write in between.

SQLite has one writer at a time, and wakes nobody: whoever waits looks again after 1, 2, 5, 10, 15, 20,
three times 25, twice 50 and then every 100 ms (sqliteDefaultBusyCallback in its main.c, read 2026-11-22).
Work that begins its next transaction right after the last is hardly ever caught in between, so that a
click beside it could wait for seconds. A pause as long as such a look is caught, if the work before it
was short. PostgreSQL lets waiting writers in by turn.
"""

import time
from collections.abc import Callable
from datetime import datetime

from django.db import connection

SHORT_S = 0.1
"""How long a transaction of long work should hold the database, at most."""
_PAUSE_S = 0.03
_LONG_PAUSE_S = 0.11


def let_others_write(held_s: float) -> None:
    """To be called after a transaction of long work that took `held_s`; does nothing within one."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        time.sleep(_PAUSE_S if held_s <= SHORT_S else _LONG_PAUSE_S)


def size_for(size: int, took_s: float, *, least: int, most: int) -> int:
    """How much to take on next time, so that it holds the database for some SHORT_S on this machine."""
    fitting = size * min(max(SHORT_S / max(took_s, 0.001), 0.25), 2.0)
    return max(least, min(most, int(fitting)))


class Turns:
    """Rows taken some at a time, as many as this machine does in a moment; others write in between."""

    TURN_S = 1.0
    FEWEST, MOST = 50, 1000

    def __init__(self) -> None:
        self._size = self.FEWEST

    def run(self, work: Callable[..., int], clock: Callable[[], datetime]) -> int:
        """How many were done of `work(now=, limit=)`, until nothing waits or the turn is over."""
        count, until_s = 0, time.monotonic() + self.TURN_S
        while time.monotonic() < until_s:
            begun_s = time.monotonic()
            found = work(now=clock(), limit=self._size)
            if not found:
                break
            took_s = time.monotonic() - begun_s
            if found == self._size:
                self._size = size_for(found, took_s, least=self.FEWEST, most=self.MOST)
            let_others_write(took_s)
            count += found
        return count
