"""No page of a filled house takes more than fifteen queries, not even the first one after a start."""

import uuid

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver

from parvis.channels.models import Effect, EffectState, ItemVersion
from parvis.core.connector import Can
from parvis.core.post import Content
from parvis.core.types import Status
from parvis.inbox.models import Draft, Presence
from parvis.inbox.services import add_label, write_note
from parvis.jobs.work import start_job
from parvis.listening.reputation.services import ComparisonWish, SideWish, add_annotation, save_comparison
from parvis.listening.services import Wish, save_query
from parvis.moderation.services import decide
from parvis.orgs.rights import Role
from parvis.publishing.services import ask_approval, create_post, plan, set_rule, vote, write_comment
from parvis.testing.cast import make_cast
from parvis.testing.clock import MONDAY, later
from parvis.testing.factories import (
    make_channel,
    make_conversation,
    make_department,
    make_item,
    make_member,
    make_profile,
)
from parvis.testing.figured import Said, put_said

MOST_QUERIES = 15
NOW = later(MONDAY, hours=3)
NO_PAGES = {"inbox-changes", "inbox-bulk", "inbox-view-save", "preferences", "account-end-others"}
"""Addresses without an argument that answer only to a page that is open."""


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday(monkeypatch):
    monkeypatch.setattr("parvis.web.clock.now", lambda: NOW)


@pytest.fixture(scope="module")
def cast(shared_db):
    return make_cast()


@pytest.fixture(scope="module")
def house(cast):
    """60 conversations, 6 departments, 20 people more; one thread with everything in it."""
    departments = [cast.news, cast.sport, *(make_department() for _ in range(4))]
    for number in range(20):
        make_member(role=Role.COMMUNITY_MANAGER, department=departments[number % 6])
    channels = [make_channel(department) for department in departments]
    found = []
    for number in range(60):
        channel = channels[number % 6]
        status = Status.HELD if number % 2 else Status.PUBLISHED
        author = make_profile(channel, item_count=3, refused_count=1)
        item = make_item(channel, at=later(minutes=-number), status=status, profile=author)
        item.root = item
        item.save()
        found.append(make_conversation(item))
    _fill(found[0], cast)
    for number in (1, 7, 13):
        _order(found[number].root, cast.olive, state=EffectState.NEEDS_PERSON)
    for member in (cast.olive, cast.camille):
        for _ in range(3):
            batch = uuid.uuid4()
            start_job("bulk", member_id=member.pk, params={"batch": str(batch), "act": "done"}, now=NOW, total_count=9)
    return found


def _fill(conversation, cast):
    root = conversation.root
    article = make_item(root.channel, kind="article", title="About it")
    root.about = article
    root.save()
    last = root
    for number in range(12):
        last = make_item(
            root.channel, at=later(minutes=number), root=root, parent=last, profile=make_profile(root.channel),
            status=Status.HELD if number % 3 else Status.PUBLISHED,
        )  # fmt: skip
        ItemVersion.objects.create(item=last, until=MONDAY, body="before")
        if number % 3:
            decide(last, cast.camille, "approve", now=later(minutes=number))
        _order(last, cast.camille, state=EffectState.NEEDS_PERSON)
    conversation.last_item = last
    conversation.item_count = 13
    conversation.save()
    for number in range(5):
        write_note(conversation, cast.maud, f"@camille caron note {number}", now=later(minutes=number))
        add_label(conversation, cast.camille, f"label {number}", now=NOW)
    Draft.objects.create(conversation=conversation, member=cast.camille, kind="reply", text="Hello", updated_at=NOW)
    Presence.objects.create(conversation=conversation, member=cast.maud, seen_at=NOW, is_typing=True)


def _order(item, member, *, state):
    return Effect.objects.create(
        channel=item.channel, department_id=item.department_id, item=item, can=Can.REPLY, text="Thanks", state=state,
        created_by=member, created_at=NOW, error={"code": "x", "en": "No", "fr": "Non"},
    )  # fmt: skip


def plain_addresses():
    """Every address of the project that needs no argument and shows a page."""
    found = []
    for module in get_resolver().url_patterns:
        for pattern in getattr(module, "url_patterns", ()):
            if not isinstance(pattern, URLPattern) or pattern.pattern.converters or pattern.name in NO_PAGES:
                continue
            if (pattern.callback.__module__ or "").startswith("parvis."):
                found.append("/" + str(pattern.pattern))
    return sorted(set(found))


def count_queries(client, path, **headers):
    for cache in caches.all(initialized_only=False):
        cache.clear()
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(path, headers=headers)
    assert answer.status_code in (200, 302, 405), (path, answer.status_code)
    return seen.captured_queries


def _read(client, path, **headers):
    found = count_queries(client, path, **headers)
    assert len(found) <= MOST_QUERIES, "\n".join(query["sql"][:300] for query in found)


@pytest.mark.parametrize(
    "path", [*plain_addresses(), "/inbox/?q=", "/inbox/?q=is:held", "/inbox/?q=Text", "/?part=mine"]
)
@pytest.mark.parametrize("who", ["olive", "camille"])
def test_page_without_an_argument_takes_few_queries(client, cast, house, path, who):
    client.force_login(getattr(cast, who), backend="parvis.orgs.asking.Backend")
    if client.get(path).status_code == 403:
        pytest.skip("not open to them")
    _read(client, path)


@pytest.mark.parametrize("who", ["olive", "camille"])
@pytest.mark.parametrize("path", ["", "history/", "choices/assign/", "choices/labels/", "names/"])
def test_conversation_with_everything_in_it_takes_few_queries(client, cast, house, path, who):
    client.force_login(getattr(cast, who), backend="parvis.orgs.asking.Backend")
    _read(client, f"/inbox/{house[0].pk}/{path}")


def test_earlier_versions_take_few_queries(client, cast, house):
    client.force_login(cast.camille, backend="parvis.orgs.asking.Backend")
    _read(client, f"/inbox/items/{house[0].last_item_id}/versions/")


def test_pages_of_one_channel_and_one_person_take_few_queries(client, cast, house):
    client.force_login(cast.olive, backend="parvis.orgs.asking.Backend")
    channel = house[0].channel_id
    for path in (f"/channels/{channel}/", f"/channels/{channel}/remove/", f"/channels/{channel}/reconnect/"):
        _read(client, path)
    _read(client, f"/people/{cast.maud.pk}/")


@pytest.mark.parametrize("who", ["olive", "camille"])
def test_pages_of_reputation_take_few_queries(client, cast, house, who):
    queries = [
        save_query(cast.olive, Wish(name=f"Side {n}", text=f"w{n}", department=cast.news, hears_house=True), now=NOW)
        for n in range(12)
    ]
    said = [Said(later(hours=-30 * n), text="said alike", author=f"A{n}", tone=0.1, reach=n) for n in range(1, 25)]
    for query in queries:
        put_said(query, house[0].channel, said, now=NOW)
    sides = [SideWish(query, "") for query in queries]
    wish = ComparisonWish(name="All", department=cast.news, sides=sides)
    comparison = save_comparison(cast.camille, wish, now=NOW)
    for number in range(9):
        add_annotation(cast.camille, "Event", at=later(hours=-30 * number), department=cast.news, now=NOW)
    client.force_login(getattr(cast, who), backend="parvis.orgs.asking.Backend")
    alone = f"/listen/reputation/of/{queries[0].pk}/"
    together = f"/listen/reputation/{comparison.pk}/"
    for path in (
        together, f"{together}?days=91", f"{together}change/", f"{together}figures.csv", alone, f"{alone}figures.csv",
        f"{alone}items/?since=2020-01-01T00&until=2030-01-01T00&channel={house[0].channel_id}",
    ):  # fmt: skip
        _read(client, path)


@pytest.mark.parametrize("who", ["olive", "camille"])
def test_pages_of_posts_take_few_queries(client, cast, house, who):
    channels = [
        make_channel(cast.news, connector=("mastodon", "bluesky")[number % 2], can=["publish"]) for number in range(6)
    ]
    set_rule(cast.news, cast.maud, "four_eyes", now=NOW)
    posts = [
        create_post(cast.camille, cast.news, now=NOW, content=Content(text=f"Post {number}"), channels=channels)
        for number in range(40)
    ]
    for number, post in enumerate(posts[:12]):
        write_comment(post, cast.maud, f"@camille number {number}", now=NOW)
        asked = ask_approval(post, cast.camille, now=NOW)
        if number % 2:
            vote(asked, cast.maud, "approve", now=NOW)
            plan(post, cast.camille, due_local=NOW.replace(hour=12 + number // 2, tzinfo=None), zone="UTC", now=NOW)
    client.force_login(getattr(cast, who), backend="parvis.orgs.asking.Backend")
    for tab in ("drafts", "approve", "planned", "way", "out"):
        _read(client, f"/publish/?tab={tab}")
    _read(client, "/publish/calendar/?month=" + NOW.strftime("%Y-%m"))
    for post in (posts[0], posts[1], posts[20]):
        _read(client, f"/publish/{post.pk}/")
        _read(client, f"/publish/{post.pk}/versions/")
