"""Lets queries of several kinds look back over all that is stored, and compares a sample with the naive evaluator."""

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

from parvis.cli import open_django

QUERIES = (
    "redevance",
    "(débat* OR debate) -merci",
    '"nouveau studio" OR "new studio"',
    "(retransmission NEAR/6 match) lang:fr",
    "zebrafinch",
)
SAMPLE = 20_000
"""Items, spread over all, that the naive evaluator is asked about."""


def main() -> None:
    open_django()
    from parvis.channels.models import Item

    items = Item.objects.count()
    step = max(items // SAMPLE, 1)
    sample = list(Item.objects.order_by("id").values_list("id", flat=True)[::step])
    done = [_look_back(text, sample) for text in QUERIES]
    json.dump(
        {
            "items": items,
            "queries": [one for one, _ in done],
            "compared": len(sample) * len(QUERIES),
            "disagreements": sum(wrong for _, wrong in done),
        },
        sys.stdout,
    )


def _look_back(text: str, sample: list[int]) -> tuple[dict[str, Any], int]:
    from parvis.listening.history import beginning, look_back
    from parvis.listening.models import Match
    from parvis.listening.services import Wish, save_query
    from parvis.orgs.models import Member

    now = datetime.now(UTC)
    owner = Member.objects.filter(is_owner=True).order_by("id")[0]
    query = save_query(owner, Wish(name="Bench", text=text, department=None), now=now)
    try:
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        place, found = beginning(), 0
        while place is not None:
            place, _, new = look_back(query, place, now=now)
            found += new
        wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
        wrong = _wrong(text, sample, set(Match.objects.filter(query=query).values_list("item_id", flat=True)), now)
    finally:
        query.delete()
    return {
        "query": text, "wall_s": round(wall_s, 3), "cpu_s": round(cpu_s, 3),
        "elsewhere_s": round(wall_s - cpu_s, 3), "found": found,
    }, wrong  # fmt: skip


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
