"""What happens to a file stands in the log of every open room that works with it."""

from datetime import datetime
from typing import Any

from parvis.listening.crisis.log import write_by_desk
from parvis.listening.models import CrisisRoom, LogKind, ReputationFile, RoomState
from parvis.orgs.models import Member


def tell_rooms(file: ReputationFile, member: Member, facts: dict[str, Any], *, now: datetime) -> None:
    """In the caller's transaction. Who does not see the file's department reads only that there was something."""
    for room in CrisisRoom.objects.filter(files=file, state=RoomState.OPEN):
        write_by_desk(
            room, member, LogKind.FILE, now=now, text=file.claim, facts={**facts, "file": file.pk},
            department_id=file.department_id,
        )  # fmt: skip
