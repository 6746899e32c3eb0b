"""The Mastodon connector on recorded answers (of mastodon-mock), and on what is said of Mastodon itself."""

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from asgiref.sync import async_to_sync

from parvis.connectors.mastodon import connector
from parvis.connectors.mastodon.counting import TEXT_RULES
from parvis.connectors.mastodon.fetch import OVERLAP_MS, PAGE
from parvis.connectors.mastodon.listen import has_stream
from parvis.core.errors import RemoteGone
from parvis.core.measuring import Measure
from parvis.core.types import Answer, Kind, Payload, Status

FOLDER = Path(__file__).parent
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def recorded(name):
    told = json.loads((FOLDER / "answers" / f"{name}.json").read_text())
    body = told["body"] if isinstance(told["body"], str) else json.dumps(told["body"])
    return Payload(endpoint=name, url=told["url"], body=body.encode(), facts=told["facts"])


def items_of(payload):
    return connector.parse(payload).items


def test_account_is_told_answers_mentions_and_messages_apart():
    items = items_of(recorded("notifications"))
    kinds = {item.kind: item for item in items}
    assert set(kinds) == {Kind.COMMENT, Kind.MENTION, Kind.MESSAGE}
    assert kinds[Kind.MESSAGE].facts["visibility"] == "direct"
    answer = next(item for item in items if item.title)
    assert (answer.title, answer.facts["warning"], answer.language) == ("météo", "météo", "fr")
    assert (answer.media[0].alt, answer.media[0].kind) == ("Un lac & une montagne", "image/png")
    assert answer.parent_id.startswith("status:") and answer.facts["acct"] == "member"


def test_change_bears_its_time():
    changed = next(item for item in items_of(recorded("timeline")) if "other words" in item.body)
    assert changed.updated_at > changed.published_at


def test_own_posts_are_the_houses():
    items = items_of(recorded("statuses"))
    assert items and all(item.author.is_house and item.kind is Kind.ARTICLE for item in items)


def test_what_was_passed_on_is_not_taken_for_the_words_of_who_did():
    row = json.loads(recorded("status").body)
    body = json.dumps([{**row, "id": "9", "reblog": row, "content": ""}]).encode()
    assert items_of(Payload(endpoint="timeline", url="", body=body)) == ()


def test_stream_tells_what_came_what_changed_and_what_is_gone():
    items = items_of(recorded("events"))
    assert {item.status for item in items} == {Status.PUBLISHED, Status.DELETED}
    assert next(item for item in items if item.status is Status.DELETED).facts == {"status_only": True}


def test_event_that_is_damaged_hides_none_beside_it():
    payload = recorded("events")
    damaged = msgspec.structs.replace(payload, body=b"event: update\ndata: {\n\n" + payload.body)
    parsed = connector.parse(damaged)
    assert len(parsed.items) == len(items_of(payload)) and len(parsed.problems) == 1


def test_same_post_is_the_same_from_every_endpoint():
    row = json.loads(recorded("status").body)
    facts = recorded("status").facts
    notice = {"id": "1", "type": "mention", "status": row}
    text = f"event: update\ndata: {json.dumps(row)}\n\n".encode()
    bodies = {"status": row, "timeline": [row], "notifications": [notice]}
    found = [
        items_of(Payload(endpoint=name, url="", body=json.dumps(body).encode(), facts=facts))
        for name, body in bodies.items()
    ]
    assert found[0] == found[1] == found[2] == items_of(Payload(endpoint="events", url="", body=text, facts=facts))


def answered(url, body=b"", **headers):
    return Answer(status=200, url=url, headers=headers, body=body)


PAGE_HTML = b"""<html><head><title>Instance</title><script id="initial-state" type="application/json">{}</script></head>
<body><div class="app-holder" data-props="{}" id="mastodon"></div></body></html>"""


@pytest.mark.parametrize(
    ("path", "sources"),
    [
        ("/", ["mentions", "public", "public"]),
        ("/@house", ["account", "mentions"]),
        ("/@house@other.example/113", ["account", "mentions"]),
        ("/users/house", ["account"]),
        ("/tags/parvis", ["tag"]),
        ("/public/local", ["public"]),
        ("/public", ["public"]),
        ("/notifications", ["mentions"]),
    ],
)
def test_pages_of_an_instance_are_told_apart(path, sources):
    found = connector.recognise(answered(f"https://instance.example{path}", PAGE_HTML))
    assert [one.facts["source"] for one in found] == sources
    assert connector.recognise(answered(f"https://site.example{path}", b"<html>A site</html>")) == []


def test_other_servers_are_known_by_their_description():
    body = (FOLDER / "pages" / "instance.json").read_bytes()
    assert connector.recognise(answered("https://instance.example/api/v2/instance", body))
    pleroma = b'{"uri": "https://p.example", "title": "P", "version": "2.7.2 (compatible; Pleroma 2.6.0)"}'
    assert connector.recognise(answered("https://p.example/api/v1/instance", pleroma))
    assert connector.recognise(answered("https://p.example/api/v1/instance", b"[]")) == []


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("@house@Instance.example", "https://instance.example/@house"),
        ("house@instance.example", None),
        ("@house", None),
        ("@house.example.org", None),
    ],
)
def test_accounts_are_known_as_people_write_them(typed, address):
    found = connector.recognise_typed(typed)
    assert (found[0].address if found else None) == address


@pytest.mark.parametrize(
    ("text", "count"),
    [("été", 3), ("@a@instance.example hi", 5), ("see https://example.org/a/very/long/path?x=y#z now", 31), ("", 0)],
)
def test_text_is_counted_as_an_instance_counts(text, count):
    assert Measure(TEXT_RULES)(text).length == count


def test_streams_are_for_those_who_are_signed_in():
    assert has_stream({"source": "public", "signed_in": "1"}) and has_stream({"source": "mentions", "signed_in": "1"})
    assert not has_stream({"source": "public"}) and not has_stream({"source": "account", "signed_in": "1"})


class Shelf:
    """An instance's public timeline in memory, whose ids hold the time as Mastodon's do."""

    address = "https://instance.example/"
    credentials: dict[str, str] = {}
    facts = {"source": "public"}
    now = NOON

    def __init__(self):
        self.rows = {}
        self.calls = 0

    def put(self, seconds, text="words", **more):
        """A post written so many seconds after noon; its id."""
        number = str(int(NOON.timestamp() * 1000 + seconds * 1000) << 16 | len(self.rows))
        account = {"id": "1", "acct": "anna", "username": "anna"}
        self.rows[number] = {"id": number, "content": text, "account": account, **more}
        return number

    async def request(self, method, url, *, params=None, json=None, headers=None, accept_statuses=frozenset()):
        self.calls += 1
        found = sorted(self.rows, key=int, reverse=True)
        if "/statuses/" in url:
            if url.rpartition("/")[2] not in self.rows:
                raise RemoteGone(host="instance.example", detail="gone")
            return Answer(status=200, url=url, headers={}, body=b"{}")
        if "min_id" in params:
            newer = [number for number in found if int(number) > int(params["min_id"])]
            found = newer[-params["limit"] :]
        elif "max_id" in params:
            found = [number for number in found if int(number) < int(params["max_id"])]
        body = msgspec.json.encode([self.rows[number] for number in found[: params["limit"]]])
        return Answer(status=200, url=url, headers={}, body=body)

    @asynccontextmanager
    async def stream_lines(self, url, *, params=None, headers=None, silence_s=60):
        lines = [
            ":thump",
            "event: update",
            f"data: {json.dumps(self.rows[max(self.rows)])}",
            "",
            "event: other",
            "data: {}",
            "",
        ]

        async def batches():
            yield tuple(lines[:2])
            yield tuple(lines[2:])

        yield batches()


class Desk:
    def __init__(self, shelf):
        self.shelf, self.cursor, self.status = shelf, {}, {}

    def read(self, steps=None):
        async def run():
            done = 0
            async for fetched in connector.fetch(self.shelf, self.cursor):
                self.cursor = json.loads(json.dumps(fetched.cursor))
                for payload in fetched.payloads:
                    for item in items_of(payload):
                        self.status[item.remote_id.partition(":")[2]] = item.status
                done += 1
                if done == steps:
                    return

        async_to_sync(run)()
        return self


@pytest.fixture
def shelf():
    return Shelf()


def test_everything_between_two_readings_arrives_however_much_it_is(shelf):
    first = [shelf.put(second) for second in range(PAGE)]
    desk = Desk(shelf).read()
    more = [shelf.put(1000 + second) for second in range(10 * PAGE + 7)]
    desk.read(steps=3)  # killed in the middle
    desk.read()
    assert set(desk.status) == {*first, *more}


def test_post_that_arrives_late_from_elsewhere_is_not_missed(shelf):
    desk = Desk(shelf)
    shelf.put(0)
    desk.read()
    [shelf.put(100 + second) for second in range(PAGE)]
    desk.read()
    late = shelf.put(100 + PAGE - OVERLAP_MS / 1000 + 5)
    [shelf.put(200 + second) for second in range(PAGE + 5)]
    desk.read()
    assert late in desk.status


def test_deletion_among_the_newest_is_noticed_and_nothing_else_is_asked_for(shelf):
    numbers = [shelf.put(second) for second in range(10)]
    desk = Desk(shelf).read()
    del shelf.rows[numbers[4]]
    shelf.put(50)
    calls = shelf.calls
    desk.read()
    assert shelf.calls - calls <= 4
    assert desk.status[numbers[4]] is Status.DELETED
    assert [number for number in numbers if desk.status[number] is Status.DELETED] == [numbers[4]]


def test_quiet_timeline_costs_one_request(shelf):
    shelf.put(0)
    desk = Desk(shelf).read()
    calls = shelf.calls
    desk.read()
    assert shelf.calls - calls == 1


def test_stream_moves_the_cursor_that_reading_goes_on_from(shelf):
    number = shelf.put(0)

    async def run():
        return [step async for step in connector.stream(shelf, {"timeline": "1", "timeline_window": ["1"]})]

    opened, step = async_to_sync(run)()
    assert (opened.payloads, opened.cursor, step.cursor) == ((), {}, {"timeline": number})
    assert [item.remote_id for item in items_of(step.payloads[0])] == [f"status:{number}"]


async def read_gone(shelf, cursor):
    """The cursor after a reading, and the ids that were found gone."""
    gone = []
    async for fetched in connector.fetch(shelf, json.loads(json.dumps(cursor))):
        cursor = fetched.cursor
        items = [item for payload in fetched.payloads for item in items_of(payload)]
        gone += [item.remote_id.partition(":")[2] for item in items if item.status is Status.DELETED]
    return cursor, gone


async def test_oldest_post_of_a_short_list_is_found_gone():
    shelf = Shelf()
    oldest = shelf.put(1)
    shelf.put(2)
    cursor, _ = await read_gone(shelf, {})
    del shelf.rows[oldest]
    cursor, gone = await read_gone(shelf, cursor)
    assert gone == [oldest]
    assert (await read_gone(shelf, cursor))[1] == []


async def test_however_many_are_gone_at_once_all_are_found():
    shelf = Shelf()
    numbers = [shelf.put(second) for second in range(PAGE - 1)]
    cursor, _ = await read_gone(shelf, {})
    for number in numbers[1:31]:
        del shelf.rows[number]
    found = []
    for _ in range(4):
        cursor, gone = await read_gone(shelf, cursor)
        found += gone
    assert sorted(found) == sorted(numbers[1:31])


@pytest.mark.parametrize("told", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_post_that_bears_an_impossible_time_hides_none_beside_it(told):
    row = json.loads(recorded("status").body)
    rows = [{**row, "id": "1", "created_at": told}, {**row, "id": "2"}]
    parsed = connector.parse(Payload(endpoint="timeline", url="", body=json.dumps(rows).encode()))
    assert [item.remote_id for item in parsed.items] == ["status:2"] and len(parsed.problems) == 1
