"""Reading a wiki in memory whose list of changes grows, comes late, and asks to wait."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.connectors.mediawiki import connector
from parvis.connectors.mediawiki.scope import Scope
from parvis.core.errors import AnswerUnusable, CredentialsRejected, NotEncrypted, RateLimited, RightMissing
from parvis.core.types import Answer, Status

API = "https://w.example/w/api.php"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Shelf:
    """A wiki's API. `fails` gives the error of a question, or None."""

    def __init__(self, address=API, credentials=None):
        self.address, self.credentials, self.now = address, credentials or {}, NOON
        self.facts = {"articles": "https://w.example/wiki/$1", "language": "fr"}
        self.rows, self.pages, self.log, self.asked = [], {}, [], []
        self.fails = lambda _params: None

    def put(self, at_s, **fields):
        """One row; `at_s` is the time that it bears, in seconds after noon."""
        number = len(self.rows) + 1
        moment = (NOON + timedelta(seconds=at_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
        common = {"type": "edit", "ns": 0, "title": "A", "pageid": 1, "user": "Anna", "userid": 1, "comment": "c"}
        ids = {"rcid": number, "revid": 1000 + number, "old_revid": 999 + number, "timestamp": moment}
        self.rows.append({**common, **ids, **fields})
        return 1000 + number

    async def request(self, method, url, *, params=None, json=None, headers=None, accept_statuses=frozenset()):
        self.asked.append(params)
        assert url == API and params["maxlag"] == 5
        self.headers = headers
        failed = self.fails(params)
        told = {"error": failed} if failed else self._answer(params)
        kept = {"content-type": "application/json", **({"retry-after": "7"} if failed else {})}
        return Answer(status=200, url=url, headers=kept, body=msgspec.json.encode(told))

    def _answer(self, params):
        if params["action"] == "compare":
            cell = f'<td class="diff-addedline"><div>added by {params["torev"]}</div></td>'
            return {"compare": {"body": f"<tr>{cell}</tr>"}}
        if params.get("list") == "recentchanges":
            return self._changes(params)
        if params.get("list") == "logevents":
            found = [row for row in self.log if row["type"] == params["letype"] and row["title"] == params["letitle"]]
            return {"query": {"logevents": found}}
        if params.get("prop") == "info":
            return self._info(params)
        if "revids" in params:
            return {"query": {"pages": [{"revisions": [self._text(int(n)) for n in params["revids"].split("|")]}]}}
        return self._revisions(params)

    def _text(self, number):
        return {"revid": number, "slots": {"main": {"content": f"text of {number}"}}}

    def _changes(self, params):
        is_newer = params.get("rcdir") == "newer"
        rows = sorted(self.rows, key=lambda row: (row["timestamp"], row["rcid"]), reverse=not is_newer)
        rows = [row for row in rows if row["timestamp"] >= params.get("rcstart", "")] if is_newer else rows
        start = int(params.get("rccontinue", 0))
        end = start + int(params["rclimit"])
        more = {"continue": {"rccontinue": str(end), "continue": "-||"}} if end < len(rows) else {}
        return {"query": {"recentchanges": rows[start:end]}, **more}

    def _info(self, params):
        if "pageids" in params:
            wanted = [int(number) for number in params["pageids"].split("|")]
        else:
            wanted = [key for key, page in self.pages.items() if page["is_listed"]]
        told = []
        for key in wanted:
            page = self.pages.get(key)
            found = {"title": page["title"], "ns": 0, "lastrevid": page["revisions"][-1]} if page else {"missing": True}
            told.append({"pageid": key, **found})
        return {"query": {"pages": told}}

    def _revisions(self, params):
        page = self.pages[int(params["pageids"])]
        numbers = list(reversed(page["revisions"]))
        start = int(params.get("rvcontinue", 0))
        end = start + int(params["rvlimit"])
        more = {"continue": {"rvcontinue": str(end)}} if end < len(numbers) else {}
        rows = [
            {"revid": n, "parentid": n - 1 if n > 1 else 0, "user": "Anna", "timestamp": "2026-11-23T12:00:00Z"}
            for n in numbers[start:end]
        ]
        return {"query": {"pages": [{"revisions": rows}]}, **more}


class Desk:
    def __init__(self, shelf):
        self.shelf, self.cursor, self.items = shelf, {}, {}

    async def poll(self, *, steps=None):
        """How many items were handed on."""
        count = 0
        reading = connector.fetch(self.shelf, self.cursor)
        async for fetched in reading:
            self.cursor = json.loads(json.dumps(fetched.cursor))
            for payload in fetched.payloads:
                parsed = connector.parse(payload)
                assert parsed.problems == ()
                count += len(parsed.items)
                self.items.update({item.remote_id: item for item in parsed.items})
            steps = steps and steps - 1
            if steps == 0:
                await reading.aclose()
                break
        return count


async def test_first_reading_takes_the_last_hundred_and_the_next_ones_what_is_new():
    shelf = Shelf()
    for number in range(250):
        shelf.put(number)
    desk = Desk(shelf)
    await desk.poll()
    assert len(desk.items) == 100 and "change:1151" in desk.items and "change:1150" not in desk.items
    assert await desk.poll() == 0
    new = shelf.put(251)
    assert await desk.poll() == 1 and desk.items[f"change:{new}"].body == f"c\n\nadded by {new}"


async def test_change_that_is_listed_late_is_not_missed():
    shelf, desk = Shelf(), None
    shelf.put(0)
    desk = Desk(shelf)
    await desk.poll()
    shelf.put(100)
    await desk.poll()
    late = shelf.put(40)
    assert await desk.poll() == 1 and f"change:{late}" in desk.items


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 15), st.integers(0, 110)), min_size=1, max_size=60),
    st.integers(1, 7),
    st.integers(1, 3),
)
async def test_every_change_comes_in_once_however_readings_are_cut(arrivals, every, steps):
    shelf = Shelf()
    shelf.put(0)
    desk, clock_s, count = Desk(shelf), 0, 0
    count += await desk.poll()
    for number, (passing_s, late_s) in enumerate(arrivals):
        clock_s += passing_s
        shelf.put(max(0, clock_s - late_s))
        if number % every == 0:
            count += await desk.poll(steps=steps)
    count += await desk.poll()
    assert set(desk.items) == {f"change:{row['revid']}" for row in shelf.rows} and count == len(shelf.rows)


async def test_wiki_that_asks_to_wait_in_the_middle_of_a_list_loses_nothing():
    shelf = Shelf()
    for number in range(30):
        shelf.put(number)
    asked = []

    def fails(params):
        if params["action"] == "compare":
            asked.append(params["torev"])
            return {"code": "ratelimited", "info": "slow down"} if len(asked) % 8 == 0 else None
        return None

    shelf.fails = fails
    desk = Desk(shelf)
    for _ in range(4):
        with pytest.raises(RateLimited) as caught:
            await desk.poll()
        assert caught.value.retry_after_s == 7
    await desk.poll()
    assert len(desk.items) == 30 and len(asked) == len(set(asked)) + 4


async def test_lagging_wiki_is_left_alone_for_as_long_as_it_says():
    shelf = Shelf()
    shelf.fails = lambda _: {"code": "maxlag", "info": "Waiting for 10.0.0.1: 9 seconds lagged."}
    with pytest.raises(RateLimited) as caught:
        await Desk(shelf).poll()
    assert caught.value.retry_after_s == 7


async def test_change_that_cannot_be_compared_any_more_is_told_without_its_words():
    shelf = Shelf()
    number = shelf.put(0)
    shelf.fails = lambda params: {"code": "nosuchrevid"} if params["action"] == "compare" else None
    desk = Desk(shelf)
    await desk.poll()
    assert desk.items[f"change:{number}"].body == "c"


async def test_closed_wiki_says_that_a_token_is_needed_and_a_bad_token_is_told_as_such():
    shelf = Shelf()
    shelf.fails = lambda _: {"code": "readapidenied", "info": "You need read permission to use this module."}
    with pytest.raises(RightMissing) as caught:
        await connector.check(shelf)
    assert "token" in caught.value.text.en
    shelf = Shelf(credentials={"access_token": "t"})
    shelf.fails = lambda _: {"code": "mwoauth-invalid-authorization", "info": "The authorization headers are not valid"}
    with pytest.raises(CredentialsRejected):
        await connector.check(shelf)
    assert shelf.headers == {"authorization": "Bearer t"}


async def test_token_stays_here_where_the_way_is_open():
    shelf = Shelf(address="http://w.example/w/api.php", credentials={"access_token": "t"})
    with pytest.raises(NotEncrypted):
        await connector.check(shelf)
    assert shelf.asked == []


def category(pages, revisions=1):
    shelf = Shelf(address=Scope(API, category="Category:Eaux").address)
    for key in range(1, pages + 1):
        first = key * 100
        listed = list(range(first, first + revisions))
        shelf.pages[key] = {"title": f"Page {key}", "revisions": listed, "is_listed": True}
    return shelf


async def test_category_is_read_by_the_last_change_of_each_page():
    shelf = category(50, revisions=3)
    desk = Desk(shelf)
    assert await desk.poll() == 20 and "change:5002" in desk.items and "change:5001" not in desk.items
    assert await desk.poll() == 0
    shelf.pages[3]["revisions"] += [9001, 9002]
    assert await desk.poll() == 2 and {"change:9001", "change:9002"} <= set(desk.items)


async def test_category_whose_first_reading_was_cut_off_does_not_read_all_its_pages():
    desk = Desk(category(50))
    await desk.poll(steps=5)
    await desk.poll()
    assert len(desk.items) == 20


async def test_page_that_joins_a_category_is_told_by_its_last_change():
    shelf = category(2)
    desk = Desk(shelf)
    await desk.poll()
    shelf.pages[9] = {"title": "New", "revisions": [7, 8, 9], "is_listed": True}
    assert await desk.poll() == 1 and "change:9" in desk.items


async def test_page_that_leaves_a_category_is_not_deleted_and_one_that_is_gone_is():
    shelf = category(3)
    desk = Desk(shelf)
    await desk.poll()
    shelf.pages[1]["is_listed"] = False
    del shelf.pages[2]
    event = {"logid": 5, "ns": 0, "title": "Page 2", "pageid": 0, "type": "delete", "action": "delete", "params": {}}
    shelf.log.append({**event, "user": "Anna", "timestamp": "2026-11-23T12:00:00Z", "comment": "inutile"})
    assert await desk.poll() == 2
    assert desk.items["page:2"].status is Status.DELETED and desk.items["log:5"].body == "(delete) inutile"
    assert "page:1" not in desk.items


async def test_page_that_gets_another_name_is_followed():
    shelf = category(1)
    desk = Desk(shelf)
    await desk.poll()
    shelf.pages[1]["title"] = "Other"
    event = {"logid": 6, "ns": 0, "title": "Page 1", "type": "move", "action": "move", "comment": ""}
    shelf.log.append({**event, "params": {"target_title": "Other"}, "user": "A", "timestamp": "2026-11-23T12:00:00Z"})
    shelf.pages[1]["revisions"].append(999)
    await desk.poll()
    assert desk.items["log:6"].facts["to"] == "Other" and desk.items["change:999"].title == "Other"


async def test_wiki_whose_clock_was_ahead_is_read_on_when_it_is_right_again():
    shelf = Shelf()
    shelf.put(400_000_000)
    desk = Desk(shelf)
    await desk.poll()
    later = f"change:{shelf.put(7_200)}"
    await desk.poll()
    assert later in desk.items


async def test_list_without_an_end_is_given_up():
    shelf = Shelf()
    shelf._changes = lambda _: {"query": {"recentchanges": []}, "continue": {"rccontinue": "1"}}
    with pytest.raises(AnswerUnusable):
        await Desk(shelf).poll()
