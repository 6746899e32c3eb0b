"""What screens and commands read about channels."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from parvis.channels.models import Channel, Envelope, EnvelopeState
from parvis.orgs.models import Member

_WAITING = (EnvelopeState.PARTIAL, EnvelopeState.UNPARSED)


@dataclass(frozen=True, slots=True)
class Drift:
    """Kept payloads of a channel that wait for a mend."""

    partial_count: int = 0
    unparsed_count: int = 0


def channels_of(member: Member) -> "QuerySet[Channel]":
    """Those the member may see, by name, without the removed ones."""
    rows = Channel.objects.visible_to(member).filter(removed_at__isnull=True)
    return rows.defer("sealed_credentials", "cursor").select_related("department")


def all_channels() -> "QuerySet[Channel]":
    """For the command line, where whoever holds the machine asks."""
    return Channel.objects.filter(removed_at__isnull=True).select_related("department")


def channel_named(written: str) -> Channel | None:
    """By its number or its exact name; None where there is none, or more than one of that name."""
    rows = all_channels().filter(pk=int(written)) if written.isdecimal() else all_channels().filter(name=written)
    found = list(rows[:2])
    return found[0] if len(found) == 1 else None


def drift_of(channel_ids: Iterable[int]) -> dict[int, Drift]:
    """By channel; those without any are left out."""
    rows = Envelope.objects.filter(channel_id__in=channel_ids, state__in=_WAITING)
    counts = rows.values_list("channel_id", "state").annotate(Count("id"))
    found: dict[int, dict[str, int]] = {}
    for channel_id, state, count in counts:
        found.setdefault(channel_id, {})[f"{state}_count"] = count
    return {channel_id: Drift(**states) for channel_id, states in found.items()}


def waiting_envelopes(channel: Channel, *, limit: int = 20) -> list[Envelope]:
    """The newest payloads that were not wholly parsed, without their bodies."""
    rows = Envelope.objects.filter(channel=channel, state__in=_WAITING)
    return list(rows.defer("packed_body").order_by("-seen_at", "-id")[:limit])
