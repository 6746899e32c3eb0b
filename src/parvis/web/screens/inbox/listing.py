"""The list pane: what was asked for, read and put into words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.core.cache import caches
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parvis.core.errors import QueryNotUnderstood
from parvis.core.query.printer import Chip
from parvis.inbox.lookups import has_channels
from parvis.inbox.queries import conversation_page, view_counts, views_of
from parvis.inbox.rows import MOST_CHIPS, Page, ViewRow
from parvis.jobs.live import last_event_id
from parvis.moderation.services import reasons
from parvis.orgs.access import reach_of
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.web import rail
from parvis.web.errors import words_of
from parvis.web.screens.inbox.jobs import JobBar, running_bars
from parvis.web.screens.inbox.lines import Line, lines_of
from parvis.web.screens.inbox.talk import Preset, priority_choices, snooze_presets

FIRST_VIEW = "state:open"
COUNTS_KEPT_S = 10
REASONS_KEPT_S = 60
"""They change with a release; a minute spares every page a query."""


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    url: str
    count: str
    is_here: bool
    view_id: int | None = None
    """Of a saved view that the member may take away."""


@dataclass(frozen=True, slots=True)
class ReasonChoice:
    code: str
    digit: int
    name: str


class Reasons(list[ReasonChoice]):
    """All of them. Pieces of pages are told apart by what they show: these are put into words for it once."""

    def __repr__(self) -> str:
        return self.in_words

    @cached_property
    def in_words(self) -> str:
        return super().__repr__()


@dataclass
class Listing:
    """Everything that list.html places; what a fragment does not show is not read."""

    request: HttpRequest
    text: str
    """The filter as it is typed."""
    page: Page | None
    problem: str
    lines: list[Line]
    open_id: int | None = None
    chips: list[Chip] = field(default_factory=list)

    @property
    def query_text(self) -> str:
        return self.text

    @cached_property
    def address(self) -> str:
        """Of this list, without a conversation."""
        return _address(self.text, after=self.request.GET.get("after", ""), before=self.request.GET.get("before", ""))

    @property
    def next_url(self) -> str:
        return _address(self.text, after=self.page.next) if self.page and self.page.next else ""

    @property
    def previous_url(self) -> str:
        return _address(self.text, before=self.page.previous) if self.page and self.page.previous else ""

    @property
    def has_more_chips(self) -> bool:
        return len(self.chips) == MOST_CHIPS

    @cached_property
    def event_id(self) -> int:
        """What was last told of: what is kept stays right until something more is."""
        read_first: int = self.request.last_event_id  # type: ignore[attr-defined]
        return read_first if self.request.method == "GET" else last_event_id()

    @cached_property
    def tabs(self) -> list[Tab]:
        member, now, department = _who(self.request)
        views, counts = _kept_views(member, now=now, department=department, event_id=self.event_id)
        here = next((view.id for view in views if view.query == self.text), None)
        return [
            Tab(
                name=view.name,
                url=_address(view.query),
                count=counts[view.id],
                is_here=view.id == here,
                view_id=view.id if view.id > 0 and (view.is_own or self.can_share) else None,
            )
            for view in views
        ]

    @property
    def own_view_id(self) -> int | None:
        """Of the view that is shown, where it can be taken away."""
        return next((tab.view_id for tab in self.tabs if tab.is_here and tab.view_id), None)

    @cached_property
    def reasons(self) -> Reasons:
        return reason_choices()

    @cached_property
    def jobs(self) -> list[JobBar]:
        member = _who(self.request)[0]
        key = f"no-jobs:{member.pk}:{self.event_id}"  # a job that begins is told of: until then there is none
        if caches["pages"].get(key):
            return []
        bars = running_bars(member)
        if not bars:
            caches["pages"].set(key, True, COUNTS_KEPT_S)
        return bars

    @property
    def snooze_presets(self) -> list[Preset]:
        return snooze_presets(_who(self.request)[1])

    @property
    def priorities(self) -> list[dict[str, Any]]:
        return priority_choices()

    @property
    def can_save(self) -> bool:
        return not self.problem and all(tab.url != _address(self.text) for tab in self.tabs)

    @property
    def can_share(self) -> bool:
        return self._reaches(Action.SHARE_VIEW)

    @property
    def may_decide(self) -> bool:
        return self._reaches(Action.DECIDE)

    @property
    def may_assign(self) -> bool:
        return self._reaches(Action.ASSIGN)

    def _reaches(self, action: str) -> bool:
        return reach_of(_who(self.request)[0]).anywhere(action)

    @property
    def is_first_view(self) -> bool:
        """Whether what is shown is where the inbox opens."""
        return self.text == FIRST_VIEW

    @cached_property
    def has_channels(self) -> bool:
        return has_channels(_who(self.request)[0])

    @property
    def new_channel_url(self) -> str | None:
        entry = rail.entries(rail.NEW[:1], _who(self.request)[0], "")
        return entry[0].url if entry else None


def _kept_views(
    member: Member, *, now: datetime, department: Department | None, event_id: int
) -> tuple[list[ViewRow], Mapping[int, str]]:
    """The views with their counts, read again as soon as anything has happened; every `COUNTS_KEPT_S` at least."""
    place = (member.pk, get_language(), reach_of(member).fingerprint, department and department.pk, event_id)
    key = f"views:{sha256(repr(place).encode()).hexdigest()}"
    kept: tuple[list[ViewRow], Mapping[int, str]] | None = caches["pages"].get(key)
    if kept is None:
        views = _in_their_places(_standing_views(), views_of(member, department=department))
        kept = (views, view_counts(member, views, now=now, department=department))
        caches["pages"].set(key, kept, COUNTS_KEPT_S)
    return kept


def _in_their_places(standing: Sequence[ViewRow], saved: Sequence[ViewRow]) -> list[ViewRow]:
    """A saved view with the filter of one of the desk's own stands in its place: somebody gave it that name."""
    renamed = {view.query: view for view in reversed(saved)}
    first = [renamed.get(view.query, view) for view in standing]
    return [*first, *(view for view in saved if view not in first)]


def asked_text(request: HttpRequest) -> str:
    """The filter asked for: `q`; what is open where nothing was asked."""
    return " ".join(request.GET.get("q", FIRST_VIEW).split())


def read_listing(request: HttpRequest, *, open_id: int | None = None) -> Listing:
    member, now, department = _who(request)
    text = asked_text(request)
    page, problem = None, ""
    try:
        page = conversation_page(
            member, text, now=now, department=department,
            after=request.GET.get("after") or None, before=request.GET.get("before") or None,
        )  # fmt: skip
    except QueryNotUnderstood as error:
        problem = words_of(error)
    lines = lines_of(page.rows if page else (), now=now, query=kept_query(request), open_id=open_id)
    return Listing(request, text, page, problem, lines, open_id, page.chips if page else [])


def list_url(request: HttpRequest) -> str:
    """The list that a conversation was opened from."""
    kept = urlencode(kept_query(request))
    return reverse("inbox") + (f"?{kept}" if kept else "")


def kept_query(request: HttpRequest) -> dict[str, str]:
    """What a conversation's address keeps of its list."""
    return {name: request.GET[name] for name in ("q", "after", "before") if request.GET.get(name) is not None}


def reason_choices() -> Reasons:
    is_french = (get_language() or "en").startswith("fr")
    key = f"reasons:{is_french}"
    kept: Reasons | None = caches["pages"].get(key)
    if kept is None:
        rows = reasons()
        kept = Reasons(ReasonChoice(one.code, one.digit, one.name_fr if is_french else one.name_en) for one in rows)
        repr(kept)  # kept with them
        caches["pages"].set(key, kept, REASONS_KEPT_S)
    return kept


def _standing_views() -> list[ViewRow]:
    """The tabs that every desk has; their ids are below zero, as no row is behind them."""
    named: tuple[tuple[str, str], ...] = (
        (_("Open"), FIRST_VIEW),
        (_("Mine"), "is:mine state:open"),
        (_("Nobody’s"), "assignee:nobody state:open"),
        (_("To decide"), "is:held"),
        (_("Waiting"), "state:waiting"),
        (_("All"), ""),
    )
    return [
        ViewRow(id=-number, name=name, query=query, is_shared=True, is_own=False, department_id=None, position=number)
        for number, (name, query) in enumerate(named, start=1)
    ]


@lru_cache(2048)
def _address(text: str, *, after: str | None = None, before: str | None = None) -> str:
    """The same tabs stand on every page."""
    cursors = {"after": after, "before": before}
    return f"{reverse('inbox')}?{urlencode({'q': text, **{name: value for name, value in cursors.items() if value}})}"


def _who(request: Any) -> tuple[Any, Any, Any]:
    return request.member, request.now, request.department
