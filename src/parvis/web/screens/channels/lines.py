"""A channel, what came from it and what was asked of it, as screens show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from parvis.channels.health_queries import beginning_of
from parvis.channels.models import Channel, Effect, Envelope
from parvis.channels.registry import is_polled
from parvis.orgs.models import AuditEntry
from parvis.web.screens.audit.words import ACTIONS
from parvis.web.screens.channels.platforms import Platform, platform_of
from parvis.web.screens.channels.words import (
    StateWords,
    advice_for,
    envelope_words,
    needs_credentials,
    problem_of,
    state_of,
)
from parvis.web.screens.effects.words import EffectWords, effect_words
from parvis.web.sizes import size_in_words

_ABOUT_LIMIT = 200
_PROBLEMS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ChannelLine:
    channel: Channel
    platform: Platform
    state: StateWords
    problem: str
    advice: str
    asks_reconnect: bool
    is_polled: bool
    """False: it holds nothing but what was brought in by files."""


@dataclass(frozen=True, slots=True)
class EnvelopeLine:
    row: Envelope
    state: StateWords
    size: str
    problems: list[dict[str, str]]
    beginning: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    words: EffectWords
    by: str
    at: datetime
    about: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    who: str
    what: str
    at: datetime


def channel_line(channel: Channel, *, may_manage: bool) -> ChannelLine:
    return ChannelLine(
        channel=channel,
        platform=platform_of(channel.connector),
        state=state_of(channel),
        problem=problem_of(channel),
        advice=advice_for(channel),
        asks_reconnect=may_manage and needs_credentials(channel),
        is_polled=is_polled(channel),
    )


def received_lines(envelopes: Iterable[Envelope]) -> list[EnvelopeLine]:
    return [EnvelopeLine(row, envelope_words(row.state), size_in_words(row.size_bytes), [], "") for row in envelopes]


def drift_lines(envelopes: Iterable[Envelope], *, with_beginning: bool) -> list[EnvelopeLine]:
    """What a payload holds is shown to who manages channels alone."""
    return [
        EnvelopeLine(
            row,
            envelope_words(row.state),
            size_in_words(row.size_bytes),
            row.problems[:_PROBLEMS_SHOWN],
            beginning_of(row) if with_beginning else "",
        )
        for row in envelopes
    ]


def order_words(effect: Effect, *, now: datetime, back: str, may_answer: bool) -> EffectWords:
    return effect_words(
        key=effect.pk,
        can=effect.can,
        state=effect.state,
        error=effect.error,
        text=effect.text,
        try_count=effect.try_count,
        next_try_at=effect.next_try_at or now,
        now=now,
        is_in_doubt=effect.is_in_doubt,
        may_answer=may_answer,
        back=back,
    )


def order_lines(effects: Iterable[Effect], *, now: datetime) -> list[OrderLine]:
    return [
        OrderLine(
            words=order_words(effect, now=now, back="", may_answer=False),
            by=effect.created_by.name if effect.created_by else "",
            at=effect.finished_at or effect.created_at,
            about=effect.says[:_ABOUT_LIMIT] or _("(without text)"),
        )
        for effect in effects
    ]


def history_lines(entries: Iterable[AuditEntry]) -> list[HistoryLine]:
    return [
        HistoryLine(_name_of(entry.member), str(ACTIONS.get(entry.action, entry.action)), entry.at) for entry in entries
    ]


def _name_of(member: Any) -> str:
    return member.name if member is not None else "Parvis"
