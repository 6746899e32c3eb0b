"""The open conversation as people read it: thread and notes in one line of time, verdicts, orders."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from parvis.channels.models import EffectState
from parvis.core.connector import Can
from parvis.core.text.html import Profile, clean_html
from parvis.core.types import Status
from parvis.inbox.models import ConversationState, Priority
from parvis.inbox.rows import ConversationDetail, ItemView, NoteView
from parvis.moderation.models import Verdict
from parvis.orgs.rights import Action
from parvis.web.screens.effects.words import EffectWords, effect_words
from parvis.web.screens.inbox.lines import State, author_name, history_of, state_of
from parvis.web.templatetags.parvis import time_element
from parvis.web.times import Eyes, whose_eyes

_DOUBT = "outcome_unknown"


@dataclass(frozen=True, slots=True)
class VerdictChoice:
    code: str
    label: str
    icon: str
    key: str = ""


@dataclass(slots=True)
class Post:
    """One item or note in the thread."""

    id: int
    at: datetime
    author: str
    author_key: int
    time: SafeString
    body: SafeString | str
    is_note: bool = False
    is_ours: bool = False
    is_html: bool = False
    is_gone: bool = False
    is_edited: bool = False
    is_target: bool = False
    author_url: str = ""
    history: str = ""
    title: str = ""
    language: str = ""
    url: str = ""
    state: State | None = None
    decided: str = ""
    back: str = ""
    media: list[dict[str, str]] = field(default_factory=list)
    verdicts: list[VerdictChoice] = field(default_factory=list)
    effects: list[EffectWords] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Preset:
    code: str
    label: str
    when: str


@dataclass
class Talk:
    """What detail.html places."""

    detail: ConversationDetail
    url: str
    posts: list[Post]
    target_id: int | None
    reads_on: str
    """The address's query, kept in the links to other parts of the thread."""
    member_id: int
    now: datetime

    def __getattr__(self, name: str) -> Any:
        return getattr(self.detail.row, name)

    @property
    def title(self) -> str:
        return author_name(self.detail.row.author)

    @property
    def state(self) -> State:
        return state_of(self.detail.row)

    @property
    def place(self) -> str:
        return f"{self.detail.row.department} · {self.detail.row.channel}"

    @property
    def article(self) -> Any:
        return self.detail.article

    @property
    def present(self) -> Any:
        return self.detail.present

    @property
    def is_done(self) -> bool:
        return self.detail.row.state == ConversationState.DONE

    @property
    def is_mine(self) -> bool:
        return self.detail.row.assignee_id == self.member_id

    @property
    def priority_label(self) -> str:
        return "" if self.detail.row.priority == Priority.NORMAL else priority_name(self.detail.row.priority)

    @property
    def priorities(self) -> list[dict[str, Any]]:
        return priority_choices()

    @property
    def may_assign(self) -> bool:
        return Action.ASSIGN in self.detail.may

    @property
    def may_note(self) -> bool:
        return Action.NOTE in self.detail.may

    @property
    def may_keep(self) -> bool:
        """To a file, or to a room's log."""
        return Action.LISTEN in self.detail.may or Action.NOTE in self.detail.may

    @property
    def may_reply(self) -> bool:
        return Action.REPLY in self.detail.may and Can.REPLY in self.detail.can

    @property
    def reply_draft(self) -> str:
        return self.detail.drafts.get("reply", "")

    @property
    def note_draft(self) -> str:
        return self.detail.drafts.get("note", "")

    @property
    def older_url(self) -> str:
        return self._part(older=self.detail.older)

    @property
    def newer_url(self) -> str:
        return self._part(newer=self.detail.newer)

    def _part(self, **cursor: str | None) -> str:
        [(name, value)] = cursor.items()
        if value is None:
            return ""
        joint = "&" if self.reads_on else ""
        return f"{reverse('talk', args=[self.detail.row.id])}?{self.reads_on}{joint}{urlencode({name: value})}"

    @property
    def snooze_presets(self) -> list[Preset]:
        return snooze_presets(self.now)


def talk_of(detail: ConversationDetail, *, member_id: int, now: datetime, query: dict[str, str]) -> Talk:
    suffix = urlencode(query)
    url = reverse("talk", args=[detail.row.id]) + (f"?{suffix}" if suffix else "")
    target = target_of(detail.items)
    posts = [_post(item, detail, now=now, url=url, target=target) for item in detail.items]
    posts += [_note(note, now) for note in detail.notes]
    posts.sort(key=lambda post: post.at)
    return Talk(
        detail=detail,
        url=url,
        posts=posts,
        target_id=target.id if target else None,
        reads_on=suffix,
        member_id=member_id,
        now=now,
    )


def target_of(items: list[ItemView]) -> ItemView | None:
    """The item in hand: the oldest that waits for a decision, else the newest of theirs."""
    held = [item for item in items if item.status == Status.HELD]
    theirs = [item for item in items if not item.author.is_house]
    return held[0] if held else (theirs or items)[-1] if items else None


def _post(item: ItemView, detail: ConversationDetail, *, now: datetime, url: str, target: ItemView | None) -> Post:
    return Post(
        id=item.id,
        at=item.at,
        author=author_name(item.author),
        author_key=item.author.id or 0,
        author_url=item.author.url if item.author.url.startswith(("http://", "https://")) else "",
        history=history_of(item.author, item.kind),
        time=time_element(item.at, now),
        title=item.title,
        body=safe_body(item),
        is_html=item.body_is_html,
        language=item.language,
        url=item.url if item.url.startswith(("http://", "https://")) else "",
        is_ours=item.author.is_house,
        is_gone=item.status in (Status.DELETED, Status.TRASHED, Status.SPAM),
        is_edited=item.version_count > 0,
        is_target=target is not None and item.id == target.id,
        state=_status(item),
        decided=_decided(item),
        back=url,
        media=_media(item),
        verdicts=_verdicts(item, detail),
        effects=[
            effect_words(
                key=effect.id, can=effect.can, state=effect.state, error=effect.error, text=effect.text,
                try_count=effect.try_count, next_try_at=effect.next_try_at, now=now, back=url,
                is_in_doubt=bool(effect.error and effect.error.get("code") == _DOUBT),
                may_answer=(Action.REPLY if effect.can == Can.REPLY else Action.DECIDE) in detail.may,
            )
            for effect in item.effects
        ],
    )  # fmt: skip


def safe_body(item: ItemView) -> SafeString | str:
    return safe_text(item.body, is_html=item.body_is_html, url=item.url) if item.body else item.text


def safe_text(body: str, *, is_html: bool, url: str) -> SafeString | str:
    """What they wrote: HTML cleaned here and nowhere else, plain text left for the template to escape."""
    if is_html:
        return mark_safe(clean_html(body, profile=Profile.COMMENT, base_url=url))  # noqa: S308
    return body


def _media(item: ItemView) -> list[dict[str, str]]:
    found = []
    for one in item.media:
        url = str(one.get("url", ""))
        if url.startswith(("http://", "https://")):
            found.append({"url": url, "label": str(one.get("alt") or "") or url.rsplit("/", 1)[-1][:60]})
    return found


def _status(item: ItemView) -> State:
    if any(effect.state == EffectState.NEEDS_PERSON for effect in item.effects):
        return State(_("Needs a person"), "alert-triangle", "harm")
    label, icon, tone = {
        Status.PUBLISHED: (_("Published"), "world", "done"),
        Status.HELD: (_("Waits for a decision"), "hand-stop", "waits"),
        Status.SPAM: (_("Spam"), "ban", ""),
        Status.TRASHED: (_("In the trash"), "trash", ""),
        Status.DELETED: (_("Deleted"), "trash-x", ""),
    }[Status(item.status)]
    if item.is_pending:
        return State(_("{state}, on its way").format(state=label), "send", "act")
    return State(label, icon, tone)


def _decided(item: ItemView) -> str:
    decision = item.decision
    if decision is None:
        return ""
    from django.utils.translation import get_language

    is_french = (get_language() or "en").startswith("fr")
    reason = decision.reason_fr if is_french else decision.reason_en
    who = decision.member or "Parvis"
    parts = [_verdict_past(decision.verdict).format(who=who)]
    parts += [part for part in (reason, decision.note) if part]
    return " · ".join(parts)


def _verdict_past(verdict: str) -> str:
    return {
        Verdict.APPROVE: _("approved by {who}"),
        Verdict.HOLD: _("held by {who}"),
        Verdict.REFUSE: _("refused by {who}"),
        Verdict.SPAM: _("marked as spam by {who}"),
        Verdict.DELETE: _("deleted by {who}"),
    }.get(Verdict(verdict), "{who}")


def _verdicts(item: ItemView, detail: ConversationDetail) -> list[VerdictChoice]:
    """What can be decided about it: what the platform offers, the member may, and is not so already."""
    is_theirs = item.kind not in ("article", "page") and not item.author.is_house
    if Action.DECIDE not in detail.may or item.status == Status.DELETED or not is_theirs:
        return []
    return verdict_choices(item.status, can=detail.can, may_delete=Action.DELETE in detail.may)


def verdict_choices(status: str, *, can: Iterable[str], may_delete: bool) -> list[VerdictChoice]:
    offered = set(can)
    choices = (
        (Can.APPROVE, Status.PUBLISHED, VerdictChoice("approve", _("Approve"), "circle-check", "a")),
        (Can.TRASH, Status.TRASHED, VerdictChoice("refuse", _("Refuse"), "circle-x", "x")),
        (Can.SPAM, Status.SPAM, VerdictChoice("spam", _("Spam"), "ban", "s")),
        (Can.HOLD, Status.HELD, VerdictChoice("hold", _("Hold"), "hand-stop", "h")),
        (Can.DELETE, Status.DELETED, VerdictChoice("delete", _("Delete"), "trash-x")),
    )
    return [
        choice
        for needed, leads_to, choice in choices
        if needed in offered and status != leads_to and (needed != Can.DELETE or may_delete)
    ]


def _note(note: NoteView, now: datetime) -> Post:
    return Post(
        id=note.id, at=note.created_at, author=note.member, author_key=note.member_id,
        time=time_element(note.created_at, now), body=note.text, is_note=True,
    )  # fmt: skip


def priority_choices() -> list[dict[str, Any]]:
    return [{"value": one.value, "label": priority_name(one.value)} for one in reversed(Priority)]


def priority_name(value: int) -> str:
    return {
        Priority.LOW: _("Low"),
        Priority.NORMAL: _("Normal"),
        Priority.HIGH: _("High"),
        Priority.URGENT: _("Urgent"),
    }[Priority(value)]


def snooze_presets(now: datetime) -> list[Preset]:
    return _presets(now.replace(second=0, microsecond=0), whose_eyes())


@lru_cache(64)
def _presets(now: datetime, _eyes: Eyes) -> list[Preset]:
    return [
        Preset(code, label, date_format(timezone.localtime(snooze_until(code, now)), _("D H:i")))
        for code, label in (
            ("hour", _("An hour")),
            ("afternoon", _("Later today")),
            ("tomorrow", _("Tomorrow morning")),
            ("monday", _("Monday morning")),
        )
    ]


def snooze_until(code: str, now: datetime) -> datetime:
    """Presets in the person's zone; a morning begins at eight. Raises KeyError for an unknown one."""
    local = timezone.localtime(now)
    morning = local.replace(hour=8, minute=0, second=0, microsecond=0)
    return {
        "hour": now + timedelta(hours=1),
        "afternoon": now + timedelta(hours=4),
        "tomorrow": morning + timedelta(days=1),
        "monday": morning + timedelta(days=7 - local.weekday()),
    }[code]
