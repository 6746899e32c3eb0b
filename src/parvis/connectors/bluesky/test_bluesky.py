"""The Bluesky connector on recorded answers and on frames; the network itself is in tests/real."""

import json
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import libipld
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.connectors.bluesky import connector
from parvis.connectors.bluesky.acts import record_key
from parvis.connectors.bluesky.firehose import step_of
from parvis.connectors.bluesky.richtext import as_html, facets_of, written_facets
from parvis.core.connector import Can, Order, Target
from parvis.core.errors import AnswerNotUnderstood, AnswerUnusable, FieldMissing, TextTooLong, Unreachable
from parvis.core.measuring import grapheme_count
from parvis.core.types import Answer, Kind, Payload, Status

FOLDER = Path(__file__).parent
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BRAND = "did:plc:haae4cmjwxgo3xl5yfyqg5ug"


def recorded(name):
    told = json.loads((FOLDER / "answers" / f"{name}.json").read_text())
    body = json.dumps(told["body"]).encode()
    return Payload(endpoint=name, url=told["url"], body=body, facts=told["facts"])


def frame(name):
    return (FOLDER / "answers" / name / "commit.cbor").read_bytes()


def commit(body):
    return Payload(endpoint="commit", url="https://pds.example/", body=body)


def by_text(name):
    return {re.sub("<.*?>", "", item.body)[:8]: item for item in connector.parse(recorded(name)).items}


def answered(url, body=b"", content_type="application/json"):
    return Answer(status=200, url=url, headers={"content-type": content_type}, body=body)


def test_profile_gives_its_own_posts_and_not_what_it_passed_on():
    items = by_text("feed")
    assert "Notre ém" not in items
    post = items["Salut @a"]
    assert (post.kind, post.language, post.author.handle) == (Kind.ARTICLE, "fr", "@alice.test")
    assert post.media[0].alt == "Un lac & une montagne"
    assert post.facts["warnings"] == ["graphic-media"]
    assert '<a href="https://example.org/long?a=1&amp;b=2">example.org/lo…</a>' in post.body
    assert "<br>\nÀ ce soir" in post.body
    assert items["A card"].facts["link"] == {"url": "https://example.org/page", "title": "A page"}


def test_text_without_marks_stays_plain():
    answer = next(item for item in connector.parse(recorded("feed")).items if item.kind is Kind.COMMENT)
    assert (answer.body, answer.body_is_html) == ("D’accord <b>", False)


def test_account_is_told_answers_mentions_and_quotes_apart():
    items = {item.body[:8]: item for item in connector.parse(recorded("notifications")).items}
    answer, deeper, quote = items["D’accord"], items["Deeper"], items["What the"]
    assert (answer.kind, deeper.kind, quote.kind) == (Kind.COMMENT, Kind.COMMENT, Kind.MENTION)
    assert (answer.parent_id, answer.about_id) == ("", answer.facts["root"]["uri"])
    assert (deeper.parent_id, deeper.about_id) == (answer.remote_id, answer.about_id)
    assert quote.facts["quotes"] == answer.about_id


def test_post_of_a_frame_is_the_post_of_a_view():
    (streamed,) = connector.parse(commit(frame("written"))).items
    viewed = by_text("feed")["Salut @a"]
    for name in ("remote_id", "kind", "body", "url", "published_at", "language", "facts"):
        assert getattr(streamed, name) == getattr(viewed, name)
    assert (streamed.author.remote_id, streamed.media[0].alt) == (viewed.author.remote_id, viewed.media[0].alt)


def test_deletion_in_a_frame_tells_a_status_alone():
    (gone,) = connector.parse(commit(frame("deleted"))).items
    assert (gone.status, gone.facts) == (Status.DELETED, {"status_only": True})


def test_frame_that_is_cut_short_waits_for_a_mend():
    whole = frame("written")
    for size in range(0, len(whole), 37):
        with pytest.raises(AnswerNotUnderstood):
            connector.parse(commit(whole[:size]))


@given(st.binary(max_size=300), st.integers(0, 1500))
def test_damaged_frame_never_raises_anything_else(noise, place):
    whole = frame("written")
    for body in (noise, whole[:place] + noise + whole[place + len(noise) :]):
        try:
            parsed = connector.parse(commit(body))
        except AnswerNotUnderstood:
            continue
        assert all(item.remote_id for item in parsed.items)


def made(kind, **body):
    header = {"op": 1, "t": kind} if kind else {"op": -1}
    return libipld.encode_dag_cbor(header) + libipld.encode_dag_cbor(body)


def test_step_keeps_what_concerns_posts_and_moves_over_the_rest():
    like = {"action": "create", "path": "app.bsky.feed.like/3k", "cid": None}
    messages = [made("#identity", seq=5), frame("written"), made("#commit", seq=10_000, ops=[like], blocks=b"")]
    step = step_of(messages, "https://pds.example/")
    assert [payload.body for payload in step.payloads] == [frame("written")]
    assert step.cursor == {"seq": 10_000}


def test_commit_too_big_to_hold_its_posts_is_a_problem_and_no_stop():
    op = {"action": "create", "path": "app.bsky.feed.post/3k", "cid": None}
    parsed = connector.parse(commit(made("#commit", seq=1, repo="did:plc:a", ops=[op], blocks=b"")))
    assert (parsed.items, len(parsed.problems)) == ((), 1)


def test_error_frames_are_told_in_words_and_a_foreign_cursor_is_forgotten():
    assert step_of([made("", error="FutureCursor")], "https://pds.example/").cursor == {"seq": None}
    with pytest.raises(Unreachable):
        step_of([made("", error="ConsumerTooSlow")], "https://pds.example/")
    with pytest.raises(AnswerUnusable):
        step_of([made("", error="Other", message="closed")], "https://pds.example/")
    before = step_of([made("#identity", seq=5), made("", error="ConsumerTooSlow")], "https://pds.example/")
    assert before.cursor == {"seq": 5}


def test_stream_asks_for_what_came_after_its_cursor():
    from asgiref.sync import async_to_sync

    asked = []

    class Session:
        address = "https://pds.example/xrpc/com.atproto.sync.subscribeRepos"

        @asynccontextmanager
        async def websocket(self, url, *, params=None, headers=None):
            asked.append((url, params))

            async def batches():
                yield (frame("written"),)

            yield batches()

    async def steps(cursor):
        return [step async for step in connector.stream(Session(), cursor)]

    first, second = async_to_sync(steps)({"seq": 7})
    async_to_sync(steps)({})
    assert first.payloads == () and len(second.payloads) == 1
    url = "wss://pds.example/xrpc/com.atproto.sync.subscribeRepos"
    assert asked == [(url, {"cursor": 7}), (url, None)]


@pytest.mark.parametrize("told", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "never", ""])
def test_post_that_bears_an_impossible_time_is_read_all_the_same(told):
    payload = recorded("feed")
    body = json.loads(payload.body)
    body["feed"][1]["post"]["record"]["createdAt"] = told
    parsed = connector.parse(msgspec.structs.replace(payload, body=json.dumps(body).encode()))
    assert len(parsed.items) == len(connector.parse(payload).items) and parsed.problems == ()


class View:
    """Answers as recorded, with a feed and posts that a test changes; `asked` are the methods in order."""

    def __init__(self, **more):
        self.feed, self.more, self.asked = json.loads(recorded("feed").body)["feed"], more, []
        self.posts = [row["post"] for row in self.feed]
        self.session = self
        self.address, self.credentials, self.now = "https://view.example/", {}, NOON
        self.facts = {"source": "feed", "actor": "alice.test", "view": "https://view.example"}

    async def request(self, method, url, **_):
        self.asked.append(url.partition("xrpc/")[2].partition("?")[0])
        uris = parse_qs(urlsplit(url).query).get("uris")
        told = {"posts": [post for post in self.posts if post["uri"] in uris]} if uris else self.listed()
        return answered(url, json.dumps(told).encode())

    def listed(self):
        return {"feed": self.feed, **self.more}

    async def read(self, cursor):
        """The cursor after it, and what was found gone."""
        async for fetched in connector.fetch(self, json.loads(json.dumps(cursor))):
            cursor = fetched.cursor
            items = [item for payload in fetched.payloads for item in connector.parse(payload).items]
        return cursor, [item.remote_id for item in items if item.status is Status.DELETED]


def without(rows, uri):
    return [row for row in rows if row.get("post", row)["uri"] != uri]


async def test_oldest_post_of_a_profile_is_found_gone():
    view = View()
    cursor, _ = await view.read({})
    oldest = view.feed[-1]["post"]["uri"]
    view.feed, view.posts = without(view.feed, oldest), without(view.posts, oldest)
    cursor, gone = await view.read(cursor)
    assert gone == [oldest]
    asked_before = len(view.asked)
    assert (await view.read(cursor))[1] == [] and len(view.asked) == asked_before + 1  # told once


async def test_post_that_is_listed_no_more_and_still_there_is_gone_only_when_it_is():
    view = View()
    cursor, _ = await view.read({})
    uri = view.feed[1]["post"]["uri"]
    view.feed = without(view.feed, uri)
    for _ in range(2):
        cursor, gone = await view.read(cursor)
        assert gone == []
    view.posts = without(view.posts, uri)
    assert (await view.read(cursor))[1] == [uri]


async def test_post_that_came_back_into_the_listing_is_not_asked_for():
    view = View()
    cursor, _ = await view.read({})
    listed, uri = view.feed, view.feed[1]["post"]["uri"]
    view.feed = without(listed, uri)
    cursor, _ = await view.read(cursor)
    view.feed, view.asked = listed, []
    cursor, gone = await view.read(cursor)
    assert (gone, view.asked) == ([], ["app.bsky.feed.getAuthorFeed"])
    assert cursor["feed"]["window"].count(uri) == 1


async def test_post_that_has_moved_out_of_a_listing_that_goes_on_is_not_asked_for():
    view = View(cursor="2026-11-01T00:00:00.000Z")
    cursor, _ = await view.read({})
    view.feed, view.asked = view.feed[:-1], []
    assert (await view.read(cursor))[1] == []
    assert "app.bsky.feed.getPosts" not in view.asked


async def test_listing_that_is_another_each_time_does_not_swell_the_cursor():
    view, cursor = View(), {}
    rows = [row for row in view.feed if "reason" not in row]
    for reading in range(12):
        view.feed = [
            {"post": {**rows[0]["post"], "uri": f"{rows[0]['post']['uri'][:-6]}{reading:03}{number:03}"}}
            for number in range(100)
        ]
        view.posts += [row["post"] for row in view.feed]
        cursor, _ = await view.read(cursor)
    assert len(cursor["feed"]["window"]) <= 400


def page(name):
    return (FOLDER / "pages" / name).read_bytes()


@pytest.mark.parametrize(
    ("answer", "sources"),
    [
        (answered("https://bsky.app/profile/alice.example.org"), ["feed", "account"]),
        (answered("https://bsky.app/profile/did:plc:haae4cmjwxgo3xl5yfyqg5ug/post/3k"), ["feed", "account"]),
        (answered("https://bsky.app/search?q=radio+parvis"), ["search"]),
        (answered("https://bsky.app/hashtag/parvis"), ["search"]),
        (answered("https://bsky.app/"), ["account", "firehose"]),
        (answered("https://alice.example.org/.well-known/atproto-did", f"{BRAND}\n".encode()), ["feed"]),
        (answered("https://pds.example/", page("pds.txt"), "text/plain"), ["account", "firehose"]),
        (answered("https://view.example/", page("appview.txt"), "text/plain"), []),
        (answered("https://relay.example/", b"This is an atproto [..] relay instance", "text/plain"), ["firehose"]),
        (
            answered("https://pds.example/xrpc/com.atproto.server.describeServer", page("server.json")),
            ["account", "firehose"],
        ),
        (answered("https://pds.example/xrpc/com.atproto.sync.subscribeRepos"), ["firehose"]),
        (answered("https://site.example/", b"We are on Bluesky", "text/html"), []),
        (answered("https://bsky.app/about"), []),
    ],
)
def test_addresses_are_told_apart(answer, sources):
    assert [one.facts["source"] for one in connector.recognise(answer)] == sources


def test_search_keeps_its_words_and_can_be_signed_in():
    (found,) = connector.recognise(answered("https://bsky.app/search?q=radio+parvis"))
    assert (found.facts["words"], found.address) == ("radio parvis", "https://bsky.social/search?q=radio%20parvis")


@pytest.mark.parametrize(
    ("typed", "actor"),
    [("@alice.example.org", "alice.example.org"), (" Alice.bsky.social ", "alice.bsky.social"), ("example.org", None),
     ("@alice", None), ("@alice@instance.example", None), ("https://example.org", None)],
)  # fmt: skip
def test_handles_are_known_as_people_write_them(typed, actor):
    found = connector.recognise_typed(typed)
    assert (found[0].facts["actor"] if found else None) == actor


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("abc", 3), ("été", 3), ("e\u0301te\u0301", 3), ("👩‍👩‍👧", 1), ("🇨🇭🇫🇷", 2), ("👍🏽", 1), ("1️⃣", 1),
     ("日本語", 3), ("한국", 2), ("\u1112\u1161\u11ab", 1), ("a\r\nb", 3), ("❤️", 1), ("🏴\U000e0067\U000e007f", 1)],
)  # fmt: skip
def test_signs_are_counted_as_a_reader_sees_them(text, count):
    assert grapheme_count(text) == count


@given(st.text(max_size=80))
def test_marks_of_what_we_write_stand_where_their_words_are(text):
    raw = text.encode("utf-8", "replace")
    for facet in facets_of({"facets": written_facets(text)} if "\ud800" not in text else {}):
        shown = raw[facet.start : facet.end].decode()
        assert shown == (facet.value if facet.kind == "link" else f"#{facet.value}")


def test_links_and_tags_are_marked_by_bytes():
    text = "Été : https://example.org/a?b=c#d. #musée"
    link, tag = facets_of({"facets": written_facets(text)})
    assert (link.value, tag.value) == ("https://example.org/a?b=c#d", "musée")
    assert as_html(text, [link, tag]).count("<a href=") == 2


@pytest.mark.parametrize(
    "facets",
    [None, 3, [None], [{"index": None}], [{"index": {"byteStart": 5, "byteEnd": 2}, "features": [{}]}],
     [{"index": {"byteStart": 0, "byteEnd": 999}, "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "x"}]}]],
)  # fmt: skip
def test_odd_marks_leave_the_text_as_it_is(facets):
    assert as_html("a & b", facets_of({"facets": facets})) == "a &amp; b"


def order(text="Yes", key="9f0c", at=NOON):
    facts = {"cid": "bafy", "root": {"uri": f"at://{BRAND}/app.bsky.feed.post/3root", "cid": "bafyroot"}}
    target = Target(remote_id=f"at://{BRAND}/app.bsky.feed.post/3k", kind=Kind.COMMENT, facts=facts)
    return Order(key=key, can=Can.REPLY, target=target, text=text, written_at=at)


def test_record_keys_are_made_of_their_orders_alone():
    keys = {record_key(order(key=f"order {number}")) for number in range(2000)}
    assert len(keys) == 2000  # all written at the same moment
    assert record_key(order()) == record_key(order())
    assert all(re.fullmatch("[234567abcdefghij][2-7a-z]{12}", key) for key in keys)


@pytest.mark.parametrize(
    ("text", "error"), [("", FieldMissing), ("x" * 301, TextTooLong), ("👩‍👩‍👧" * 250, TextTooLong)]
)
async def test_text_that_does_not_fit_is_refused_before_anything_is_sent(text, error):
    from parvis.connectors.bluesky.acts import _answer

    with pytest.raises(error):
        _answer(order(text))
