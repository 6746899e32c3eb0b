"""Lets queries of several kinds look back over all that is stored, and compares a sample with the naive evaluator."""

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

import psutil

from parvis.cli import open_django

QUERIES = {
    "rare word": "zebrafinch",
    "frequent word": "merci",
    "phrase": '"nouveau studio" OR "new studio"',
    "near": "(retransmission NEAR/6 match) lang:fr",
    "wildcard": "*gebühr*",
    "not": "(débat* OR debate) -merci",
    "field": "lang:de",
    "or of 20": "redevance OR débat OR studio OR match OR météo OR votation OR climat OR concert OR festival OR police"
    " OR hockey OR radio OR budget OR podcast OR école OR train OR hôpital OR interview OR théâtre OR journal",
    "half of all": "lang:fr",
}  # fmt: skip
SAMPLE = 20_000
"""Items, spread over all, that the naive evaluator is asked about."""


def main() -> None:
    open_django()
    from parvis.channels.models import Item

    items = Item.objects.count()
    step = max(items // SAMPLE, 1)
    sample = list(Item.objects.order_by("id").values_list("id", flat=True)[::step])
    done = [_look_back(kind, text, sample) for kind, text in QUERIES.items()]
    json.dump(
        {
            "items": items,
            "queries": [one for one, _ in done],
            "compared": len(sample) * len(QUERIES),
            "disagreements": sum(wrong for _, wrong in done),
        },
        sys.stdout,
    )


def _look_back(kind: str, text: str, sample: list[int]) -> tuple[dict[str, Any], int]:
    from parvis.listening.history import beginning, look_back
    from parvis.listening.models import Match
    from parvis.listening.services import Wish, save_query
    from parvis.orgs.models import Member

    now = datetime.now(UTC)
    owner = Member.objects.filter(is_owner=True).order_by("id")[0]
    query = save_query(owner, Wish(name="Bench", text=text, department=None), now=now)
    try:
        wall_s, cpu_s, server_s = time.perf_counter(), time.process_time(), _server_s()
        place, found = beginning(), 0
        while place is not None:
            place, _, new = look_back(query, place, now=now)
            found += new
        wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
        server_s = _server_s() - server_s
        wrong = _wrong(text, sample, set(Match.objects.filter(query=query).values_list("item_id", flat=True)), now)
    finally:
        query.delete()
    return {
        "kind": kind, "query": text, "found": found, "wall_s": round(wall_s, 3), "cpu_s": round(cpu_s, 3),
        "server_cpu_s": round(server_s, 3), "all_cpu_s": round(cpu_s + server_s, 3),
    }, wrong  # fmt: skip


def _server_s() -> float:
    """CPU seconds of this connection's process of PostgreSQL on this machine; 0 on SQLite, which has none."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [[pid]] = cursor.fetchall()
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _wrong(text: str, sample: list[int], found: set[int], now: datetime) -> int:
    from parvis.channels.models import Item
    from parvis.core.query.naive import holds
    from parvis.core.query.parser import parse_query
    from parvis.listening.documents import heard
    from parvis.orgs.house import house_zone

    tree, zone, wrong = parse_query(text), house_zone(), 0
    for start in range(0, len(sample), 500):
        for one in heard(Item.objects.filter(id__in=sample[start : start + 500])):
            wrong += holds(tree, one.document, now=now, zone=zone) != (one.item_id in found)
    return wrong


if __name__ == "__main__":
    main()
