"""A row as people read it: every word worked out here, so that the template only places them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from parvis.inbox.rows import AuthorView, ConversationRow, LabelView, PersonView
from parvis.web.templatetags.parvis import time_element
from parvis.web.times import Eyes, whose_eyes

_BLANK_LINES = re.compile(r"\s*\n\s*")
TEXT_LIMIT = 260
"""Characters that three lines can hold."""


@dataclass(frozen=True, slots=True)
class State:
    """What a row's one accent says."""

    label: str
    icon: str
    tone: str = ""


@dataclass(slots=True)
class Line:
    id: int
    url: str
    text: str
    language: str
    author: str
    history: str
    place: str
    state: State
    why: str
    assignee: str
    age: SafeString
    is_unanswered: bool
    is_open: bool
    labels: list[LabelView] = field(default_factory=list)
    present: list[PersonView] = field(default_factory=list)


def lines_of(
    rows: Iterable[ConversationRow], *, now: datetime, query: dict[str, str], open_id: int | None
) -> list[Line]:
    """`query` is what the list is filtered by: each row's link keeps it."""
    suffix = f"?{urlencode(query)}" if query else ""
    base, eyes = reverse("inbox"), whose_eyes()
    return [_line(row, now=now, eyes=eyes, url=f"{base}{row.id}/{suffix}", is_open=row.id == open_id) for row in rows]


def _line(row: ConversationRow, *, now: datetime, eyes: Eyes, url: str, is_open: bool) -> Line:
    return Line(
        id=row.id,
        url=url,
        text=cut(_BLANK_LINES.sub("\n", (row.text or row.title).strip()) or _("(without text)"), limit=TEXT_LIMIT),
        language=row.item_language or row.language,
        author=author_name(row.author),
        history=history_of(row.author, row.kind, eyes.language),
        place=f"{row.channel} · {row.article_title}" if row.article_title else row.channel,
        state=state_of(row, eyes.language),
        why=why_of(row.why, eyes.language),
        assignee=row.assignee,
        age=time_element(row.at, now, eyes),
        is_unanswered=row.is_unanswered and row.state == "open",
        is_open=is_open,
        labels=row.labels,
        present=row.present,
    )


def cut(text: str, *, limit: int) -> str:
    """At most `limit` characters, never within a word."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    end = max(head.rfind(" "), head.rfind("\n"))
    return head[: end if end > limit // 2 else limit].rstrip() + " …"


def author_name(author: AuthorView) -> str:
    return author.name or author.handle or _("Somebody unnamed")


def history_of(author: AuthorView, kind: str, language: str | None = None) -> str:
    """“3rd comment, 1 refused”: how often they wrote here; "" where that is not known."""
    if author.is_house:
        return _("the house")
    if not author.item_count:
        return ""
    return _history(author.item_count, author.refused_count or 0, kind, language or get_language() or "en")


@lru_cache(4096)
def _history(count: int, refused: int, kind: str, language: str) -> str:
    firsts = {"mention": _("first mention"), "message": _("first message"), "review": _("first review")}
    others = {"mention": _("{nth} mention"), "message": _("{nth} message"), "review": _("{nth} review")}
    if count == 1:
        words = firsts.get(kind) or _("first comment")
    else:
        words = (others.get(kind) or _("{nth} comment")).format(nth=_ordinal(count, language))
    if refused:
        words += ", " + ngettext("{n} refused", "{n} refused", refused).format(n=refused)
    return words


def _ordinal(number: int, language: str) -> str:
    if language.startswith("fr"):
        return f"{number}ᵉ"
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return str(number) + {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def state_of(row: ConversationRow, language: str | None = None) -> State:
    return _state(
        row.state, row.stuck_count > 0, row.held_count, row.pending_count > 0, language or get_language() or "en"
    )


@lru_cache(1024)
def _state(state: str, is_stuck: bool, held_count: int, is_pending: bool, _language: str) -> State:
    if is_stuck:
        return State(_("Needs a person"), "alert-triangle", "harm")
    if held_count:
        words = ngettext("Waits for a decision", "{n} wait for a decision", held_count).format(n=held_count)
        return State(words, "hand-stop", "waits")
    if is_pending:
        return State(_("On its way"), "send", "act")
    return {
        "done": State(_("Done"), "check", "done"),
        "waiting": State(_("Waits for an answer"), "hourglass"),
        "snoozed": State(_("Snoozed"), "zzz"),
    }.get(state) or State(_("Open"), "message")


def why_of(codes: Iterable[str], language: str | None = None) -> str:
    """Why it is here, beyond being held (which the state says)."""
    return _why(tuple(codes), language or get_language() or "en") if codes else ""


@lru_cache(1024)
def _why(codes: tuple[str, ...], _language: str) -> str:
    known = {
        "first_time": _("writes for the first time"),
        "has_link": _("contains a link"),
        "edited": _("changed after it was decided"),
        "reopened": _("came back"),
        "unsnoozed": _("back from snooze"),
    }
    return ", ".join(known[code] for code in codes if code in known)
