"""The WordPress connector on answers recorded from WordPress 6.1."""

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.connectors.wordpress import connector
from parvis.connectors.wordpress.decode import decode_json
from parvis.connectors.wordpress.rights import may
from parvis.core.connector import Can, Order, Target
from parvis.core.errors import (
    AnswerNotUnderstood,
    FieldMissing,
    RateLimited,
    RemoteBroken,
    RightMissing,
    TextTooLong,
)
from parvis.core.types import Answer, Kind, Payload, Status
from parvis.net.addresses import is_inner_name

ANSWERS = Path(__file__).parent / "answers"


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def recorded(name):
    return json.loads((ANSWERS / f"{name}.json").read_text())


def payload(name, endpoint="comments", **changes):
    told = recorded(name)
    return Payload(
        **{"endpoint": endpoint, "url": told["url"], "body": told["body"].encode(), "facts": told["facts"], **changes}
    )


def answer(name, **changes):
    told = recorded(name)
    body = told["body"].encode()
    return Answer(**{"status": 200, "url": told["url"], "headers": told["headers"], "body": body, **changes})


def test_comments_of_every_status_are_parsed():
    parsed = connector.parse(payload("comments"))
    held, approved, spam, trashed, ours = parsed.items
    assert parsed.problems == ()
    statuses = [item.status for item in parsed.items]
    assert statuses == [Status.HELD, Status.PUBLISHED, Status.SPAM, Status.TRASHED, Status.PUBLISHED]
    assert held.body == "<p>Erste Zeile<br>\nzweite & mehr</p>\n<p>neuer Absatz</p>" and held.body_is_html
    assert held.about_id == approved.about_id and held.about_id.startswith("post:") and held.parent_id == ""
    assert approved.parent_id == held.remote_id and held.url.endswith(f"#comment-{held.remote_id.split(':')[1]}")
    assert held.published_at.tzinfo is UTC and held.kind is Kind.COMMENT
    assert ours.author.is_house and ours.author.remote_id == "user:1" and not held.author.is_house
    assert ours.facts["effect"] == "0b8f1c1e-3c1b-4d53-9c52-6f6f0a4a7d11"
    assert trashed.author == held.author and spam.author != held.author


def test_neither_email_nor_ip_of_a_reader_is_kept():
    stored = msgspec.json.encode(connector.parse(payload("comments")).items).decode().lower()
    assert "anna@example" not in stored and "127.0.0.1" not in stored


def test_comment_reads_the_same_to_the_public():
    (item,) = [one for one in connector.parse(payload("comments_public")).items if "Bien" in one.body]
    assert item.status is Status.PUBLISHED and item.body == "<p>Bien dit <em>!</em></p>"
    assert item.author.remote_id.startswith("name:") and item.author.name == "Anna B"


def test_single_comment_is_taken_in_like_a_list():
    (item,) = connector.parse(payload("comment_single")).items
    assert item == connector.parse(payload("comments")).items[-1]


def test_posts_and_pages_are_parsed_with_author_and_picture():
    post, draft = connector.parse(payload("posts", "posts")).items
    assert (post.kind, post.title, post.status) == (Kind.ARTICLE, "Le lac d’été & l’eau", Status.PUBLISHED)
    assert post.author.name == "admin" and post.author.is_house and post.updated_at and post.published_at
    assert post.media[0].url.endswith(".gif") and post.media[0].kind == "image/gif"
    assert post.media[0].alt == "Ein See & ein Berg"
    assert draft.status is Status.HELD and draft.published_at is None
    (page,) = connector.parse(payload("pages", "pages")).items
    assert page.kind is Kind.PAGE and page.remote_id.startswith("post:")


def test_one_bad_record_hides_no_good_one():
    rows = json.loads(recorded("comments")["body"])
    rows[1]["content"] = None
    del rows[2]["id"]
    rows[3] = "no record"
    rows[4]["date_gmt"] = "yesterday"
    parsed = connector.parse(payload("comments", body=json.dumps(rows).encode()))
    assert len(parsed.items) == 1 and len(parsed.problems) == 4
    assert f"id={rows[1]['id']}" in parsed.problems[0].where


@pytest.mark.parametrize("told", [None, "", "0000-00-00T00:00:00", "-0001-11-30T00:00:00"])
def test_time_that_wordpress_does_not_know_is_none(told):
    rows = json.loads(recorded("comments")["body"])
    rows[0]["date_gmt"] = told
    assert connector.parse(payload("comments", body=json.dumps(rows).encode())).items[0].published_at is None


NOTICE = b"<br />\n<b>Deprecated</b>:  Function x() [see docs] {here} is deprecated in <b>/a.php</b> on line <b>3</b><br />\n"


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n\n", NOTICE, NOTICE * 3])
@pytest.mark.parametrize("after", [b"", b"\n", NOTICE])
def test_notices_of_php_around_the_data_are_stepped_over(before, after):
    body = before + recorded("comments")["body"].encode() + after
    assert connector.parse(payload("comments", body=body)) == connector.parse(payload("comments"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html><html><body>Maintenance<script>x = [{}]</script></body></html>",
        b"<html><b>Warning</b>\n[]</html>",
        recorded("comments")["body"].encode()[:-40],
        NOTICE + recorded("comments")["body"].encode()[:900],
        b'{"code": "rest_no_route"}',
        b"null",
        b'[1, 2] and more [{"id": 1}]',
    ],
)
def test_page_or_half_an_answer_is_not_understood(body):
    with pytest.raises(AnswerNotUnderstood):
        connector.parse(payload("comments", body=body))


@given(st.binary(max_size=300))
def test_no_bytes_break_the_parser(body):
    with contextlib.suppress(AnswerNotUnderstood):
        assert connector.parse(Payload(endpoint="comments", url="x", body=b"[" + body)) is not None


def test_deeply_nested_answer_is_not_understood():
    with pytest.raises(AnswerNotUnderstood):
        decode_json(b"[" * 200_000, host="x")


def test_site_is_recognised_by_header_page_and_api():
    (by_header,) = connector.recognise(answer("home"))
    (by_page,) = connector.recognise(answer("home", headers={"content-type": "text/html; charset=UTF-8"}))
    (by_api,) = connector.recognise(answer("index", url="https://site.example/wp-json/"))
    assert by_header.address == by_page.address == by_api.address == "https://site.example/wp-json/"
    assert by_api.name == "Test site" and by_header.name


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ('<https://a.example/blog/wp-json/>; rel="https://api.w.org/"', "https://a.example/blog/wp-json/"),
        (
            '<https://a.example/x>; rel="next", </?rest_route=/>; rel="https://api.w.org/"',
            "https://a.example/?rest_route=/",
        ),
        ('<http://a.example/wp-json/>; title="a, b"; rel=https://api.w.org/', "https://a.example/wp-json/"),
    ],
)
def test_api_is_found_in_the_link_header(link, address):
    page = Answer(
        status=200, url="https://a.example/blog/", headers={"content-type": "text/html", "link": link}, body=b""
    )
    assert [found.address for found in connector.recognise(page)] == [address]


def test_other_pages_are_not_recognised():
    for body in (b"<html><link rel='stylesheet' href='/wp-json/'></html>", b'{"namespaces": ["x"]}', b"", b"{"):
        for kind in ("text/html", "application/json", ""):
            page = Answer(status=200, url="https://a.example/", headers={"content-type": kind}, body=body)
            assert connector.recognise(page) == []


def test_rights_follow_the_role():
    assert may(json.loads(recorded("me_editor")["body"])) == frozenset(connector.acts)
    writes = {Can.UPLOAD, Can.PUBLISH, Can.EDIT, Can.WITHDRAW}
    assert may(json.loads(recorded("me_author")["body"])) == {Can.REPLY, *writes}
    assert may({}) == frozenset()


def test_private_hosts_are_told_from_public_ones():
    assert all(map(is_inner_name, ["127.0.0.1", "10.1.2.3", "::1", "localhost", "intranet", "wp.local"]))
    assert not any(map(is_inner_name, ["example.org", "8.8.8.8", "local.example.org"]))


def test_every_word_is_in_both_languages_with_french_spacing():
    texts = [connector.guide, *(text for one in connector.credentials for text in (one.label, one.help))]
    guides = [(Path(__file__).parent / f"guide.{tag}.md").read_text() for tag in ("en", "fr")]
    assert all(text.en and text.fr and text.en != text.fr for text in texts)
    assert all(" :" not in french and " ;" not in french for french in [*(text.fr for text in texts), guides[1]])
    assert len(connector.guide.en.splitlines()) == len(connector.guide.fr.splitlines()) == 3


def order(can, text="", remote_id="comment:1"):
    target = Target(remote_id=remote_id, kind=Kind.COMMENT)
    return Order(key="k", can=can, target=target, text=text, written_at=NOON)


class Refusing:
    """Reads fine and refuses to write, as WordPress words it."""

    def __init__(self, status, code):
        self.address, self.credentials, self.now = "https://site.example/wp-json/", {"username": "desk"}, NOON
        self.facts = {"reads_all": "posts,pages,comments", "user_id": "1"}
        self.refusal = Answer(
            status=status,
            url="x",
            headers={},
            body=json.dumps({"code": code, "message": "<b>No</b> &amp; no."}).encode(),
        )

    async def request(self, method, url, *, params=None, json=None, headers=None, accept_statuses=frozenset()):
        if method == "GET":
            row = {"id": 1, "post": 2, "status": "hold", "content": {"raw": "x"}}
            body = [] if url.endswith("comments") else row
            return Answer(status=200, url=url, headers={}, body=msgspec.json.encode(body))
        return self.refusal


@pytest.mark.parametrize(
    ("can", "status", "code", "error", "words"),
    [
        (Can.REPLY, 403, "rest_comment_closed", Exception, "comments are closed"),
        (Can.REPLY, 403, "rest_comment_trash_post", Exception, "the article is a draft, in the trash or gone"),
        (Can.REPLY, 409, "comment_duplicate", Exception, "in the same words"),
        (Can.REPLY, 400, "comment_flood", RateLimited, "wait"),
        (Can.REPLY, 400, "comment_content_column_length", Exception, "No & no"),
        (Can.SPAM, 403, "rest_cannot_edit", RightMissing, "role"),
        (Can.SPAM, 500, "rest_comment_failed_edit", RemoteBroken, "fault"),
        (Can.TRASH, 501, "rest_trash_not_supported", Exception, "no trash"),
    ],
)
async def test_refusal_is_told_in_words(can, status, code, error, words):
    with pytest.raises(error, match=words) as caught:
        await connector.acts[can].perform(Refusing(status, code), order(can, text="x"))
    assert caught.value.maybe_done is (status == 500)


async def test_reply_without_words_or_too_long_is_not_sent():
    act, shelf = connector.acts[Can.REPLY], Refusing(500, "never")
    with pytest.raises(FieldMissing):
        await act.perform(shelf, order(Can.REPLY, "  \n"))
    with pytest.raises(TextTooLong):
        await act.perform(shelf, order(Can.REPLY, "é" * 40_000))
    with pytest.raises(FieldMissing):
        await act.perform(shelf, order(Can.REPLY, "x", remote_id="post:1"))
