"""What the bench of the inbox asks of a filled house: addresses of pages at every depth, bulk work, query counts.

Run as `python -m parvis.testing.inbox_load plan|bulk|queries`; prints one JSON value.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from random import Random
from typing import Any
from urllib.parse import urlencode

FILTERS = (
    "", "state:open", "state:done", "-state:done", "is:held", "is:mine", "is:mine -state:done", "is:unanswered",
    "is:unanswered state:open", "-is:unanswered state:open", "is:snoozed", "assignee:nobody state:open",
    'assignee:"Camille Caron"', "priority:urgent", "priority:urgent state:open", "lang:fr", "lang:ar",
    "lang:it state:open", "kind:mention", "has:link", "has:link state:open", "platform:feed",
    "platform:wordpress state:open", 'channel:"Site Actualités"', "label:Redevance", "label:Presse",
    "label:Presse state:open", 'author:"Sophie Müller 41"', "department:Actualités", "since:30d",
    "date:2025-03-01..2025-06-30", "has:link lang:it priority:high",
)  # fmt: skip
SEARCHES = {
    "frequent": ("merci", "reportage", "video"),
    "rare": ("zq0017x", "zq1234x", "zq3999x"),
    "none": ("qqzzqqzz", "unfindable nothing", '"never said like this"'),
    "phrase": ('"licence fee"', '"bonnes questions"'),
    "filtered": ("merci state:open", "studio lang:de", "station is:held"),
}
TREES = {
    "or of frequent words": (
        "merci OR reportage",
        "merci OR video OR station OR studio",
        "(merci OR video) state:open",
    ),
    "near": ("merci NEAR/5 reportage", "(merci OR station) ONEAR/8 (video OR studio)"),
    "wildcard": ("co* OR vid*", "repor* stud*", "(merci OR sta*) -video"),
    "rare": ("zq0017x OR zq1234x", "qqzzqq OR qqzzyy", "(zq0017x OR zq3999x) -state:done"),
    "exact": ("merci =Merci", "(merci OR video) =Merci"),
}
BOUNDED = ("has:media", "-merci", "*ment", "#redevance OR #climat", "site:example.org", "label:Presse OR zq0017x")
"""What no index narrows: a page ends when its time is over, and says so."""
CONVERSATION_TREES = (
    "lang:de OR priority:urgent",
    "(is:held state:open) OR label:Redevance",
    "-(kind:mention lang:fr)",
)
DEPTHS = (0, 1, 20, 200)
PAGE = 50
CONVERSATIONS = 300
WHO = ("olive@example.org", "camille@example.org")
"""The owner, who sees the house, and somebody of one department."""


def plan() -> dict[str, Any]:
    from parvis.channels.models import Item
    from parvis.inbox.models import Conversation
    from parvis.orgs.models import Member

    members = [Member.objects.get(email=email) for email in WHO]
    keys = list(Conversation.objects.values_list("id", flat=True))
    chosen = Random(1).sample(keys, min(CONVERSATIONS, len(keys)))
    longest = Conversation.objects.order_by("-item_count").values_list("id", flat=True)[:10]
    return {
        "cookies": {member.email: _session_of(member) for member in members},
        "lists": [[member.email, *page] for member in members for page in _pages(member)],
        "conversations": [f"/inbox/{key}/" for key in [*chosen, *longest]],
        "searches": {kind: _addresses(choices) for kind, choices in SEARCHES.items()},
        "trees": {kind: _addresses(choices) for kind, choices in TREES.items()},
        "conversation_trees": {"or, not": _addresses(CONVERSATION_TREES)},
        "bounded": {"not narrowed": _addresses(BOUNDED)},
        "items": Item.objects.count(),
        "of_conversations": len(keys),
    }


def _addresses(texts: Iterable[str]) -> list[str]:
    return [f"/inbox/?{urlencode({'q': text})}" for text in texts]


def _pages(member: Any) -> Iterator[tuple[str, int, str]]:
    """(filter, pages deep, address)"""
    from parvis.inbox.queries import ids_after

    for text in FILTERS:
        for depth in DEPTHS:
            query = {"q": text}
            if depth:
                _, cursor = ids_after(member, text, now=_now(), limit=depth * PAGE)
                if cursor is None:
                    break
                query["after"] = cursor
            yield text, depth, f"/inbox/?{urlencode(query)}"


def _session_of(member: Any) -> str:
    """A cookie with which the member is signed in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def bulk() -> dict[str, Any]:
    """Seconds for one act on 1,000 conversations, each taken back afterwards."""
    from parvis.flows.bulk import act_on
    from parvis.flows.undo import undo
    from parvis.inbox.queries import ids_after
    from parvis.orgs.models import Member

    owner = Member.objects.get(email=WHO[0])
    measured: dict[str, list[float]] = {}
    for act, text in (("spam", "is:held"), ("approve", "is:held"), ("done", "state:open"), ("label", "state:done")):
        ids, _ = ids_after(owner, f"{text} platform:wordpress", now=_now(), limit=1000)
        for _ in range(3):
            now = _now()
            began = time.perf_counter()
            done = act_on(owner, act, ids=ids, now=now, value="Bench")
            measured.setdefault(act, []).append(time.perf_counter() - began)
            undo(owner, done.batch, now)
    return {
        "seconds": {act: round(statistics.median(times), 3) for act, times in measured.items()},
        "count": len(ids),
    }


def queries() -> dict[str, int]:
    """The most queries of any page of each kind."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(HTTP_HOST="127.0.0.1")
    found: dict[str, int] = {}
    wanted = plan()
    pages = [("list", address) for _, _, _, address in wanted["lists"]]
    pages += [("conversation", address) for address in wanted["conversations"][:40]]
    pages += [("search", address) for choices in wanted["searches"].values() for address in choices]
    pages += [("tree_search", address) for choices in wanted["trees"].values() for address in choices]
    name, _, value = wanted["cookies"][WHO[0]].partition("=")
    client.cookies[name] = value
    for kind, address in pages:
        with CaptureQueriesContext(connection) as caught:
            answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        found[kind] = max(found.get(kind, 0), len(caught))
    return found


def _now() -> datetime:
    return datetime.now(UTC)


WORK: dict[str, Callable[[], Any]] = {"plan": plan, "bulk": bulk, "queries": queries}

if __name__ == "__main__":
    from parvis.cli import open_django

    open_django()
    sys.stdout.write(json.dumps(WORK[sys.argv[1]]()))
