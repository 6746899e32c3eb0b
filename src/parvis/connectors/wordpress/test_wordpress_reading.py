"""Reading a WordPress whose lists change while they are read."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.connectors.wordpress import connector
from parvis.connectors.wordpress.cursor import Progress
from parvis.connectors.wordpress.seen import Seen
from parvis.connectors.wordpress.site import Site
from parvis.core.connector import Can, Order, Target
from parvis.core.errors import (
    AnswerNotUnderstood,
    NotEncrypted,
    RemoteBroken,
)
from parvis.core.types import Answer, Kind, Status

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def order(can, text="", remote_id="comment:1"):
    target = Target(remote_id=remote_id, kind=Kind.COMMENT)
    return Order(key="k", can=can, target=target, text=text, written_at=NOON)


@pytest.mark.parametrize(
    ("address", "url", "query"),
    [
        ("https://a.example/wp-json/", "https://a.example/wp-json/wp/v2/posts", {}),
        ("https://a.example/blog/wp-json", "https://a.example/blog/wp-json/wp/v2/posts", {}),
        ("https://a.example/index.php?rest_route=/", "https://a.example/index.php", {"rest_route": "/wp/v2/posts"}),
        ("https://a.example/?lang=fr&rest_route=/", "https://a.example/", {"lang": "fr", "rest_route": "/wp/v2/posts"}),
    ],
)
def test_routes_are_built_with_and_without_pretty_permalinks(address, url, query):
    assert Site(Shelf(address=address)).url("wp/v2/posts") == (url, query)


@given(st.sets(st.integers(1, 60_000)), st.sets(st.integers(1, 60_000)), st.integers(0, 60_000), st.integers(0, 60_000))
def test_seen_remembers_what_it_was_told(added, removed, low, high):
    seen = Seen()
    seen.add(added)
    seen.remove(removed)
    again = Seen(json.loads(json.dumps(seen.written())))
    assert again.between(low, high) == sorted(n for n in added - removed if low <= n <= high)
    assert again.between(low, None) == sorted(n for n in added - removed if n >= low)


def test_a_million_comments_in_a_row_take_little_room():
    seen = Seen()
    seen.add(range(1, 1_000_001))
    assert len(json.dumps(seen.written())) < 10_000


class Shelf:
    """A site's lists in memory, answering the questions that the connector asks; it may change before each answer."""

    def __init__(self, *, address="https://site.example/wp-json/", moderates=True):
        self.address = address
        self.credentials = {"username": "desk", "password": "x"} if moderates else {}
        self.facts = {"reads_all": "posts,pages,comments", "user_id": "1"} if moderates else {}
        self.now = NOON
        self.rows = {"posts": {}, "pages": {}, "comments": {}}
        self.before_answer = lambda: None
        self.asked = []
        self.broken = lambda _params: None

    def put(self, name, number, status, **fields):
        row = {"id": number, "status": status, "content": {"raw": f"text {number}"}, "date_gmt": "2026-01-01T00:00:00"}
        self.rows[name][number] = {**row, "modified_gmt": "2026-01-01T00:00:00", **fields}

    async def request(self, method, url, *, params=None, json=None, headers=None, accept_statuses=frozenset()):
        self.before_answer()
        self.asked.append((url, params))
        if (broken := self.broken(params)) is not None:
            return broken
        name = url.rsplit("/", 1)[1]
        found = sorted((row for row in self.rows[name].values() if self._shows(row, params)), key=lambda row: row["id"])
        if params.get("order") == "desc":
            found.reverse()
        size = params["per_page"]
        offset = params.get("offset", (params.get("page", 1) - 1) * size)
        body = msgspec.json.encode(found[offset : offset + size])
        headers = {"content-type": "application/json", "x-wp-total": str(len(found))}
        return Answer(status=200, url=url, headers=headers, body=body)

    @staticmethod
    def _shows(row, params):
        if "include" in params and str(row["id"]) not in params["include"].split(","):
            return False
        if "modified_after" in params and row["modified_gmt"] <= params["modified_after"][:19]:
            return False
        wanted = params.get("status", "approve,publish")
        told = {"approved": "approve"}.get(row["status"], row["status"])
        return wanted == "any" or told in wanted.split(",")


class Desk:
    def __init__(self, shelf):
        self.shelf = shelf
        self.cursor = {}
        self.status = {}

    async def read(self, steps=None):
        reading = connector.fetch(self.shelf, self.cursor)
        async for fetched in reading:
            self.cursor = json.loads(json.dumps(fetched.cursor))
            for one in fetched.payloads:
                for item in connector.parse(one).items:
                    self.status[item.remote_id] = item.status
            steps = steps and steps - 1
            if steps == 0:
                await reading.aclose()
                return

    async def poll(self, times):
        for _ in range(times):
            self.shelf.now += timedelta(seconds=60)
            await self.read()


SHOWN = {"approved": Status.PUBLISHED, "hold": Status.HELD, "spam": Status.SPAM, "trash": Status.TRASHED}


CHANGES = st.lists(
    st.tuples(st.sampled_from(["add", "delete", "set"]), st.integers(0, 10_000), st.sampled_from(list(SHOWN))),
    max_size=120,
)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 260), CHANGES, st.integers(1, 4))
async def test_nothing_is_lost_while_the_list_changes_under_the_reader(comments, changes, every):
    shelf, waiting, questions = Shelf(), list(changes), [0]
    for number in range(1, comments + 1):
        shelf.put("comments", number, list(SHOWN)[number % 4])

    def change():
        questions[0] += 1
        for _ in range(4 if questions[0] % every == 0 else 0):
            if waiting:
                _change(shelf, *waiting.pop())

    shelf.before_answer = change
    desk = Desk(shelf)
    await desk.read(steps=2)
    await desk.read()
    while waiting:
        await desk.poll(1)
    await desk.poll(1)
    rows = shelf.rows["comments"]
    assert {f"comment:{number}" for number in rows} <= set(desk.status)
    await desk.poll(13)
    assert {f"comment:{number}": SHOWN[row["status"]] for number, row in rows.items()} == {
        key: status for key, status in desk.status.items() if status is not Status.DELETED
    }


def _change(shelf, what, number, status):
    rows = shelf.rows["comments"]
    if what == "add":
        shelf.put("comments", max([*rows, 0]) + 1 + number % 3, status)
    elif rows:
        key = sorted(rows)[number % len(rows)]
        if what == "delete":
            del rows[key]
        else:
            rows[key]["status"] = status


async def quiet_desk(comments):
    """A desk that has read a site with so many comments, and whose sweep is in no hurry."""
    shelf = Shelf()
    for number in range(1, comments + 1):
        shelf.put("comments", number, "hold" if number == 5 else "approved")
    desk = Desk(shelf)
    await desk.read()
    await desk.poll(3)
    return desk, shelf


async def test_many_deletions_between_two_polls_hide_no_new_comment():
    desk, shelf = await quiet_desk(1500)
    for number in range(1000, 1450):
        del shelf.rows["comments"][number]
    for number in range(1501, 1520):
        shelf.put("comments", number, "approved")
    await desk.poll(1)
    assert all(f"comment:{number}" in desk.status for number in range(1501, 1520))
    await desk.poll(20)
    assert sum(status is Status.DELETED for status in desk.status.values()) == 450


async def test_decision_about_an_old_held_comment_is_seen_at_the_next_poll():
    desk, shelf = await quiet_desk(1500)
    shelf.rows["comments"][5]["status"] = "approved"
    shelf.rows["comments"][600]["status"] = "hold"
    await desk.poll(1)
    assert desk.status["comment:5"] is Status.PUBLISHED and desk.status["comment:600"] is Status.HELD


async def test_six_thousand_comments_are_swept_within_an_hour():
    shelf = Shelf()
    for number in range(1, 6001):
        shelf.put("comments", number, "approved")
    desk = Desk(shelf)
    await desk.read()
    await desk.poll(1)
    shelf.rows["comments"][17]["content"] = {"raw": "edited"}
    del shelf.rows["comments"][18]
    asked_before = len(shelf.asked)
    await desk.poll(62)
    assert desk.status["comment:18"] is Status.DELETED
    assert (len(shelf.asked) - asked_before) / 62 < 14


async def test_quiet_poll_hands_on_the_sweep_alone():
    shelf = Shelf()
    for number in range(1, 31):
        shelf.put("comments", number, "hold")
        shelf.put("posts", number, "publish")
    desk = Desk(shelf)
    await desk.read()
    await desk.poll(2)
    shelf.now += timedelta(seconds=60)
    payloads = [one async for fetched in connector.fetch(shelf, desk.cursor) for one in fetched.payloads]
    assert [one.endpoint for one in payloads] == ["comments"]


async def test_losing_the_account_deletes_nothing():
    shelf = Shelf()
    shelf.put("comments", 1, "hold")
    shelf.put("comments", 2, "approved")
    desk = Desk(shelf)
    await desk.read()
    shelf.credentials, shelf.facts = {}, {}
    await desk.poll(5)
    assert desk.status == {"comment:1": Status.HELD, "comment:2": Status.PUBLISHED}


async def test_site_that_breaks_at_a_hundred_records_is_read_in_tens():
    shelf = Shelf()
    for number in range(1, 131):
        shelf.put("comments", number, "approved")
    refused = Answer(status=500, url="x", headers={}, body=b"<p>There has been a critical error</p>")
    shelf.broken = lambda params: refused if params["per_page"] == 100 else None
    desk = Desk(shelf)
    await desk.read()
    assert len(desk.status) == 130
    shelf.broken = lambda _params: refused
    with pytest.raises(RemoteBroken):
        await desk.read()


async def test_answer_that_is_not_understood_is_kept_and_stops_the_reading():
    shelf = Shelf()
    shelf.put("posts", 1, "publish")
    page = Answer(status=200, url="x", headers={"content-type": "text/html"}, body=b"<html>Are you human?</html>")
    shelf.broken = lambda _params: page
    kept = []
    with pytest.raises(AnswerNotUnderstood):
        async for fetched in connector.fetch(shelf, {}):
            kept += fetched.payloads
    assert [one.body for one in kept] == [page.body]


async def test_first_look_brings_the_newest_of_each_list_however_many_posts_there_are():
    shelf = Shelf()
    for number in range(1, 1001):
        shelf.put("posts", number, "publish", type="post")
    for number in range(1, 31):
        shelf.put("comments", number, "hold", post=1)
    found = [item async for one in connector.newest(shelf) for item in connector.parse(one.payloads[0]).items]
    assert [item.remote_id for item in found] == [
        *(f"comment:{number}" for number in range(30, 20, -1)),
        *(f"post:{number}" for number in range(1000, 990, -1)),
    ]
    assert len(shelf.asked) == 3


async def test_old_cursor_of_another_make_is_no_stumbling_block():
    assert Progress({}).written() == {"lists": {}}


async def test_password_stays_here_where_the_way_is_open():
    shelf = Shelf(address="http://site.example/wp-json/")
    with pytest.raises(NotEncrypted):
        await connector.check(shelf)
    with pytest.raises(NotEncrypted):
        await connector.acts[Can.SPAM].perform(shelf, order(Can.SPAM))
    assert shelf.asked == []
