"""What the screens of channels show: how each one is, what it brought lately, what could not be understood."""

import zlib
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Subquery

from parvis.channels.models import OPEN_EFFECT_STATES, Channel, Effect, Envelope, EnvelopeState
from parvis.jobs.models import Job, JobState
from parvis.orgs.access import Scoped
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

_UNFINISHED = (JobState.WAITING, JobState.RUNNING)
_HEAD_BYTES = 4_000
_LATELY = 20_000


def channels_watched_by(member: Member, *, department_id: int | None = None) -> QuerySet[Channel]:
    """Those whose health the member may see, by name, without secrets, cursors and the removed ones."""
    rows: Scoped = Channel.objects.where_may(member, Action.SEE_CHANNELS).filter(removed_at__isnull=True)
    if department_id is not None:
        rows = rows.filter(department_id=department_id)
    return rows.defer("sealed_credentials", "cursor").select_related("department").order_by("name", "id")


def channel_watched_by(member: Member, channel_id: int) -> Channel | None:
    """None where there is none, it was removed, or the member may not see it."""
    return channels_watched_by(member).filter(pk=channel_id).first()


def received_lately(channel: Channel, *, limit: int = 10) -> list[Envelope]:
    """The newest payloads, without their bodies."""
    rows = Envelope.objects.filter(channel=channel).defer("packed_body", "facts", "problems")
    return list(rows.order_by("-id")[:limit])


def waiting_with_bodies(channel: Channel, *, limit: int) -> list[Envelope]:
    """The payloads that were not wholly understood, those seen last first."""
    rows = Envelope.objects.filter(channel=channel).exclude(state=EnvelopeState.PARSED)
    return list(rows.order_by("-seen_at", "-id")[:limit])


def beginning_of(envelope: Envelope) -> str:
    """The first characters of a payload as plain text, without unpacking the rest of it."""
    head = zlib.decompressobj().decompress(bytes(envelope.packed_body), _HEAD_BYTES)
    return "".join(
        sign if sign.isprintable() or sign in "\n\t" else "\ufffd" for sign in head.decode("utf-8", "replace")
    )


def orders_of(channel: Channel, member: Member, *, limit: int = 10) -> list[Effect]:
    """What was asked of it lately, newest first, among the house's last orders: there is no index for more."""
    oldest = Subquery(Effect.objects.order_by("-id").values("id")[:1]) - _LATELY
    rows: QuerySet[Effect] = Effect.objects.visible_to(member).filter(channel=channel, id__gt=oldest)
    return list(rows.select_related("item", "created_by").order_by("-id")[:limit])


def open_order_count(channel: Channel) -> int:
    return Effect.objects.filter(channel=channel, state__in=OPEN_EFFECT_STATES).count()


def jobs_of(channel: Channel, *, since: datetime, limit: int = 3) -> list[Job]:
    """Long works about the channel: those under way, and what ended since then; newest first."""
    rows = Job.objects.filter(params__channel=channel.pk).order_by("-created_at")
    return [job for job in rows[: limit * 4] if job.state in _UNFINISHED or job.created_at >= since][:limit]


def job_of(channel: Channel, job_id: Any) -> Job | None:
    return Job.objects.filter(pk=job_id, params__channel=channel.pk).first()
