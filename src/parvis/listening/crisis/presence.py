"""Who is in a room: known for half a minute after the last sign of life."""

from datetime import datetime, timedelta

from django.db import transaction

from parvis.listening.crisis.log import must_in, tell_room
from parvis.listening.models import CrisisRoom, RoomPresence
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

PRESENT_FOR = timedelta(seconds=30)
KEPT_FOR = timedelta(minutes=10)


@transaction.atomic
def be_in_room(room: CrisisRoom, member: Member, *, now: datetime) -> None:
    """A sign of life; the others are told where somebody comes in. Raises NotAllowed."""
    must_in(room, member, Action.SEE)
    before = RoomPresence.objects.filter(room=room, member=member).first()
    RoomPresence.objects.update_or_create(room=room, member=member, defaults={"seen_at": now})
    if before is None or before.seen_at <= now - PRESENT_FOR:
        tell_room(room, now=now, kind="room_presence")


def people_in(room: CrisisRoom, *, now: datetime) -> list[str]:
    """Their names, who came first before."""
    there = RoomPresence.objects.filter(room=room, seen_at__gt=now - PRESENT_FOR).order_by("id")
    return list(there.values_list("member__name", flat=True))


def prune_room_presences(now: datetime) -> int:
    """Forgets who has long gone; how many. For the worker."""
    count, _ = RoomPresence.objects.filter(seen_at__lt=now - KEPT_FOR).delete()
    return count
