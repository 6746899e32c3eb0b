"""Stored items that one query finds, by as few of their columns as it asks about (`documents.heard` says what each means)."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import BooleanField, Case, DateTimeField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from parvis.channels.models import Item
from parvis.core.matching import compile_query, prepare
from parvis.core.query.document import Document
from parvis.core.query.joining import children, nodes_of
from parvis.core.query.tree import All, Field, Node, Query
from parvis.core.query.values import days_span, since_start
from parvis.listening.documents import ITEMS_A_QUERY, heard_text, items_among, number_in
from parvis.listening.quick import HARD, Asks, Said, asks_of
from parvis.orgs.house import house_zone

_MOST_KNOWN = 20_000
_FIRST = ("id", "fingerprint", "department_id")
_TEXT = ("title", "text")
_MOMENT = Coalesce("published_at", "received_at", output_field=DateTimeField())


class Found(NamedTuple):
    """An item as it was read: whoever writes down that it was found asks whether it is still so."""

    item_id: int
    fingerprint: str
    department_id: int


@dataclass(frozen=True, slots=True)
class _Column:
    """What a field of a query looks at."""

    columns: tuple[Any, ...]
    """Names or expressions; what they give can be told apart by ==."""
    document: Callable[..., Document] | None = None
    """What of the document they are; None: the column itself is the answer."""
    short: Callable[[Any], Any] | None = None
    """As much of the one column as makes a difference: many items share it."""


def _fact(name: str) -> _Column:
    def document(facts: str) -> Document:
        return Document("", **{name: number_in(json.loads(facts), name)})  # type: ignore[arg-type]

    return _Column((Cast("facts", TextField()),), document)


def _answer(condition: Q) -> _Column:
    return _Column((Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField()),))


_COLUMNS: dict[str, _Column] = {
    "author": _Column(
        ("profile__name", "profile__handle"),
        lambda name, handle: Document("", author=name or "", handle=handle or ""),
    ),
    "url": _Column(("url",), lambda url: Document("", url=url)),
    "site": _Column(("url",), lambda url: Document("", url=url), lambda url: "/".join(url.split("/", 3)[:3])),
    "lang": _Column(("language",), lambda language: Document("", lang=language)),
    "kind": _Column(("kind",), lambda kind: Document("", kind=kind)),
    "platform": _Column(("channel__connector",), lambda platform: Document("", platform=platform)),
    "channel": _Column(
        ("channel__name", "channel_id"), lambda name, key: Document("", channel=(name, str(key)))
    ),
    "department": _Column(
        ("department__name", "department_id"), lambda name, key: Document("", department=(name, str(key)))
    ),
    "story": _Column(("telling__story_id",), lambda key: Document("", story=(str(key),) if key else ())),
    "followers": _fact("followers"),
    "reach": _fact("reach"),
    "is:reply": _answer(Q(parent_id__isnull=False) | ~Q(parent_remote_id="")),
    "has:media": _Column(
        (Cast("media", TextField()),), lambda media: Document("", has_media=bool(json.loads(media)))
    ),
}  # fmt: skip
"""By name of the field, flags with their value. What is not here, the text answers, or nothing does."""


class Sifter:
    """Of one query, as it stands at one moment."""

    def __init__(self, query: Query, *, now: datetime) -> None:
        root = query.root if query.root is not None else All(())
        self._now, self._zone = now, house_zone()
        self._columns: list[Any] = []
        self._is_hard = HARD in (root.parts if isinstance(root, All) else (root,))
        self._has_text = any(self._is_of_text(node) for node in nodes_of(root))
        self._asks = asks_of(root, self._told, is_hard=self._is_hard)

    def among(self, item_ids: Sequence[int], *, department_ids: Sequence[int] | None = None) -> Iterator[Found]:
        """Of these items, by id where they are given so; `department_ids` None: wherever they are."""
        for start in range(0, len(item_ids), ITEMS_A_QUERY):
            items = items_among(item_ids[start : start + ITEMS_A_QUERY])
            yield from self._sifted(items if department_ids is None else items.filter(department_id__in=department_ids))

    def between(self, ids: range, *, department_ids: Sequence[int]) -> Iterator[Found]:
        """Of all items with such an id, by id."""
        items = Item.objects.filter(id__gte=ids.start, id__lt=ids.stop, department_id__in=department_ids)
        yield from self._sifted(items)

    def _sifted(self, items: QuerySet[Item]) -> Iterator[Found]:
        said = Said(is_hard=self._is_hard, now=self._now, zone=self._zone)
        take, asks = said.take, self._asks
        columns = (*_FIRST, *(_TEXT if self._has_text else (Value(""), Value(""))), *self._columns)
        rows: Iterable[Any] = items.order_by("id").values_list(*columns)
        for row in rows:
            title = row[3]
            take(row, title, heard_text(title, row[4]))
            if asks(said):
                yield Found(*row[:3])

    def _told(self, field: Field) -> Asks | None:
        """What asks a field's columns, which are read from now on."""
        column = self._column_of(field)
        if column is None:
            return None
        first = len(_FIRST) + len(_TEXT) + len(self._columns)
        self._columns += column.columns
        if column.document is None:
            return lambda said: bool(said.row[first])
        return _remembered(column, first, self._compiled(field, column.document))

    def _column_of(self, field: Field) -> _Column | None:
        if field.name == "date":
            return _within(*days_span(field.value, self._zone))
        if field.name == "since":
            return _within(since_start(field.value, self._now), None)
        return _COLUMNS.get(field.name) or _COLUMNS.get(f"{field.name}:{field.value}")

    def _is_of_text(self, node: Node) -> bool:
        if isinstance(node, Field):
            return node.name != "fold" and self._column_of(node) is None
        return not children(node)

    def _compiled(self, field: Field, document: Callable[..., Document]) -> Callable[..., bool]:
        holds = compile_query(Query(All((field, HARD)) if self._is_hard else field))
        now, zone = self._now, self._zone
        return lambda *values: holds(prepare(document(*values), now=now, zone=zone))


def _remembered(column: _Column, first: int, ask: Callable[..., bool]) -> Asks:
    """Asked once of each value."""
    known: dict[Any, bool] = {}
    after, short = first + len(column.columns), column.short

    def asks(said: Said) -> bool:
        values = said.row[first:after]
        key = values if short is None else short(values[0])
        answer = known.get(key)
        if answer is None:
            if len(known) > _MOST_KNOWN:
                known.clear()
            answer = known[key] = ask(*values)
        return answer

    return asks


def _within(begin: datetime | None, end: datetime | None) -> _Column:
    condition = Q()
    if begin is not None:
        condition &= Q(GreaterThanOrEqual(_MOMENT, begin))
    if end is not None:
        condition &= Q(LessThan(_MOMENT, end))
    return _answer(condition)
