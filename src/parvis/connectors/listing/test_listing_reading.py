"""Reading lists on from a server on this machine that behaves as the sites are documented to."""

import contextlib
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from parvis.connectors.listing import connector
from parvis.core.errors import AnswerNotUnderstood, RateLimited
from parvis.core.types import Status
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Site:
    """`routes` maps a path to a function of its query that gives what is answered as JSON; None is a 404."""

    def __init__(self):
        self.routes = {}
        self.asked = []
        self.refusal = None

    @contextlib.contextmanager
    def opened(self):
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16

            def do_GET(self):
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                site.asked.append((parts.path, query))
                status, headers, told = site.answer(parts.path, query)
                body = json.dumps(told).encode()
                self.send_response(status)
                for name, value in {**headers, "content-type": "application/json", "content-length": len(body)}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()

    def answer(self, path, query):
        if self.refusal:
            return self.refusal
        route = self.routes.get(path)
        return (200, {}, route(query)) if route else (404, {}, {"message": "Not Found", "error": 404})


class Desk:
    """What would be stored."""

    def __init__(self, client, address):
        self.client, self.address, self.now = client, address, NOON
        self.cursor, self.items, self.next_in_s = {}, {}, None
        self.new_in_last = []

    async def poll(self, *, steps=None):
        self.now += timedelta(minutes=2)
        session = self.client.session(self.address, {}, now=self.now)
        self.new_in_last = []
        async with contextlib.aclosing(connector.fetch(session, self.cursor)) as reading:
            async for fetched in reading:
                self.cursor, self.next_in_s = json.loads(json.dumps(fetched.cursor)), fetched.next_in_s
                self._take(fetched.payloads)
                steps = steps and steps - 1
                if steps == 0:
                    return

    def _take(self, payloads):
        for payload in payloads:
            found = connector.parse(payload)
            assert found.problems == ()
            for item in found.items:
                if item.remote_id not in self.items:
                    self.new_in_last.append(item.remote_id)
                self.items[item.remote_id] = item


@pytest.fixture
async def client():
    async with HttpClient(ClientOptions(allowed_private_hosts=frozenset({"127.0.0.1"}))) as opened:
        yield opened


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def base(site):
    with site.opened() as base:
        yield base


class Numbers:
    """A site of Hacker News's form."""

    def __init__(self, site):
        self.site, self.rows, self.updates = site, {}, []
        site.routes["/v0/newstories.json"] = lambda _: sorted(
            (n for n, row in self.rows.items() if row["type"] == "story"), reverse=True
        )[:500]
        site.routes["/v0/updates.json"] = lambda _: {"items": self.updates, "profiles": []}

    def put(self, number, kind="story", **fields):
        row = {"id": number, "type": kind, "time": 1795000000 + number, "by": "anna", **fields}
        self.rows[number] = row
        self.site.routes[f"/v0/item/{number}.json"] = lambda _: self.rows[number]
        if "parent" in row:
            self.rows[row["parent"]].setdefault("kids", []).append(number)


async def test_new_stories_come_in_once_each_and_changed_scores_again(site, base, client):
    numbers = Numbers(site)
    for number in range(1, 131):
        numbers.put(number, title=f"Story {number}", score=1)
    desk = Desk(client, f"{base}/v0/newstories.json")
    await desk.poll()
    assert len(desk.items) == 100 and "item:130" in desk.items and "item:30" not in desk.items
    numbers.put(131, title="Newest", score=1)
    numbers.rows[120]["score"] = 99
    numbers.updates = [120, 7]
    before = len(site.asked)
    await desk.poll()
    assert desk.new_in_last == ["item:131"] and desk.items["item:120"].facts["score"] == 99
    assert len(site.asked) - before == 4


async def test_reading_that_was_cut_off_goes_on_where_it_stopped(site, base, client):
    numbers = Numbers(site)
    for number in range(1, 101):
        numbers.put(number, title=f"Story {number}")
    desk = Desk(client, f"{base}/v0/newstories.json")
    await desk.poll(steps=2)
    assert len(desk.items) == 40
    await desk.poll()
    assert len(desk.items) == 100


async def test_item_that_is_listed_before_it_can_be_read_is_asked_for_again(site, base, client):
    numbers = Numbers(site)
    numbers.put(1, title="One")
    numbers.put(2, title="Two")
    site.routes["/v0/item/2.json"] = lambda _: None
    desk = Desk(client, f"{base}/v0/newstories.json")
    await desk.poll()
    assert set(desk.items) == {"item:1"}
    site.routes["/v0/item/2.json"] = lambda _: numbers.rows[2]
    await desk.poll()
    assert set(desk.items) == {"item:1", "item:2"}


async def test_discussion_is_followed_answer_by_answer(site, base, client):
    numbers = Numbers(site)
    numbers.put(1, title="Story", descendants=2)
    numbers.put(2, "comment", parent=1, text="first")
    numbers.put(3, "comment", parent=2, text="second")
    desk = Desk(client, f"{base}/v0/item/1.json")
    await desk.poll()
    assert set(desk.items) == {"item:1", "item:2", "item:3"}
    assert desk.items["item:3"].parent_id == "item:2" and desk.items["item:3"].about_id == "item:1"
    numbers.put(4, "comment", parent=3, text="third")
    numbers.updates = [3]
    await desk.poll()
    assert desk.new_in_last == ["item:4"]


async def test_answer_that_no_list_of_changes_named_is_found_by_the_count(site, base, client):
    numbers = Numbers(site)
    numbers.put(1, title="Story", descendants=1)
    numbers.put(2, "comment", parent=1, text="first")
    desk = Desk(client, f"{base}/v0/item/1.json")
    await desk.poll()
    numbers.put(3, "comment", parent=2, text="missed")
    numbers.rows[1]["descendants"] = 2
    for _ in range(6):
        await desk.poll()
    assert "item:3" in desk.items


class Search:
    """A site of the search's form."""

    def __init__(self, site, path="/api/v1/search_by_date"):
        self.hits = []
        site.routes[path] = self.answer

    def put(self, number, at):
        self.hits.append(
            {"objectID": str(number), "created_at_i": at, "author": "anna", "_tags": ["comment"], "comment_text": "x"}
        )

    def answer(self, query):
        after = max([int(part.partition(">")[2]) for part in query.get("numericFilters", "a>0").split(",")])
        found = sorted((hit for hit in self.hits if hit["created_at_i"] > after), key=lambda hit: -hit["created_at_i"])
        size, page = int(query["hitsPerPage"]), int(query["page"])
        pages = -(-len(found) // size)
        return {"hits": found[page * size : (page + 1) * size], "nbPages": pages, "page": page, "hitsPerPage": size}


async def test_search_is_read_by_date_with_an_overlap_and_all_its_pages(site, base, client):
    search = Search(site)
    for number in range(150):
        search.put(number, 1_795_000_000 + number)
    desk = Desk(client, f"{base}/api/v1/search?query=radio&tags=comment&hitsPerPage=5")
    await desk.poll()
    assert len(desk.items) == 100
    for number in range(150, 400):
        search.put(number, 1_795_000_000 + number)
    search.put(999, 1_795_000_000 - 3600)
    await desk.poll()
    assert {f"item:{number}" for number in [*range(150, 400), 999]} <= set(desk.items)
    assert all(query["query"] == "radio" and query["tags"] == "comment" for _, query in site.asked)


class Community:
    """A site of Reddit's form."""

    def __init__(self, site):
        self.site, self.posts = site, []
        site.routes["/r/a/new.json"] = self.new
        site.routes["/api/info.json"] = self.info

    def put(self, number, **fields):
        row = {"name": f"t3_{number}", "id": str(number), "title": f"Post {number}", "author": "anna", "score": 1}
        more = {"permalink": f"/r/a/comments/{number}/x/", "created_utc": 1795000000.0 + number, "subreddit": "a"}
        self.posts.insert(0, {**row, **more, **fields})

    def new(self, query):
        shown = [post for post in self.posts if not post.get("removed_by_category")]
        names = [post["name"] for post in shown]
        start = names.index(query["after"]) + 1 if "after" in query else 0
        page = shown[start : start + int(query["limit"])]
        after = page[-1]["name"] if start + len(page) < len(shown) else None
        return self._listing(page, after)

    def info(self, query):
        return self._listing([post for post in self.posts if post["name"] in query["id"].split(",")], None)

    def _listing(self, posts, after):
        children = [{"kind": "t3", "data": post} for post in posts]
        return {"kind": "Listing", "data": {"after": after, "before": None, "children": children}}


async def test_new_posts_are_followed_over_as_many_pages_as_there_are(site, base, client):
    community = Community(site)
    for number in range(1, 251):
        community.put(number)
    desk = Desk(client, f"{base}/r/a/new.json")
    await desk.poll()
    assert len(desk.items) == 100
    for number in range(251, 601):
        community.put(number)
    await desk.poll()
    assert {f"t3_{number}" for number in range(151, 601)} <= set(desk.items)
    await desk.poll()
    assert desk.new_in_last == [] and all(query["raw_json"] == "1" for _, query in site.asked)


async def test_post_that_moderators_remove_becomes_deleted(site, base, client):
    community = Community(site)
    for number in range(1, 6):
        community.put(number)
    desk = Desk(client, f"{base}/r/a/new.json")
    await desk.poll()
    community.posts[2]["removed_by_category"] = "moderator"
    await desk.poll()
    assert desk.items["t3_3"].status is Status.DELETED and desk.items["t3_4"].status is Status.PUBLISHED


async def test_site_without_a_way_to_ask_by_name_is_read_all_the_same(site, base, client):
    community = Community(site)
    del site.routes["/api/info.json"]
    for number in range(1, 4):
        community.put(number)
    desk = Desk(client, f"{base}/r/a/new.json")
    await desk.poll()
    community.posts[1]["removed_by_category"] = "moderator"
    community.put(4)
    await desk.poll()
    assert desk.new_in_last == ["t3_4"]


async def test_parts_of_a_discussion_that_are_folded_away_are_opened_in_turn(site, base, client):
    def comment(name, parent):
        return {
            "kind": "t1",
            "data": {
                "name": f"t1_{name}",
                "parent_id": parent,
                "link_id": "t3_p",
                "body": name,
                "author": "anna",
                "permalink": f"/r/a/comments/p/x/{name}/",
                "created_utc": 1795000000.0,
                "replies": "",
            },
        }

    def listing(*children):
        return {"kind": "Listing", "data": {"children": list(children), "after": None}}

    folded = [f"f{number}" for number in range(25)]
    more = {"kind": "more", "data": {"id": "f0", "name": "t1_f0", "parent_id": "t3_p", "children": folded}}
    post = {"kind": "t3", "data": {"name": "t3_p", "permalink": "/r/a/comments/p/x/", "title": "P", "author": "anna"}}
    site.routes["/comments/p.json"] = lambda _: [listing(post), listing(comment("c1", "t3_p"), more)]
    for name in folded:
        part = [listing(post), listing(comment(name, "t3_p"))]
        site.routes[f"/comments/p/_/{name}.json"] = lambda _, part=part: part
    desk = Desk(client, f"{base}/comments/p.json")
    await desk.poll()
    assert len(desk.items) == 12
    await desk.poll()
    await desk.poll()
    assert {f"t1_{name}" for name in folded} <= set(desk.items)


async def test_site_that_has_enough_of_us_is_left_alone_for_as_long_as_it_says(site, base, client):
    Community(site)
    site.refusal = (429, {"retry-after": "77"}, {"message": "Too Many Requests", "error": 429})
    with pytest.raises(RateLimited) as caught:
        await Desk(client, f"{base}/r/a/new.json").poll()
    assert caught.value.retry_after_s == 77


async def test_last_request_that_is_allowed_puts_the_next_reading_off(site, base, client):
    community = Community(site)
    community.put(1)
    answer = site.answer
    used_up = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "240"}
    site.answer = lambda path, query: (200, used_up, answer(path, query)[2])
    desk = Desk(client, f"{base}/r/a/new.json")
    await desk.poll()
    assert desk.next_in_s == 240


async def test_check_says_when_there_is_no_list(site, base, client):
    Community(site)
    site.routes["/r/a/about.json"] = lambda _: {"kind": "t5", "data": {"display_name": "a"}}
    account = await connector.check(client.session(f"{base}/r/a/new.json", {}))
    assert account.can == frozenset()
    with pytest.raises(AnswerNotUnderstood):
        await connector.check(client.session(f"{base}/r/a/about.json", {}))


async def test_author_who_wrote_more_than_can_be_remembered_is_not_read_from_the_beginning(site, base, client):
    numbers = Numbers(site)
    site.routes["/v0/user/anna.json"] = lambda _: {"id": "anna", "submitted": list(range(20_000, 0, -1))}
    for number in range(19_901, 20_001):
        numbers.put(number)
    desk = Desk(client, f"{base}/v0/user/anna.json")
    await desk.poll()
    assert len(desk.items) == 100
    await desk.poll()
    assert desk.new_in_last == [] and desk.cursor["queue"] == []


async def test_item_that_is_gone_stops_none_of_the_others(site, base, client):
    numbers = Numbers(site)
    for number in (1, 2, 3):
        numbers.put(number)
    del site.routes["/v0/item/2.json"]
    desk = Desk(client, f"{base}/v0/newstories.json")
    await desk.poll()
    assert set(desk.items) == {"item:1", "item:3"}
