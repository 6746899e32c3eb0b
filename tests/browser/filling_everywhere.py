"""Run as a program: a house whose channels are accounts on running servers, and whose posts two people answer for.

Its argument is JSON, a list of channels: name, address, platform, kind (the fact `source`, or ""), credentials.
Prints session keys and, by their names, the ids of the channels.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Any

import django

django.setup()

from filling import session_of  # noqa: E402

from parvis.channels.opening import Preview, look_at, open_channel, preview  # noqa: E402
from parvis.channels.sessions import http_client  # noqa: E402
from parvis.core.types import Recognition  # noqa: E402
from parvis.orgs.models import Member  # noqa: E402
from parvis.publishing.services import set_rule  # noqa: E402
from parvis.testing.cast import make_cast  # noqa: E402


def fill(wanted: list[dict[str, Any]]) -> dict[str, str]:
    now, cast = datetime.now(UTC), make_cast()
    set_rule(cast.news, cast.olive, "four_eyes", now=now)
    keys = {}
    for one in wanted:
        recognition, seen = asyncio.run(_looked_at(one))
        channel = open_channel(
            cast.olive, recognition, one["credentials"], department=cast.news, now=now, name=one["name"],
            account=seen.account,
        )  # fmt: skip
        keys[one["name"]] = str(channel.pk)
    return keys | {member.name: session_of(member) for member in Member.objects.all()}


async def _looked_at(one: dict[str, Any]) -> tuple[Recognition, Preview]:
    async with http_client() as client:
        for found in await look_at(one["address"], client):
            if found.slug == one["platform"] and found.facts.get("source", "") == one["kind"]:
                return found, await preview(found, one["credentials"], client, now=datetime.now(UTC))
    raise LookupError(one["name"])


if __name__ == "__main__":
    print(json.dumps(fill(json.loads(sys.argv[1]))))
