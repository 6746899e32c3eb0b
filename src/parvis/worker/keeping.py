"""Housekeeping: what is old is forgotten, what sleeps is woken, and the worker says that it is alive."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import QuerySet

from parvis.assets.keeping import keep_files
from parvis.assets.models import Rendition, Upload
from parvis.channels.envelopes import prune_envelopes
from parvis.channels.models import Channel, Effect, EffectState
from parvis.channels.set_back import bring_back
from parvis.flows.imported_files import remove_files
from parvis.inbox.presence import prune_presences
from parvis.inbox.services import wake_due
from parvis.jobs import live
from parvis.jobs.lease_watch import LeaseWatch
from parvis.jobs.models import Job, JobState, WorkerBeat
from parvis.listening.crisis.presence import prune_room_presences
from parvis.listening.models import AlertWatch
from parvis.orgs.models import Notice, NoticeState
from parvis.publishing.models import CalendarFeed

_watched: tuple[tuple[LeaseWatch, QuerySet[Any]], ...] = (
    (LeaseWatch(), Channel.objects.filter(leased_until__isnull=False)),
    (LeaseWatch(), Effect.objects.filter(state=EffectState.SENDING)),
    (LeaseWatch(), Effect.objects.filter(state=EffectState.UNSURE, next_try_at__isnull=False)),
    (LeaseWatch(), Job.objects.filter(state__in=[JobState.WAITING, JobState.RUNNING])),
    (LeaseWatch(), Notice.objects.filter(state=NoticeState.WAITING)),
    (LeaseWatch(), Rendition.objects.filter(state="making")),
    (LeaseWatch(), Upload.objects.filter(state="waiting")),
    (LeaseWatch(), AlertWatch.objects.filter(leased_until__isnull=False).only("pk")),
    (LeaseWatch(), CalendarFeed.objects.filter(leased_until__isnull=False).only("pk")),
)
"""Each with a watch of its own; rows that few look at, by their indexes."""
_BEAT_KEPT_FOR = timedelta(days=1)


def wake_snoozed(now: datetime) -> int:
    """Conversations whose time has come; how many."""
    return wake_due(now=now)


def beat(name: str, *, started_at: datetime, now: datetime) -> None:
    """For the screen of the house's health."""
    WorkerBeat.objects.update_or_create(name=name, defaults={"started_at": started_at, "seen_at": now})
    WorkerBeat.objects.filter(seen_at__lt=now - _BEAT_KEPT_FOR).delete()


def say_goodbye(name: str) -> None:
    """Where the database takes no word any more, the beat is simply not renewed."""
    with suppress(DatabaseError):
        WorkerBeat.objects.filter(name=name).delete()


def end_impossible_leases(now: datetime) -> int:
    """Those that a clock which was ahead has taken; how many."""
    return sum(watch.look(rows.all(), now=now) for watch, rows in _watched)


RARE: tuple[Callable[[datetime], object], ...] = (
    live.prune,
    prune_presences,
    prune_room_presences,
    prune_envelopes,
    remove_files,
    keep_files,
    bring_back,
    end_impossible_leases,
)
"""Once a minute; each in its own transaction."""
