"""Run as a program: every hostile payload as a comment, a title, an author's name, a link. Prints session keys."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

django.setup()

from filling import session_of  # noqa: E402

from parvis.channels.models import Channel, Item, Profile  # noqa: E402
from parvis.core.text.plain import plain_text  # noqa: E402
from parvis.flows.route import route_new_items  # noqa: E402
from parvis.inbox.models import Conversation  # noqa: E402
from parvis.orgs.models import Member  # noqa: E402
from parvis.testing.cast import make_cast  # noqa: E402
from parvis.testing.factories import make_channel, make_item  # noqa: E402

A_THREAD = 45


def payloads(directory: Path) -> list[str]:
    found = [
        one["payload"]
        for name in ("dompurify", "bleach")
        for one in json.loads((directory / f"{name}.json").read_text())
    ]
    found += (directory / "payloadbox.txt").read_text(encoding="utf-8", errors="replace").splitlines()
    return [text.replace("\0", "") for text in found if text.strip()]


def profiles_for(channel: Channel, texts: list[str], now: datetime) -> list[Profile]:
    return Profile.objects.bulk_create(
        Profile(
            channel=channel, remote_id=f"user:{n}", name=plain(text)[:255], url=text, avatar_url=text, first_seen_at=now
        )
        for n, text in enumerate(texts)
    )


def plain(text: str) -> str:
    """As a platform gives a name: the characters as they are."""
    return text.replace("\n", " ")


def hostile_item(channel: Channel, number: int, text: str, now: datetime, **more: object) -> Item:
    at = now - timedelta(seconds=number)
    return Item(
        channel=channel, department_id=channel.department_id, remote_id=f"comment:{channel.pk}:{number}", kind="comment",
        text=plain_text(text), body=text, body_is_html=True, title=plain(text) if number % 3 == 0 else "", url=text,
        status="held", remote_status="held", published_at=at, received_at=at, seen_at=at, fingerprint=str(number),
        media=[{"url": text, "kind": text[:80], "alt": text}], language=text[:20], **more,
    )  # fmt: skip


def fill(directory: Path) -> dict[str, str]:
    now = datetime.now(UTC)
    cast, texts = make_cast(), payloads(directory)
    single, threaded = (make_channel(cast.news, name=name) for name in ("rows", "threads"))
    article = make_item(
        single, texts[0], kind="article", title=plain(texts[0]), body=texts[0], body_is_html=True, url=texts[0]
    )
    authors = profiles_for(single, texts, now)
    Item.objects.bulk_create(
        hostile_item(single, n, text, now, profile=authors[n], about=article, is_routed=False)
        for n, text in enumerate(texts)
    )
    for start in range(0, len(texts), A_THREAD):
        part = texts[start : start + A_THREAD]
        root = hostile_item(threaded, start, part[0], now, profile=authors[start])
        root.save()
        Item.objects.bulk_create(
            hostile_item(threaded, start + n, text, now, profile=authors[start + n], parent=root, root=root)
            for n, text in enumerate(part[1:], 1)
        )
    while route_new_items(now=now):
        pass
    keys = {member.name: session_of(member) for member in Member.objects.all()}
    talks = Conversation.objects.filter(channel=threaded).values_list("pk", flat=True)
    return {**keys, "talks": list(talks), "count": len(texts)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(fill(Path(sys.argv[1]))))
