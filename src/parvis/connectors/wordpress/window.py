"""Reading a numbered list on, window by window, while others add to it and take from it.

WordPress gives its lists by offset. Between two requests rows before the offset may go, so that what
follows moves up and would be passed over; or come, so that it is read twice. A list ordered by rising
id grows at its end alone, so each window begins some rows before the end of the last one, and must
show at least one row that was read before: then nothing lies between. Where it shows none, the window
is taken further back until it does.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from msgspec import Struct

from parvis.core.types import Answer

PAGE = 100
LINK = 5
"""How many rows a window has in common with the one before; less than any size of window."""


class Position(Struct):
    """How far a list has been read."""

    offset: int = 0
    last_id: int = 0
    size: int = PAGE
    """Of the next window: less than usual for the rest of a list that broke at the usual one."""
    hidden: bool = False
    """The last window had rows that this account may not see, so the next one need not join it."""


class Window(Struct, frozen=True, kw_only=True):
    """A stretch of a list ordered by rising id."""

    offset: int
    size: int
    total: int
    """Of the whole list."""
    rows: tuple[dict[str, Any], ...]
    answer: Answer

    @property
    def ids(self) -> list[int]:
        return [row["id"] for row in self.rows]

    @property
    def is_last(self) -> bool:
        return self.offset + self.size >= self.total

    @property
    def has_hidden_rows(self) -> bool:
        return len(self.rows) < min(self.size, self.total - self.offset)


ReadWindow = Callable[[int, int], Awaitable[Window]]
"""Reads the rows from an offset on, at most as many as the second number says."""


async def next_window(read: ReadWindow, position: Position) -> Window:
    """The window that follows on `position` without a gap."""
    offset, step = max(0, position.offset - LINK), PAGE
    while True:
        window = await read(offset, position.size)
        if offset == 0 or position.hidden or _joins(window, position):
            return window
        if window.has_hidden_rows and not window.rows:
            return window
        offset = max(0, min(offset, window.total) - step)
        step *= 2


def after(window: Window, position: Position) -> Position:
    """Where reading goes on after a window."""
    return Position(
        offset=window.total if window.is_last else window.offset + window.size,
        last_id=max([position.last_id, *window.ids]),
        size=PAGE if window.is_last else window.size,
        hidden=window.has_hidden_rows,
    )


def rewound(position: Position, rows: int) -> Position:
    """Some rows further back, to read again what may have changed since."""
    return msgspec.structs.replace(position, offset=max(0, position.offset - rows))


def span(window: Window) -> tuple[int, int | None] | None:
    """The ids that a window speaks for: what is in between and not in it does not exist (any more)."""
    if window.has_hidden_rows:
        return None
    if not window.rows:
        return (0, None) if window.total == 0 else None
    low = 0 if window.offset == 0 else min(window.ids)
    return low, None if window.is_last else max(window.ids)


def _joins(window: Window, position: Position) -> bool:
    return bool(window.rows) and min(window.ids) <= position.last_id
