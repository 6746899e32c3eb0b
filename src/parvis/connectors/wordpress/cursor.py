"""What a reading leaves behind for the next one."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from parvis.connectors.wordpress.seen import Seen
from parvis.connectors.wordpress.window import Position


class ListCursor(Struct):
    """How far one list has been read."""

    reads_all: bool = False
    """Whether the account saw everything, or the public's part; when that changes the list is read anew."""
    imported: bool = False
    head: Position = field(default_factory=Position)
    sweep: Position = field(default_factory=Position)
    swept_at: float = 0.0
    """When the last step of the sweep was made, in seconds since 1970."""
    hurry: int = 0
    """How many windows of the sweep are wanted sooner, since something old has changed."""
    modified_gmt: str = ""
    """The newest change read."""
    wide_at: float = 0.0
    """When changes were last asked for with the wide overlap."""
    held: list[int] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    """Hashes of the windows read at each poll, so that the same one is not handed on each time."""
    digests_since: float = 0.0
    seen: dict[str, str] = field(default_factory=dict)


class Progress:
    """The cursors of all lists, with what was seen unpacked while a reading lasts."""

    def __init__(self, cursor: Mapping[str, Any]) -> None:
        lists = msgspec.convert(dict(cursor).get("lists", {}), dict[str, ListCursor])
        self._lists = lists
        self._seen = {name: Seen(listing.seen) for name, listing in lists.items()}

    def of(self, name: str, *, reads_all: bool) -> tuple[ListCursor, Seen]:
        """The cursor of one list, begun anew where the account now sees more or less than before."""
        kept = self._lists.get(name)
        if kept is None or kept.reads_all != reads_all:
            self._lists[name] = ListCursor(reads_all=reads_all)
            self._seen[name] = Seen()
        return self._lists[name], self._seen[name]

    def written(self) -> dict[str, Any]:
        """As JSON keeps it."""
        for name, seen in self._seen.items():
            self._lists[name].seen = seen.written()
        lists: dict[str, Any] = msgspec.to_builtins(self._lists)
        return {"lists": lists}
