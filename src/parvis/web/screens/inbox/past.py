"""The audit trail of a conversation, in sentences."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from parvis.inbox.rows import HistoryView
from parvis.web.screens.audit.words import ACTIONS
from parvis.web.templatetags.parvis import time_element


@dataclass(frozen=True, slots=True)
class HistoryLine:
    words: str
    time: SafeString


def history_lines(entries: Iterable[HistoryView], *, now: datetime) -> list[HistoryLine]:
    return [HistoryLine(sentence_of(entry), time_element(entry.at, now)) for entry in entries]


def sentence_of(entry: HistoryView) -> str:
    """“Camille approved it”; an action that has no sentence is named as it is recorded."""
    who = entry.member or "Parvis"
    did = ACTIONS.get(entry.action)
    return f"{who} {did}" if did else f"{who}: {entry.action}"
