"""A channel in words: its state, what its account can do, kinds of item, payloads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from parvis.channels.models import Channel, ChannelState, EnvelopeState
from parvis.core.connector import Can
from parvis.core.types import Kind


@dataclass(frozen=True, slots=True)
class StateWords:
    label: str
    icon: str
    tone: str


def state_of(channel: Channel) -> StateWords:
    """One word with its colour; colour never says it alone."""
    if channel.removed_at is not None:
        return StateWords(_("removed"), "trash", "")
    if channel.state == ChannelState.PAUSED:
        return StateWords(pgettext("a channel", "paused"), "player-pause", "waits")
    if channel.state == ChannelState.NEEDS_PERSON:
        return StateWords(_("needs you"), "alert-triangle", "harm")
    if channel.failure_count:
        return StateWords(_failures(channel.failure_count), "hourglass", "waits")
    if channel.last_success_at is None and channel.next_sync_at is not None:
        return StateWords(_("is read for the first time"), "clock", "act")
    return StateWords(_("well"), "circle-check", "done")


def _failures(count: int) -> str:
    return ngettext("failed once, tries again", "failed {n} times in a row, tries again", count).format(n=count)


def problem_of(channel: Channel) -> str:
    """The stored sentence of the last failure, in the reader's language; "" while it is well."""
    return in_language(channel.error)


def in_language(stored: Mapping[str, Any] | None) -> str:
    if not stored:
        return ""
    language = (get_language() or "en").split("-")[0]
    return str(stored.get(language) or stored.get("en") or "")


def advice_for(channel: Channel) -> str:
    """What a person can do about it; "" where waiting is all."""
    if channel.state == ChannelState.PAUSED:
        return _("Nothing is read until somebody resumes it.")
    if not channel.error:
        return ""
    code = channel.error.get("code", "")
    if code in {"credentials_rejected", "key_missing", "right_missing", "not_encrypted"}:
        return _("Connect it again with credentials that are accepted.")
    if channel.state == ChannelState.NEEDS_PERSON:
        return _("Look at the address in a browser, then connect it again or have it read now.")
    return _("Parvis tries again by itself; nothing that was read is lost.")


def needs_credentials(channel: Channel) -> bool:
    """Whether connecting again is what helps."""
    return channel.state == ChannelState.NEEDS_PERSON


def can_words(can: Iterable[str]) -> list[str]:
    """What an account may do, in the order in which it matters."""
    words = {
        Can.REPLY: pgettext("what an account can do", "answer"),
        Can.APPROVE: pgettext("what an account can do", "approve"),
        Can.HOLD: pgettext("what an account can do", "hold back"),
        Can.SPAM: pgettext("what an account can do", "mark as spam"),
        Can.TRASH: pgettext("what an account can do", "move to the trash"),
        Can.DELETE: pgettext("what an account can do", "delete for good"),
        Can.PUBLISH: pgettext("what an account can do", "publish"),
        Can.EDIT: pgettext("what an account can do", "change what is published"),
        Can.WITHDRAW: pgettext("what an account can do", "take down what is published"),
    }
    held = set(can)
    return [word for one, word in words.items() if one in held]


def kind_words() -> dict[Kind, str]:
    return {
        Kind.COMMENT: _("Comments"),
        Kind.MENTION: _("Mentions"),
        Kind.MESSAGE: _("Messages"),
        Kind.REVIEW: _("Reviews"),
        Kind.ARTICLE: _("Articles"),
        Kind.PAGE: _("Pages"),
    }


def kind_word(kind: str) -> str:
    """Of one item."""
    return {
        Kind.COMMENT: _("comment"),
        Kind.MENTION: _("mention"),
        Kind.MESSAGE: _("message"),
        Kind.REVIEW: _("review"),
        Kind.ARTICLE: _("article"),
        Kind.PAGE: _("page"),
    }.get(Kind(kind), kind)


def status_word(status: str) -> str:
    """Empty where it is as one expects: published."""
    return {"held": _("held"), "spam": _("spam"), "trashed": _("in the trash"), "deleted": _("deleted")}.get(status, "")


def envelope_words(state: str) -> StateWords:
    return {
        EnvelopeState.PARSED: StateWords(_("understood"), "check", "done"),
        EnvelopeState.PARTIAL: StateWords(_("understood in part"), "alert-triangle", "waits"),
        EnvelopeState.UNPARSED: StateWords(_("not understood"), "alert-triangle", "harm"),
    }[EnvelopeState(state)]
