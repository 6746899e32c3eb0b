"""Builds rows for tests; each call gives one more of the kind, told apart by a count."""

from datetime import datetime
from itertools import count
from typing import Any

from parvis.channels.models import Channel, Item, Profile
from parvis.core.types import Kind, Status
from parvis.inbox.models import Conversation
from parvis.orgs.models import Department, Member, Membership
from parvis.testing.clock import MONDAY

_numbers = count(1)


def make_department(name: str = "", **fields: Any) -> Department:
    number = next(_numbers)
    return Department.objects.create(name=name or f"Department {number}", created_at=MONDAY, **fields)


def make_member(name: str = "", *, role: str = "", department: Department | None = None, **fields: Any) -> Member:
    """A member, with a role in a department or, where that is None, in the whole house."""
    number = next(_numbers)
    name = name or f"Member {number}"
    fields = {"email": f"{name.lower().replace(' ', '.')}@example.org", "joined_at": MONDAY, **fields}
    member = Member.objects.create(name=name, **fields)
    if role:
        Membership.objects.create(member=member, department=department, role=role, created_at=MONDAY)
    return member


def make_channel(department: Department | None = None, **fields: Any) -> Channel:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "connector": "wordpress",
        "name": f"Channel {number}",
        "address": f"https://site{number}.example.org/wp-json/",
        "opens_conversations": [Kind.COMMENT, Kind.MENTION, Kind.MESSAGE, Kind.REVIEW],
        "can": ["approve", "hold", "spam", "trash", "delete", "reply"],
        "created_at": MONDAY,
    }
    return Channel.objects.create(department=department or make_department(), **{**defaults, **fields})


def make_profile(channel: Channel, name: str = "", **fields: Any) -> Profile:
    number = next(_numbers)
    fields = {"remote_id": f"user:{number}", "first_seen_at": MONDAY, **fields}
    return Profile.objects.create(channel=channel, name=name or f"Author {number}", **fields)


def make_item(channel: Channel | None = None, text: str = "", *, at: datetime = MONDAY, **fields: Any) -> Item:
    number = next(_numbers)
    channel = channel or make_channel()
    status = fields.pop("status", Status.PUBLISHED)
    defaults: dict[str, Any] = {
        "remote_id": f"comment:{number}",
        "kind": Kind.COMMENT,
        "text": text or f"Text number {number}",
        "status": status,
        "remote_status": status,
        "published_at": at,
        "received_at": at,
        "seen_at": at,
        "fingerprint": str(number),
        "is_routed": True,
        "is_heard": True,
        "department_id": channel.department_id,
    }
    return Item.objects.create(channel=channel, **{**defaults, **fields})


def make_conversation(item: Item | None = None, **fields: Any) -> Conversation:
    """A conversation around an item (its own, new one unless given)."""
    item = item or make_item()
    defaults: dict[str, Any] = {
        "channel": item.channel,
        "department_id": item.department_id,
        "last_item": item,
        "last_activity_at": item.published_at,
        "held_count": int(item.status == Status.HELD),
        "created_at": item.received_at,
    }
    return Conversation.objects.create(root=item, **{**defaults, **fields})
