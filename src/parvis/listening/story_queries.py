"""Reading stories for the screens: those that several tell, and who told each, when and where."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from parvis.core.query.tree import Query
from parvis.listening.models import Story, Telling
from parvis.listening.queries import MatchRow, rows_of
from parvis.orgs.models import Department, Member

PAGE = 30
TELLINGS_SHOWN = 200
NOTHING_MARKED = Query(None)


@dataclass(frozen=True, slots=True)
class StoryPage:
    stories: list[Story]
    next: str
    """Cursor to go on below; "" at the end."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How a story went round: its tellings in their order, and how many came from where."""

    rows: list[MatchRow]
    channels: list[tuple[str, int]]
    is_cut: bool


def story_page(member: Member, *, department: Department | None = None, cursor: str = "") -> StoryPage:
    """Stories that several items tell, the one told last first."""
    stories = Story.objects.visible_to(member).filter(item_count__gt=1).select_related("founder")
    if department is not None:
        stories = stories.filter(department=department)
    before = _read(cursor)
    if before is not None:
        at, key = before
        stories = stories.filter(Q(last_at__lt=at) | Q(last_at=at, id__lt=key))
    rows = list(stories.select_related("department").order_by("-last_at", "-id")[: PAGE + 1])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return StoryPage(rows[:PAGE], f"{last.last_at.isoformat()}_{last.pk}" if last else "")


def story_of(member: Member, key: int) -> Story | None:
    found: Story | None = Story.objects.visible_to(member).select_related("founder").filter(pk=key).first()
    return found


def spread_of(story: Story, member: Member) -> Spread:
    """Of what the member sees: an item may have moved to another department."""
    ids = list(
        Telling.objects.filter(story=story).order_by("item_id").values_list("item_id", flat=True)[: TELLINGS_SHOWN + 1]
    )
    rows = sorted(rows_of(dict.fromkeys(ids[:TELLINGS_SHOWN]), member), key=lambda row: (row.at, row.item_id))
    return Spread(rows, Counter(row.channel for row in rows).most_common(), len(ids) > TELLINGS_SHOWN)


def _read(cursor: str) -> tuple[datetime, int] | None:
    written, _, key = cursor.partition("_")
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return (at, int(key)) if key.isdecimal() and len(key) < 19 and at.tzinfo else None
