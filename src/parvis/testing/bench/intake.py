"""Intake: items/s of CPU time from a platform's own bytes, through its parser, to stored, searchable, routed items."""

import argparse
import json
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from parvis.core.types import Payload

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
_WORDS = [
    "le",
    "la",
    "les",
    "de",
    "du",
    "un",
    "une",
    "et",
    "à",
    "au",
    "pour",
    "dans",
    "sur",
    "avec",
    "émission",
    "radio",
    "journal",
    "politique",
    "culture",
    "été",
    "école",
    "région",
    "votation",
    "conseil",
    "merci",
    "bonjour",
    "vraiment",
    "jamais",
    "toujours",
    "question",
    "réponse",
    "commentaire",
    "article",
    "l’actualité",
    "d’accord",
    "qu’il",
    "n’est",
    "aujourd’hui",
    "genevois",
    "vaudois",
    "œuvre",
    "cœur",
    "the",
    "a",
    "of",
    "to",
    "and",
    "in",
    "is",
    "that",
    "for",
    "with",
    "news",
    "story",
    "thank",
    "you",
    "never",
    "always",
    "really",
    "broadcast",
    "programme",
    "listener",
    "opinion",
    "weather",
    "music",
    "interview",
    "public",
    "money",
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=1)


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """In a house of its own, on the database that the options name, else on SQLite; it is removed afterwards."""
    with _House() as vendor:
        for _ in range(args.rounds):
            yield from _round(args.items, vendor)


def _round(count: int, vendor: str) -> Iterator[dict[str, Any]]:
    total_s, total_wall_s = 0.0, 0.0
    parts: dict[str, float] = {}
    for slug, payloads in (("feed", _feeds(count // 2)), ("wordpress", _comments(count // 2))):
        stored, spent = _take_in_all(slug, payloads)
        cpu_s = sum(spent[phase] for phase in ("take_in", "route"))
        total_s, total_wall_s = total_s + cpu_s, total_wall_s + spent["wall"]
        parts[slug] = round(stored / cpu_s)
        parts[f"{slug}.take_in_s"], parts[f"{slug}.route_s"] = round(spent["take_in"], 2), round(spent["route"], 2)
    of = {"items": count, "database": vendor, "wall_items_per_s": round(count / total_wall_s), **parts}
    yield {"figure": "intake.items_per_s", "value": round(count / total_s), "unit": "items/s/core", "of": of}


def _take_in_all(slug: str, payloads: list[Payload]) -> tuple[int, dict[str, float]]:
    """How many items were stored, and the seconds (of this process's CPU, and on the clock) that each phase took."""
    from parvis.channels.intake import take_in
    from parvis.core.connector import Fetched
    from parvis.flows.route import route_new_items
    from parvis.testing.factories import make_channel

    channel = make_channel(connector=slug, address=f"https://{slug}.example.org/")
    spent = {"take_in": 0.0, "route": 0.0}
    wall_s = time.perf_counter()
    for number, payload in enumerate(payloads):
        began = time.process_time()
        taken = take_in(channel, Fetched(payloads=(payload,), cursor={"page": number}), now=NOW)
        spent["take_in"] += time.process_time() - began
        if taken.unparsed_count or taken.problem_count:
            raise RuntimeError(f"the {slug} payloads of this bench are not understood")
        if number % 10 == 9 or number == len(payloads) - 1:
            began = time.process_time()
            while route_new_items(now=NOW):
                pass
            spent["route"] += time.process_time() - began
    spent["wall"] = time.perf_counter() - wall_s
    return channel.item_count, spent


def _text(chance: random.Random) -> str:
    return " ".join(chance.choices(_WORDS, k=chance.choice((8, 15, 25, 40, 60))))


def _feeds(count: int) -> list[Payload]:
    """RSS of 100 entries each, with HTML."""
    chance = random.Random(1)
    return [_feed(chance, range(start, min(start + 100, count))) for start in range(0, count, 100)]


def _feed(chance: random.Random, numbers: range) -> Payload:
    entries = "".join(
        f"<item><title>{escape(_text(chance)[:80])}</title><link>https://news.example.org/{number}</link>"
        f"<guid isPermaLink='false'>urn:news:{number}</guid><dc:creator>Author {chance.randrange(300)}</dc:creator>"
        f"<pubDate>{format_datetime(NOW - timedelta(minutes=number))}</pubDate>"
        f"<description>{escape(f'<p>{_text(chance)}</p><p><b>{_text(chance)}</b></p>')}</description></item>"
        for number in numbers
    )
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>News</title><link>https://news.example.org/</link>{entries}</channel></rss>"
    )
    return Payload(
        endpoint="feed", url="https://news.example.org/feed", body=body.encode(), content_type="application/rss+xml"
    )


def _comments(count: int) -> list[Payload]:
    """Pages of 100 comments as WordPress's REST API gives them to a moderator; every third answers another."""
    chance = random.Random(2)
    return [
        Payload(
            endpoint="comments",
            url="https://site.example.org/wp-json/wp/v2/comments",
            body=json.dumps([_comment(chance, number) for number in range(start, min(start + 100, count))]).encode(),
            content_type="application/json",
            facts={"user_id": "1", "house_user_ids": "1,2"},
        )
        for start in range(0, count, 100)
    ]


def _comment(chance: random.Random, number: int) -> dict[str, Any]:
    text, author = _text(chance), chance.randrange(2_000)
    written = (NOW - timedelta(minutes=100_000 - number)).strftime("%Y-%m-%dT%H:%M:%S")
    return {
        "id": number + 1,
        "post": 1 + number % 200,
        "parent": max(1, number - 3) if number % 3 == 0 else 0,
        "author": 0,
        "author_name": f"Listener {author}",
        "author_email": f"listener{author}@example.org",
        "author_url": "",
        "author_user_agent": "Mozilla/5.0",
        "author_avatar_urls": {"96": f"https://secure.gravatar.com/avatar/{author:032x}?s=96"},
        "date_gmt": written,
        "content": {"rendered": f"<p>{text}</p>\n", "raw": text},
        "link": f"https://site.example.org/{number % 200}/#comment-{number + 1}",
        "status": chance.choice(("approved", "approved", "hold")),
        "type": "comment",
    }


class _House:
    """A migrated database that is empty, and gone when the block ends; gives what kind it is."""

    def __enter__(self) -> str:
        import os

        self._directory = tempfile.mkdtemp(prefix="parvis-bench-")
        os.environ["PARVIS_DATA"] = self._directory
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parvis.conf.settings")
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command
        from django.db import connection

        settings.DEBUG = False
        self._creation, self._name = connection.creation, settings.DATABASES["default"]["NAME"]
        if connection.vendor == "sqlite":
            call_command("migrate", verbosity=0)
        else:
            self._creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        return connection.vendor

    def __exit__(self, *failure: object) -> None:
        from django.db import connection

        if connection.vendor == "sqlite":
            connection.close()
        else:
            self._creation.destroy_test_db(str(self._name), verbosity=0)
        shutil.rmtree(self._directory, ignore_errors=True)
