"""Who and what most of a query's items of a period come from: its first sources, authors and stories.

Each is counted along an index that holds a query's items by that origin, so the order of the index does the
grouping and no item is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import connection

from parvis.channels.models import Channel, Item, Profile
from parvis.jobs.rows import among, as_param
from parvis.listening.models import Story
from parvis.listening.reputation.figures import seen_departments
from parvis.listening.reputation.periods import Period
from parvis.orgs.models import Member

SHOWN = 5


class Origin(StrEnum):
    """What a figure is taken apart by; as the columns of Match are called."""

    CHANNEL = "channel"
    PROFILE = "profile"
    STORY = "story"


_LEAST = {Origin.CHANNEL: 1, Origin.PROFILE: 1, Origin.STORY: 2}
"""What a single item tells is no story."""


@dataclass(frozen=True, slots=True)
class Top:
    key: int
    name: str
    """"" where it is not known, or not for this reader."""
    text: str
    """How a story without a title begins."""
    count: int


def tops_of(query_id: int, member: Member, period: Period) -> dict[Origin, list[Top]]:
    """The first few of each kind, of the items that the member sees."""
    counted = _first_counts(query_id, period, seen_departments(member))
    names = _names(counted, member)
    return {
        origin: [Top(key, *names.get((origin, key), ("", "")), count) for key, count in rows]
        for origin, rows in counted.items()
    }


def name_of(origin: Origin, key: int, member: Member) -> tuple[str, str]:
    """Of one source, author or story, as in `Top`."""
    return _names({origin: [(key, 0)]}, member).get((origin, key), ("", ""))


def _first_counts(
    query_id: int, period: Period, departments: Sequence[int] | None
) -> dict[Origin, list[tuple[int, int]]]:
    """(key, count) by kind, in one statement."""
    found: dict[Origin, list[tuple[int, int]]] = {origin: [] for origin in Origin}
    if departments == []:
        return found
    params: list[Any] = [query_id, as_param(period.begins), as_param(period.ends)]
    seen = ""
    if departments is not None:
        of_them, given = among(departments)
        seen, params = f"AND department_key {of_them}", [*params, *given]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(_counting(origin, seen) for origin in Origin), params * len(Origin))
        for origin, key, count in cursor.fetchall():
            found[Origin(origin)].append((key, count))
    return {origin: sorted(rows, key=lambda row: (-row[1], row[0])) for origin, rows in found.items()}


def _counting(origin: Origin, seen: str) -> str:
    column = f"{origin.value}_key"
    # SQLite tries at each row to read a bare column of this type as a number: a third of the time.
    hour = "+hour" if connection.vendor == "sqlite" else "hour"
    return (
        f"SELECT * FROM (SELECT '{origin.value}' AS origin, {column} AS key, COUNT(*) AS number FROM listening_match"  # noqa: S608
        f" WHERE query_id = %s AND {hour} >= %s AND {hour} < %s AND {column} IS NOT NULL {seen} GROUP BY {column}"
        f" HAVING COUNT(*) >= {_LEAST[origin]} ORDER BY number DESC, {column} LIMIT {SHOWN}) AS first_{origin.value}"
    )


def _names(
    counted: Mapping[Origin, Sequence[tuple[int, int]]], member: Member
) -> dict[tuple[Origin, int], tuple[str, str]]:
    """Name and text. A story is called by its founder, where the reader may see that."""
    keys = {origin: [key for key, _ in rows] for origin, rows in counted.items()}
    names: dict[tuple[Origin, int], tuple[str, str]] = {}
    for key, name in Channel.objects.filter(id__in=keys.get(Origin.CHANNEL, ())).values_list("id", "name"):
        names[Origin.CHANNEL, key] = (name, "")
    for key, name, handle in Profile.objects.filter(id__in=keys.get(Origin.PROFILE, ())).values_list(
        "id", "name", "handle"
    ):
        names[Origin.PROFILE, key] = (name or handle, "")
    stories = Story.objects.filter(id__in=keys.get(Origin.STORY, ()), founder__in=Item.objects.visible_to(member))
    for key, title, text in stories.values_list("id", "founder__title", "founder__text"):
        names[Origin.STORY, key] = (title, text)
    return names
