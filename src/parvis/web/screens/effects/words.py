"""An order in words: what was asked, how far it is, and what a person can do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from parvis.channels.models import EffectState
from parvis.core.connector import Can
from parvis.web import times


@dataclass(frozen=True, slots=True)
class Answer:
    """One button beside an order that needs a person."""

    code: str
    label: str


@dataclass(slots=True)
class EffectWords:
    id: int
    what: str
    state_words: str
    tone: str
    icon: str
    problem: str
    text: str
    needs_person: bool
    answers: list[Answer]
    back: str


def effect_words(
    *,
    key: int,
    can: str,
    state: str,
    error: Mapping[str, Any] | None,
    text: str,
    try_count: int,
    next_try_at: datetime | None,
    now: datetime,
    is_in_doubt: bool,
    may_answer: bool,
    back: str,
) -> EffectWords:
    words, tone, icon = _state(state, next_try_at=next_try_at, now=now, try_count=try_count)
    needs_person = state == EffectState.NEEDS_PERSON
    return EffectWords(
        id=key,
        what=what_of(can),
        state_words=words,
        tone=tone,
        icon=icon,
        problem=problem_of(error) if state != EffectState.DONE else "",
        text=text,
        needs_person=needs_person,
        answers=_answers(is_in_doubt=is_in_doubt) if needs_person and may_answer else [],
        back=back,
    )


def problem_of(error: Mapping[str, Any] | None) -> str:
    """The stored sentence of the last failure, in the language of the request."""
    if not error:
        return ""
    return str(error.get((get_language() or "en").split("-")[0]) or error.get("en") or "")


def what_of(can: str) -> str:
    return {
        Can.APPROVE: _("Approval"),
        Can.HOLD: _("Holding back"),
        Can.SPAM: _("Marking as spam"),
        Can.TRASH: _("Moving to the trash"),
        Can.DELETE: _("Deletion"),
        Can.REPLY: pgettext("noun", "Answer"),
        Can.UPLOAD: _("Sending a file"),
        Can.PUBLISH: _("Publication"),
        Can.EDIT: _("Change of what is published"),
        Can.WITHDRAW: _("Withdrawal"),
    }.get(Can(can), can)


def _state(state: str, *, next_try_at: datetime | None, now: datetime, try_count: int) -> tuple[str, str, str]:
    if state == EffectState.WAITING and try_count and next_try_at is not None and next_try_at > now:
        return _("tries again at {time}").format(time=times.full(next_try_at)), "waits", "hourglass"
    return {
        EffectState.WAITING: (_("leaves in a moment"), "act", "clock"),
        EffectState.SENDING: (_("on its way"), "act", "send"),
        EffectState.UNSURE: (_("it is not known whether it arrived; Parvis is looking"), "waits", "hourglass"),
        EffectState.DONE: (_("arrived"), "done", "check"),
        EffectState.NEEDS_PERSON: (_("needs a person"), "harm", "alert-triangle"),
        EffectState.CANCELLED: (_("taken back"), "act", "arrow-back-up"),
        EffectState.REPLACED: (_("replaced by a later decision"), "act", "refresh"),
    }[EffectState(state)]


def _answers(*, is_in_doubt: bool) -> list[Answer]:
    again = Answer("retry", _("Try again"))
    if not is_in_doubt:
        return [again, Answer("give_up", _("Give up"))]
    return [Answer("happened", _("It happened")), Answer("not_happened", _("It did not happen: send again")), again]
