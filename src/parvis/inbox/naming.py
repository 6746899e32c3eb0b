"""Names in a filter, looked up as a member sees them: people, places, labels, authors."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import caches
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Lower

from parvis.channels.models import Channel, Profile
from parvis.core.errors import QueryNotUnderstood
from parvis.core.query.printer import print_node, quote_value
from parvis.core.query.tree import Field
from parvis.core.query.values import name_key
from parvis.core.query.words import folded_parts, pattern_holds
from parvis.core.text.normalise import folded_text
from parvis.core.wording import Text
from parvis.inbox.models import Label
from parvis.orgs.access import department_ids
from parvis.orgs.models import Department, House, Member
from parvis.orgs.queries import people_known_to

MOST_AUTHORS = 500
"""Profiles of one whole name that are looked at."""
MOST_NAMED = 4000
"""Profiles in whose names some words stand; of more than that nobody means each."""
MOST_LOOKED_UP = 20
"""Different authors that one filter may name."""
_KEPT_S = 60
_NAMES_KEPT = 8192
"""Folded; people type any, so that not all may be kept."""
_NUMBERED = frozenset({"channel", "department"})


@lru_cache(_NAMES_KEPT)
def fold(name: str) -> str:
    """A name as people compare names: without case, accents, forms of apostrophe and doubled spaces."""
    return name_key(name)


@dataclass
class Names:
    """What the fields of one filter look names up in, each list read once."""

    text: str
    """The filter as it is written: errors offer it mended."""
    member: Member
    _lists: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    _authors: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _zone: ZoneInfo | None = None

    @property
    def zone(self) -> ZoneInfo:
        if self._zone is None:
            self._zone = zone_of(self.member)
        return self._zone

    def ids(self, wanted: Field) -> tuple[int, ...]:
        """Of what bears the name or the number; several where departments use the same word.

        Raises QueryNotUnderstood where there is none.
        """
        kind = wanted.name
        choices = self._lists.setdefault(kind, self._load(kind))
        key = fold(wanted.value)
        ids = tuple(
            one for one, name in choices if fold(name) == key or (kind in _NUMBERED and str(one) == wanted.value)
        )
        if not ids and kind != "label":
            ids = _only(one for one, name in choices if fold(name).startswith(key))
        if not ids:
            raise self._unknown(wanted, [name for _, name in choices])
        return ids

    def channels_of_platform(self, wanted: Field) -> tuple[int, ...]:
        """A demonstration's channels count as what they stand for."""
        slug = wanted.value.lower()
        rows = Channel.objects.visible_to(self.member).values_list("id", "connector", "facts")
        return tuple(key for key, connector, facts in rows if (facts.get("stands_for") or connector) == slug)

    def authors(self, wanted: Field) -> tuple[int, ...]:
        """Who bears it as their whole name; where nobody does, in whose name or handle the words stand.

        Raises QueryNotUnderstood where these are too many.
        """
        found = self._authors.get(wanted.value)
        if found is None and len(self._authors) >= MOST_LOOKED_UP:
            raise _too_many(
                wanted,
                Text("it names more than {count} authors", "elle nomme plus de {count} auteurs").format(
                    count=str(MOST_LOOKED_UP)
                ),
                Text("Make two filters of it.", "Faites-en deux filtres."),
            )
        if found is None:
            found = self._authors[wanted.value] = self._load_authors(wanted.value)
        if len(found) > MOST_NAMED:
            raise _too_many(
                wanted,
                Text(
                    "more than {count} people are called “{name}”",
                    "plus de {count} personnes s’appellent «\u202f{name}\u202f»",
                ).format(count=str(MOST_NAMED), name=wanted.value),
                Text("Write more of the name.", "Écrivez davantage du nom."),
            )
        return found

    def _load_authors(self, name: str) -> tuple[int, ...]:
        visible = department_ids(self.member)
        departments = None if visible is None else sorted(visible)
        return _named(name, departments) or _kept_with_words(name, departments)

    def _load(self, kind: str) -> list[tuple[int, str]]:
        if kind == "assignee":
            return list(people_known_to(self.member).values_list("id", "name"))
        if kind == "department":
            return list(Department.objects.visible_to(self.member).values_list("id", "name"))
        if kind == "channel":
            return list(Channel.objects.visible_to(self.member).values_list("id", "name"))
        return list(visible_labels(self.member).values_list("id", "name"))

    def _unknown(self, wanted: Field, names: list[str]) -> QueryNotUnderstood:
        near = get_close_matches(wanted.value, names, 1, 0.5)
        repair = repaired = None
        if near:
            repair = Text("Did you mean “{near}”?", "Vouliez-vous dire « {near} » ?").format(near=near[0])
            written = self.text[wanted.start : wanted.end].lower()
            is_whole = written.startswith(f"{wanted.name}:")  # else one of several values in parentheses
            mended = print_node(Field(wanted.name, near[0])) if is_whole else quote_value(near[0])
            repaired = f"{self.text[: wanted.start]}{mended}{self.text[wanted.end :]}"
        return QueryNotUnderstood(
            start=wanted.start,
            end=wanted.end,
            detail=Text("nothing here is called “{name}”", "rien ici ne s’appelle « {name} »").format(
                name=wanted.value
            ),
            repair=repair,
            repaired=repaired,
        )


def _too_many(wanted: Field, detail: Text, repair: Text) -> QueryNotUnderstood:
    return QueryNotUnderstood(start=wanted.start, end=wanted.end, detail=detail, repair=repair)


def zone_of(member: Member) -> ZoneInfo:
    """The person's own zone, else the house's."""
    name = member.zone or House.objects.values_list("zone", flat=True).first() or "UTC"
    return ZoneInfo(name)


def visible_labels(member: Member) -> Any:
    """Labels of the member's departments, and those of the whole house."""
    visible = department_ids(member)
    if visible is None:
        return Label.objects.all()
    return Label.objects.filter(Q(department__isnull=True) | Q(department_id__in=sorted(visible)))


def _only(ids: Iterable[int]) -> tuple[int, ...]:
    """The beginning of a name counts where it is the beginning of one only."""
    found = tuple(ids)
    return found if len(found) == 1 else ()


def _named(name: str, departments: Sequence[int] | None) -> tuple[int, ...]:
    forms = {_ascii_lower(form) for form in (name, name.title())} | {name.lower()}
    named = Profile.objects.annotate(lower_name=Lower("name")).filter(lower_name__in=forms)
    if departments is not None:
        named = named.filter(channel__department_id__in=departments)
    return tuple(named.order_by().values_list("id", flat=True)[:MOST_AUTHORS])


def _ascii_lower(name: str) -> str:
    return "".join(sign.lower() if sign.isascii() else sign for sign in name)


def _kept_with_words(value: str, departments: Sequence[int] | None) -> tuple[int, ...]:
    """Known for a while: a list asks for its names again and again, and in a big house the look takes long.

    Somebody new is seen at once; somebody who changes their name, after that while.
    """
    newest = Profile.objects.order_by("-id").values_list("id", flat=True).first()
    key = f"authors:{sha256(repr((value, departments, newest)).encode()).hexdigest()}"
    found: tuple[int, ...] | None = caches["pages"].get(key)
    if found is None:
        found = tuple(islice(_with_words(value, departments), MOST_NAMED + 1))
        caches["pages"].set(key, found, _KEPT_S)
    return found


def _with_words(value: str, departments: Sequence[int] | None) -> Iterator[int]:
    """The database looks for the letters, whatever their accents; names with signs beyond these are all folded."""
    wanted = folded_parts(value)
    letters = "".join(f"[{''.join(_SPELT.get(letter, letter))}]" for letter in _longest(wanted))
    if connection.vendor == "postgresql":
        test, values = "p.{0} ~ %s OR p.{0} ~ %s", [letters, f"[^{_TAME}]"]
    else:
        test, values = "p.{0} GLOB %s OR p.{0} GLOB %s", [f"*{letters}*", f"*[^{_TAME}]*"]
    tests = " OR ".join(test.format(name) for name in ("name", "handle"))
    sql = f"SELECT p.id, p.name, p.handle FROM channels_profile p WHERE ({tests})"  # noqa: S608
    params: list[Any] = [*values, *values]
    if departments is not None:
        marks = ", ".join(["%s"] * len(departments)) or "NULL"
        sql += f" AND p.channel_id IN (SELECT ch.id FROM channels_channel ch WHERE ch.department_id IN ({marks}))"  # noqa: S608
        params += departments
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY p.id", params)
        rows = cursor.fetchall()
    says = _says(wanted)
    return (key for key, *names in rows if any(says(name) for name in names))


_LATIN = [chr(code) for code in range(0xC0, 0x100) if len(folded_text(chr(code)).strip()) == 1]
_TAME = " -~À-ÅÇ-ÖØ-Ýà-åç-öø-ýÿ"
"""ASCII and `_LATIN`, as a class of a pattern: signs that fold to one letter or to none, wherever they stand."""
_SPELT = {
    letter: [letter, letter.upper(), *(sign for sign in _LATIN if folded_text(sign).strip() == letter)]
    for letter in "abcdefghijklmnopqrstuvwxyz"
}
"""How a folded letter may be spelt with these signs."""


def _longest(wanted: Sequence[str]) -> str:
    """Letters that must stand in a name."""
    return max((letters for part in wanted for letters in part.split("*")), key=len)


def _says(wanted: Sequence[str]) -> Callable[[str], bool]:
    """Whether the words stand in a name, one after the other."""
    piece = _longest(wanted)

    def says(name: str) -> bool:
        plain = folded_text(name)
        words = plain.split() if piece in plain else []
        return any(
            all(pattern_holds(*pair) for pair in zip(wanted, words[at:], strict=False))
            for at in range(len(words) - len(wanted) + 1)
        )

    return says
