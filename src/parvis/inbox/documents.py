"""Items of conversations as the query language sees them: no more of each than a query asks about."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from parvis.channels.models import Item
from parvis.channels.search import indexed_text
from parvis.core.matching import Prepared, prepare
from parvis.core.query.document import Document

_ROWS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Piece:
    """An item of a thread."""

    item_id: int
    root_id: int
    prepared: Prepared


def _number(name: str) -> Callable[..., Any]:
    def read(facts: dict[str, Any]) -> float | None:
        value = facts.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    return read


_READ: dict[str, tuple[str, tuple[str, ...], Callable[..., Any]]] = {
    "url": ("url", ("url",), str),
    "site": ("url", ("url",), str),
    "story": ("story", ("telling__story_id",), lambda story: (str(story),) if story else ()),
    "followers": ("followers", ("facts",), _number("followers")),
    "reach": ("reach", ("facts",), _number("reach")),
    "is:reply": (
        "is_reply", ("parent_id", "parent_remote_id"), lambda parent, remote: bool(parent or remote)
    ),
    "has:media": ("has_media", ("media",), bool),
}  # fmt: skip
"""Of fields of a query: what of the document they look at, from which columns it comes, and how."""


class Reader:
    """Reads items for one query. `fields`: those that it asks of items, flags as `is:reply`."""

    def __init__(self, fields: frozenset[str], *, now: datetime) -> None:
        self._now = now
        self._more = [_READ[name] for name in sorted(fields & _READ.keys())]
        self._columns = list(dict.fromkeys(column for _, columns, _ in self._more for column in columns))

    def by_id(self, item_ids: Sequence[int]) -> dict[int, Piece]:
        return {piece.item_id: piece for piece in self._read(item_ids, "id__in")}

    def of_threads(self, root_ids: Sequence[int], *, since_id: int = 0) -> list[Piece]:
        """Every item of these threads from an id on, newest first."""
        pieces = [*self._read(root_ids, "id__in", since_id), *self._read(root_ids, "root_id__in", since_id)]
        return sorted(pieces, key=lambda piece: -piece.item_id)

    def _read(self, ids: Sequence[int], where: str, since_id: int = 0) -> Iterator[Piece]:
        for start in range(0, len(ids), _ROWS_A_QUERY):
            items = Item.objects.filter(**{where: ids[start : start + _ROWS_A_QUERY]})
            if since_id:
                items = items.filter(id__gte=since_id)
            for row in items.order_by().values_list("id", "root_id", "title", "text", *self._columns):
                yield self._piece(row)

    def _piece(self, row: Sequence[Any]) -> Piece:
        key, root_id, title, text, *others = row
        named = dict(zip(self._columns, others, strict=True))
        known = {name: read(*(named[column] for column in columns)) for name, columns, read in self._more}
        document = Document(indexed_text(title, text), title=title, **known)
        return Piece(key, root_id or key, prepare(document, now=self._now, zone=UTC))
