"""A filter text, made into conditions on conversations: names looked up, times worked out."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Lower

from parvis.channels.models import Channel, Profile
from parvis.channels.rows import as_param
from parvis.core.errors import QueryNotUnderstood
from parvis.core.query import Query, chips_of, parse_query
from parvis.core.query.fields import DATES, SINCE, STATES
from parvis.core.query.flat import Query as FlatQuery
from parvis.core.query.flat import Term, TermKind, flat_of, print_term, print_terms
from parvis.core.query.printer import Chip, with_field
from parvis.core.wording import Text
from parvis.inbox.models import Label, Priority
from parvis.orgs.access import department_ids
from parvis.orgs.models import Department, House, Member
from parvis.orgs.queries import people_known_to

MOST_AUTHORS = 500
"""Profiles of one name that are looked at."""
_NAMES_KEPT = 8192
"""Folded; people type any, so that not all may be kept."""
_HOURS = {"h": 1, "d": 24, "w": 7 * 24, "m": 30 * 24, "y": 365 * 24}

__all__ = ["Chip", "Clause", "Filter", "chips", "compile_filter", "with_field"]


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition in SQL on the conversation `c`. `index` names the index that leads straight to it, if one does."""

    sql: str
    params: tuple[Any, ...] = ()
    index: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list shows. `None` for departments, states or channels: any."""

    query: Query = field(default_factory=Query)
    departments: tuple[int, ...] | None = None
    states: tuple[str, ...] | None = None
    channels: tuple[int, ...] | None = None
    clauses: tuple[Clause, ...] = ()
    label_ids: tuple[int, ...] = ()
    """Each must stick."""
    author_ids: tuple[tuple[int, ...], ...] = ()
    """Of each group somebody must have written in it."""
    words: str = ""
    """What items are searched for; "" where nothing is."""
    without: str = ""
    """Words of which an item found must have none."""

    @property
    def is_empty(self) -> bool:
        """Nothing can be found: it contradicts itself, or names what is not there."""
        return () in (self.departments, self.states, self.channels) or () in self.author_ids


def compile_filter(text: str, member: Member, *, now: datetime, department: Department | None = None) -> Filter:
    """The filter as it reads for this member, within what they may see.

    Raises QueryNotUnderstood where it cannot be read, or names what does not exist.
    """
    query = parse_query(text)
    visible = department_ids(member)
    found = Filter(query, departments=None if visible is None else tuple(sorted(visible)))
    if department is not None:
        found = _within(found, {department.pk})
    reading = _Reading(text, member, now)
    terms = _terms(text, query)
    for term in terms:
        if term.kind is TermKind.FIELD:
            found = _FIELDS[term.name](reading, found, term)
    words, without = _words(terms)
    return replace(found, words=words, without=without)


def _terms(text: str, query: Query) -> tuple[Term, ...]:
    """What a list can be filtered by today. Raises QueryNotUnderstood at what it cannot."""
    flat = flat_of(query)
    if flat is None:
        raise QueryNotUnderstood(
            start=0,
            end=len(text),
            detail=Text(
                "the inbox takes words, “phrases” and fields, all of them wanted, or left out by a hyphen",
                "la réception n’accepte que des mots, des «\u202fexpressions\u202f» et des champs, tous voulus, ou exclus"
                " par un tiret",
            ),
        )
    for term in flat.terms:
        if term.kind is TermKind.FIELD and not _is_known(term):
            raise QueryNotUnderstood(
                start=term.start,
                end=term.end,
                detail=Text(
                    "the inbox cannot be filtered by “{term}”",
                    "la réception ne peut pas être filtrée par «\u202f{term}\u202f»",
                ).format(term=print_term(term)),
            )
    return flat.terms


def _is_known(term: Term) -> bool:
    return term.name in _FIELDS and (term.name, term.value) not in {("is", "reply"), ("has", "media")}


def chips(text: str) -> list[Chip]:
    """What the screen shows of a filter, term by term. Raises QueryNotUnderstood."""
    return chips_of(parse_query(text))


@dataclass
class _Reading:
    """What the fields look things up in, each list read once."""

    text: str
    member: Member
    now: datetime
    _lists: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def named(self, kind: str, term: Term) -> tuple[int, ...]:
        """Ids of what bears the name; several where departments use the same word."""
        choices = self._lists.setdefault(kind, self._load(kind))
        wanted = fold(term.value)
        ids = tuple(key for key, name in choices if fold(name) == wanted)
        if not ids and kind != "label":
            ids = _only(key for key, name in choices if fold(name).startswith(wanted))
        if not ids:
            raise _unknown(self.text, term, [name for _, name in choices])
        return ids

    def _load(self, kind: str) -> list[tuple[int, str]]:
        if kind == "assignee":
            return list(people_known_to(self.member).values_list("id", "name"))
        if kind == "department":
            return list(Department.objects.visible_to(self.member).values_list("id", "name"))
        if kind == "channel":
            return list(Channel.objects.visible_to(self.member).values_list("id", "name"))
        return list(visible_labels(self.member).values_list("id", "name"))


def visible_labels(member: Member) -> Any:
    """Labels of the member's departments, and those of the whole house."""
    visible = department_ids(member)
    if visible is None:
        return Label.objects.all()
    return Label.objects.filter(Q(department__isnull=True) | Q(department_id__in=sorted(visible)))


@lru_cache(_NAMES_KEPT)
def fold(name: str) -> str:
    """A name as people compare names: without case, accents and doubled spaces."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).split())


def _only(ids: Iterable[int]) -> tuple[int, ...]:
    """The beginning of a name counts where it is the beginning of one only."""
    found = tuple(ids)
    return found if len(found) == 1 else ()


def _unknown(text: str, term: Term, names: list[str]) -> QueryNotUnderstood:
    near = get_close_matches(term.value, names, 1, 0.5)
    repair = repaired = None
    if near:
        repair = Text("Did you mean “{near}”?", "Vouliez-vous dire « {near} » ?").format(near=near[0])
        repaired = f"{text[: term.start]}{print_term(replace(term, value=near[0]))}{text[term.end :]}"
    return QueryNotUnderstood(
        start=term.start,
        end=term.end,
        detail=Text("nothing here is called “{name}”", "rien ici ne s’appelle « {name} »").format(name=term.value),
        repair=repair,
        repaired=repaired,
    )


def _within(found: Filter, ids: set[int], *, negated: bool = False) -> Filter:
    """Narrowed to departments, or to the others."""
    if negated and found.departments is None:
        others = Department.objects.exclude(pk__in=ids).values_list("id", flat=True)
        return replace(found, departments=tuple(sorted(others)))
    seen = found.departments
    if seen is None:
        return replace(found, departments=tuple(sorted(ids)))
    return replace(found, departments=tuple(key for key in seen if (key in ids) is not negated))


def _and(found: Filter, sql: str, *params: Any, negated: bool = False, index: str = "") -> Filter:
    clause = Clause(f"NOT ({sql})", params) if negated else Clause(sql, params, index)
    return replace(found, clauses=(*found.clauses, clause))


def _state(_reading: _Reading, found: Filter, term: Term) -> Filter:
    states = found.states or STATES if found.states != () else ()
    return replace(found, states=tuple(name for name in states if (name == term.value) is not term.is_negated))


def _assignee(reading: _Reading, found: Filter, term: Term) -> Filter:
    if fold(term.value) in {"nobody", "personne"}:
        return _and(found, "c.assignee_id IS NULL", negated=term.is_negated)
    if fold(term.value) in {"me", "moi"}:
        ids: tuple[int, ...] = (reading.member.pk,)
    else:
        ids = reading.named("assignee", term)
    marks = ", ".join(["%s"] * len(ids))
    if term.is_negated:
        return _and(found, f"(c.assignee_id IS NULL OR c.assignee_id NOT IN ({marks}))", *ids)
    return _and(found, f"c.assignee_id IN ({marks})", *ids, index="conv_assignee")


def _department(reading: _Reading, found: Filter, term: Term) -> Filter:
    return _within(found, set(reading.named("department", term)), negated=term.is_negated)


def _channel(reading: _Reading, found: Filter, term: Term) -> Filter:
    return _in_channels(found, reading.named("channel", term), negated=term.is_negated)


def _platform(reading: _Reading, found: Filter, term: Term) -> Filter:
    """Of the kind of platform; a demonstration's channels count as what they stand for."""
    slug = term.value.lower()
    rows = Channel.objects.visible_to(reading.member).values_list("id", "connector", "facts")
    ids = tuple(key for key, connector, facts in rows if (facts.get("stands_for") or connector) == slug)
    return _in_channels(found, ids, negated=term.is_negated)


def _in_channels(found: Filter, ids: tuple[int, ...], *, negated: bool) -> Filter:
    if negated:
        if not ids:
            return found
        return _and(found, f"c.channel_id NOT IN ({', '.join(['%s'] * len(ids))})", *ids)
    kept = ids if found.channels is None else tuple(key for key in found.channels if key in ids)
    return replace(found, channels=kept)


def _label(reading: _Reading, found: Filter, term: Term) -> Filter:
    ids = reading.named("label", term)
    if term.is_negated:
        return _and(found, _sticks(ids), *ids, negated=True)
    if len(ids) > 1:  # several departments use the word: any of them
        return _and(found, _sticks(ids), *ids)
    return replace(found, label_ids=(*found.label_ids, *ids))


def _sticks(ids: tuple[int, ...]) -> str:
    marks = ", ".join(["%s"] * len(ids))
    where = f"l.conversation_id = c.id AND l.label_id IN ({marks})"
    return f"EXISTS (SELECT 1 FROM inbox_labelling l WHERE {where})"  # noqa: S608


def _author(reading: _Reading, found: Filter, term: Term) -> Filter:
    forms = {_ascii_lower(name) for name in (term.value, term.value.title())} | {term.value.lower()}
    named = Profile.objects.annotate(lower_name=Lower("name")).filter(lower_name__in=forms)
    visible = department_ids(reading.member)
    if visible is not None:
        named = named.filter(channel__department_id__in=sorted(visible))
    ids = tuple(named.order_by().values_list("id", flat=True)[:MOST_AUTHORS])
    if not term.is_negated:
        return replace(found, author_ids=(*found.author_ids, ids))
    return _and(found, wrote(ids), *ids, *ids, negated=True) if ids else found


def _ascii_lower(name: str) -> str:
    return "".join(sign.lower() if sign.isascii() else sign for sign in name)


def wrote(ids: tuple[int, ...]) -> str:
    """Somebody of them wrote in the conversation `c`; takes the ids twice."""
    marks = ", ".join(["%s"] * len(ids))
    return (
        f"EXISTS (SELECT 1 FROM channels_item i WHERE i.id = c.root_id AND i.profile_id IN ({marks}))"  # noqa: S608
        f" OR EXISTS (SELECT 1 FROM channels_item i WHERE i.root_id = c.root_id AND i.profile_id IN ({marks}))"
    )


def _kind(_reading: _Reading, found: Filter, term: Term) -> Filter:
    return _and(found, "c.kind = %s", term.value, negated=term.is_negated, index="conv_kind")


def _lang(_reading: _Reading, found: Filter, term: Term) -> Filter:
    tag = term.value.lower().replace("_", "-").split("-")[0]
    return _and(found, "c.language = %s", tag, negated=term.is_negated, index="conv_language")


def _priority(_reading: _Reading, found: Filter, term: Term) -> Filter:
    value = Priority[term.value.upper()].value
    sql = "c.priority = %s AND NOT (c.priority = 0)" if value else "c.priority = %s"
    return _and(found, sql, value, negated=term.is_negated, index="conv_priority" if value else "")


def _is(reading: _Reading, found: Filter, term: Term) -> Filter:
    if term.value == "held":
        return _and(found, "c.held_count > 0", negated=term.is_negated, index="conv_held")
    if term.value == "unanswered":
        return _and(found, "c.is_unanswered = %s", not term.is_negated)
    if term.value == "snoozed":
        return _state(reading, found, term)
    return _assignee(reading, found, replace(term, value="me"))


def _has(_reading: _Reading, found: Filter, term: Term) -> Filter:
    return _and(found, "c.has_link = %s", not term.is_negated)


def _since(reading: _Reading, found: Filter, term: Term) -> Filter:
    matched = SINCE.fullmatch(term.value)
    assert matched
    hours = int(matched[1]) * _HOURS[matched[2]]
    start = reading.now - timedelta(hours=min(hours, 24 * 365 * 200))
    return _and(found, "c.last_activity_at >= %s", as_param(start), negated=term.is_negated)


def _date(reading: _Reading, found: Filter, term: Term) -> Filter:
    """Days of the member's own zone, both included."""
    matched = DATES.fullmatch(term.value)
    assert matched
    both_first, both_last, first_only, last_only, single = matched.groups()
    zone = zone_of(reading.member)
    first, last = both_first or first_only or single, both_last or last_only or single
    sql, params = [], []
    if first:
        sql.append("c.last_activity_at >= %s")
        params.append(as_param(_midnight(first, zone)))
    if last:
        sql.append("c.last_activity_at < %s")
        params.append(as_param(_midnight(last, zone, days=1)))
    return _and(found, " AND ".join(sql), *params, negated=term.is_negated)


def zone_of(member: Member) -> ZoneInfo:
    """The person's own zone, else the house's."""
    name = member.zone or House.objects.values_list("zone", flat=True).first() or "UTC"
    return ZoneInfo(name)


def _midnight(day: str, zone: ZoneInfo, *, days: int = 0) -> datetime:
    start = datetime.combine(date.fromisoformat(day), datetime.min.time(), tzinfo=zone)
    return (start + timedelta(days=days)).astimezone(UTC) if start.year > 1 else start.replace(tzinfo=UTC)


def _words(terms: tuple[Term, ...]) -> tuple[str, str]:
    """What must be in an item, and what must not. Raises QueryNotUnderstood where only the latter is said."""
    words = tuple(term for term in terms if term.kind is not TermKind.FIELD)
    wanted = tuple(term for term in words if not term.is_negated)
    unwanted = tuple(replace(term, is_negated=False) for term in words if term.is_negated)
    if unwanted and not wanted:
        raise QueryNotUnderstood(
            start=unwanted[0].start,
            end=unwanted[0].end,
            detail=Text("it only says what must not be there", "elle ne dit que ce qui ne doit pas y être"),
            repair=Text("Add a word that must be there.", "Ajoutez un mot qui doit y être."),
        )
    return print_terms(FlatQuery(wanted)), print_terms(FlatQuery(unwanted))


_FIELDS: dict[str, Callable[[_Reading, Filter, Term], Filter]] = {
    "state": _state,
    "assignee": _assignee,
    "department": _department,
    "channel": _channel,
    "platform": _platform,
    "label": _label,
    "author": _author,
    "kind": _kind,
    "lang": _lang,
    "priority": _priority,
    "is": _is,
    "has": _has,
    "since": _since,
    "date": _date,
}
