"""Housekeeping: what is old is forgotten, what sleeps is woken, and the worker says that it is alive."""

from collections.abc import Callable
from datetime import datetime, timedelta

from parvis.channels.envelopes import prune_envelopes
from parvis.inbox.presence import prune_presences
from parvis.inbox.services import wake_due
from parvis.jobs import live
from parvis.jobs.models import WorkerBeat

_BEAT_KEPT_FOR = timedelta(days=1)


def wake_snoozed(now: datetime) -> int:
    """Conversations whose time has come; how many."""
    return wake_due(now=now)


def beat(name: str, *, started_at: datetime, now: datetime) -> None:
    """For the screen of the house's health."""
    WorkerBeat.objects.update_or_create(name=name, defaults={"started_at": started_at, "seen_at": now})
    WorkerBeat.objects.filter(seen_at__lt=now - _BEAT_KEPT_FOR).delete()


def say_goodbye(name: str) -> None:
    WorkerBeat.objects.filter(name=name).delete()


RARE: tuple[Callable[[datetime], object], ...] = (live.prune, prune_presences, prune_envelopes)
"""Once a minute; each in its own transaction."""
