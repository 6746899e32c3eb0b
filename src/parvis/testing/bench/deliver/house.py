"""The house of the bench, in a process of its own: `python -m … fill|arm|state` with JSON on standard input."""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from parvis.cli import open_django

open_django()

from django.db import transaction  # noqa: E402

from parvis.channels.models import Attempt, Channel, Effect  # noqa: E402
from parvis.channels.registry import connector_called  # noqa: E402
from parvis.channels.sessions import http_client, session_with  # noqa: E402
from parvis.channels.vault import seal  # noqa: E402
from parvis.core.connector import Account  # noqa: E402
from parvis.core.post import Content  # noqa: E402
from parvis.jobs.models import WorkerBeat  # noqa: E402
from parvis.jobs.rows import insert_all, reserve_ids  # noqa: E402
from parvis.orgs.models import Department, Member  # noqa: E402
from parvis.publishing.models import Post, PostState, Publication, PublicationState, Variant  # noqa: E402
from parvis.publishing.written import as_json  # noqa: E402
from parvis.testing.cast import make_cast  # noqa: E402
from parvis.testing.factories import make_channel  # noqa: E402

FAR_OFF = timedelta(days=30)


def fill(
    places: Sequence[dict[str, Any]], publications: int, *, mark: str, facts: dict[str, str] | None = None
) -> None:
    """`places`: connector, address and credentials of each channel. Each post goes to all of them, in words of its own."""
    now = datetime.now(UTC)
    department = Department.objects.filter(name="News").first() or make_cast().news
    member = Member.objects.get(name="Camille")
    accounts = asyncio.run(_accounts(places))
    channels = [
        _channel(department, place, account, facts or {}) for place, account in zip(places, accounts, strict=True)
    ]
    fill_posts(department, member, channels, publications, mark=mark, now=now)


async def _accounts(places: Sequence[dict[str, Any]]) -> list[Account]:
    """What each connector finds out there."""
    now = datetime.now(UTC)
    async with http_client() as client:
        sessions = [
            session_with(client, place["address"], place["credentials"], facts=place.get("facts", {}), now=now)
            for place in places
        ]
        checks = [connector_called(place["connector"]).check for place in places]
        return list(await asyncio.gather(*(check(session) for check, session in zip(checks, sessions, strict=True))))


def _channel(department: Department, place: dict[str, Any], account: Account, facts: dict[str, str]) -> Channel:
    return make_channel(
        department, connector=place["connector"], address=place["address"],
        name=f"{account.name} {place.get('name', '')}".strip()[:100],
        sealed_credentials=seal(place["credentials"]), facts={**place.get("facts", {}), **account.facts, **facts},
        can=sorted(account.can),
    )  # fmt: skip


@transaction.atomic
def fill_posts(
    department: Department, member: Member, channels: Sequence[Channel], count: int, *, mark: str, now: datetime
) -> None:
    due_at = now + FAR_OFF
    posts: list[Post] = []
    variants: list[Variant] = []
    publications: list[Publication] = []
    numbers = range(-(-count // len(channels)))
    for key, number in zip(reserve_ids(Post, len(numbers)), numbers, strict=True):
        content = as_json(Content(text=f"{mark} {number}", language="en"))
        posts.append(
            Post(
                id=key, department=department, title=f"{mark} {number}", content=content, state=PostState.PLANNED,
                due_local=due_at.replace(tzinfo=None).isoformat(timespec="seconds"), zone="UTC", due_at=due_at,
                created_by=member, created_at=now, updated_at=now,
            )
        )  # fmt: skip
        for place, channel in enumerate(channels):
            if len(publications) == count:
                break
            said = f"{mark} {number} on {place}: the evening programme, with three guests and music."
            changes = {"text": said, "title": said}
            variants.append(Variant(post=posts[-1], channel=channel, changes=changes))
            publications.append(
                Publication(
                    post=posts[-1], channel=channel, department=department, content={**content, **changes}, version=1,
                    planned_by=member, created_at=now, due_at=due_at,
                )
            )  # fmt: skip
    insert_all(posts)
    Variant.objects.bulk_create(variants, batch_size=500)
    Publication.objects.bulk_create(publications, batch_size=500)


def arm(*, workers: int, in_s: float, spread_s: int, seed: int) -> dict[str, Any]:
    """Once all workers are awake: due in so many seconds, all at once or each at a second of its own."""
    until_s = time.monotonic() + 60
    while WorkerBeat.objects.count() < workers:
        if time.monotonic() > until_s:
            raise SystemExit("the worker did not wake up")
        time.sleep(0.1)
    begins = (datetime.now(UTC) + timedelta(seconds=in_s)).replace(microsecond=0)
    rows = Publication.objects.filter(state=PublicationState.PLANNED)
    if not spread_s:
        rows.update(due_at=begins)
        return {"due": begins.timestamp()}
    chance = random.Random(seed)
    chosen: dict[int, list[int]] = {}
    for key in rows.order_by("pk").values_list("pk", flat=True):
        chosen.setdefault(chance.randrange(spread_s), []).append(key)
    by_text: dict[str, float] = {}
    with transaction.atomic():
        for second, keys in chosen.items():
            due_at = begins + timedelta(seconds=second)
            Publication.objects.filter(pk__in=keys).update(due_at=due_at)
            texts = Publication.objects.filter(pk__in=keys).values_list("content", flat=True)
            by_text |= {content["text"]: due_at.timestamp() for content in texts}
    return {"due": begins.timestamp(), "by_text": by_text}


def state() -> dict[str, Any]:
    """Where our own rows are, for those who read the figures; the count is the server's."""
    publications = Counter(Publication.objects.values_list("state", flat=True))
    silent = Publication.objects.filter(state=PublicationState.NEEDS_PERSON, error__isnull=True).count()
    return {
        "publications": publications, "without_reason": silent,
        "effects": Counter(Effect.objects.values_list("state", flat=True)),
        "attempts": Attempt.objects.count(),
        "posts": Counter(Post.objects.values_list("state", flat=True)),
    }  # fmt: skip


if __name__ == "__main__":
    given = json.loads(sys.stdin.read() or "{}")
    asked = {"fill": fill, "arm": arm, "state": state}[sys.argv[1]]
    print(json.dumps(asked(**given)))  # type: ignore[operator]  # noqa: T201
