"""The Ghost connector on answers recorded from Ghost 6.65."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from parvis.connectors.ghost import connector
from parvis.connectors.ghost.fetch import id_at
from parvis.connectors.ghost.site import Site, quoted, token_of
from parvis.core.connector import Can, Order, Target
from parvis.core.errors import (
    AnswerNotUnderstood,
    Conflict,
    CredentialsRejected,
    NotEncrypted,
    Refused,
    RemoteGone,
    RightMissing,
)
from parvis.core.types import Answer, Kind, Payload, Status

FOLDER = Path(__file__).parent
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = "ab" * 32
KEY = f"6b03eacaa4b33a0ec0de260a:{SECRET}"


def recorded(name, **changes):
    told = json.loads((FOLDER / "answers" / f"{name}.json").read_text())
    body = {**told["body"], **changes}
    return Payload(endpoint=told["endpoint"], url=told["url"], body=json.dumps(body).encode(), facts=told["facts"])


def items(name):
    parsed = connector.parse(recorded(name))
    assert parsed.problems == ()
    return parsed.items


def test_comments_of_every_status_are_parsed():
    first, second, third, hidden, deleted = items("comments")
    assert [one.status for one in (first, hidden, deleted)] == [Status.PUBLISHED, Status.HELD, Status.DELETED]
    assert first.body == "<p>Erste Zeile<br />zweite &amp; mehr</p>" and first.body_is_html and first.parent_id == ""
    assert (second.parent_id, third.parent_id) == (first.remote_id, second.remote_id)
    assert second.author.is_house and not first.author.is_house and first.author.name == "Anna"
    assert first.about_id.startswith("post:") and "#ghost-comments-" in first.url
    assert first.published_at.tzinfo is UTC and deleted.facts == {"status_only": True}


def test_single_comment_is_as_in_the_list():
    (single,) = items("comment_single")
    assert single == items("comments")[1]


def test_nobodys_email_address_is_kept():
    stored = msgspec.json.encode([items(name) for name in ("comments", "posts")]).decode()
    assert "@example.test" not in stored


def test_articles_are_parsed_with_author_and_picture():
    post, draft = items("posts")
    assert (post.kind, post.title, post.status) == (Kind.ARTICLE, "L’été & <nous>", Status.PUBLISHED)
    assert "<p>Bonjour &amp; merci<br>à vous</p>" in post.body and post.media[0].alt == "Un lac « bleu »"
    assert post.author.is_house and post.published_at and post.updated_at
    assert (draft.status, draft.published_at) == (Status.HELD, None)
    assert items("pages")[0].kind is Kind.PAGE


def test_what_is_gone_keeps_its_words():
    assert [(one.remote_id.partition(":")[0], one.status) for one in items("gone")] == [
        ("comment", Status.DELETED), ("post", Status.DELETED)
    ]  # fmt: skip


def test_one_bad_record_hides_no_good_one():
    rows = json.loads(recorded("comments").body)["comments"]
    rows[0]["created_at"] = "yesterday"
    del rows[1]["id"]
    rows[2] = "no record"
    parsed = connector.parse(recorded("comments", comments=rows))
    assert len(parsed.items) == 2 and len(parsed.problems) == 3


def page(name, url, kind):
    body = (FOLDER / "pages" / name).read_bytes()
    return Answer(status=200, url=url, headers={"content-type": kind}, body=body)


def test_site_is_recognised_by_its_page_and_by_its_api():
    (found,) = connector.recognise(page("article.html", "https://site.example/lete-nous/", "text/html; charset=utf-8"))
    assert (found.slug, found.address, found.name) == ("ghost", "https://site.example/", "Test site")
    url = "https://admin.example/blog/ghost/api/admin/site/"
    (found,) = connector.recognise(page("site.json", url, "application/json"))
    assert (found.address, found.name) == ("https://admin.example/blog/", "Test site")
    assert connector.recognise(page("site.json", "https://site.example/other/", "application/json")) == []


def test_token_is_signed_with_the_secret_and_lives_five_minutes():
    head, claims, signature = token_of(KEY, at_s=1_700_000_000.9).split(".")

    def opened(part):
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    assert json.loads(opened(head)) == {"alg": "HS256", "typ": "JWT", "kid": KEY[:24]}
    assert json.loads(opened(claims)) == {"iat": 1_700_000_000, "exp": 1_700_000_300, "aud": "/admin/"}
    wanted = hmac.new(bytes.fromhex(SECRET), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    assert opened(signature) == wanted


@pytest.mark.parametrize("key", ["", "abc:def", f"{KEY}0", KEY.replace(":", ""), f"x{KEY[1:]}"])
def test_what_is_no_key_is_not_sent(key):
    with pytest.raises(ValueError):
        token_of(key, at_s=0)


class Told:
    """A session that answers from a list: (status, body) each."""

    facts, now = {}, NOON

    def __init__(self, *answers, address="https://site.example/", key=KEY, **facts):
        self.answers, self.address, self.credentials, self.asked = list(answers), address, {"key": key}, []
        self.facts = facts

    async def request(self, method, url, *, params=None, json=None, headers=None, accept_statuses=frozenset()):
        self.asked.append((method, url, params, json, headers))
        status, body = self.answers.pop(0)
        return Answer(status=status, url=url, headers={}, body=msgspec.json.encode(body))


def refusal(message, code=None, context=None):
    return {"errors": [{"message": message, "code": code, "context": context}]}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, refusal("Invalid token", "INVALID_JWT"), CredentialsRejected),
        (401, refusal("Unknown Admin API Key", "UNKNOWN_ADMIN_API_KEY"), CredentialsRejected),
        (403, refusal("No right"), RightMissing),
        (404, refusal("Gone"), RemoteGone),
        (409, refusal("Saving failed!", "UPDATE_COLLISION"), Conflict),
        (409, refusal("Something else"), Refused),
        (413, "too large", Refused),
        (422, refusal("Validation error", context="Title is too long"), Refused),
        (400, [], Refused),
    ],
)
async def test_refusals_are_told_apart(status, body, error):
    with pytest.raises(error) as caught:
        await Site(Told((status, body))).read("posts/")
    assert type(caught.value) is error
    if status == 422:
        assert "Title is too long" in caught.value.text.en


async def test_clock_that_is_wrong_is_not_taken_for_a_wrong_key():
    with pytest.raises(Refused, match="clock") as caught:
        await Site(Told((401, refusal("Invalid token: jwt expired", "INVALID_JWT")))).read("posts/")
    assert not isinstance(caught.value, CredentialsRejected)


async def test_every_request_has_a_token_of_its_own_and_none_travels_in_the_open():
    session = Told((200, {"posts": []}), (200, {"posts": []}))
    await Site(session).read("posts/")
    _method, url, _params, _json, headers = session.asked[0]
    assert url == "https://site.example/ghost/api/admin/posts/"
    assert headers["authorization"].startswith("Ghost ") and SECRET not in headers["authorization"]
    with pytest.raises(NotEncrypted):
        await Site(Told(address="http://site.example/")).read("posts/")


def test_filter_cannot_be_broken_out_of():
    assert quoted("a'b\\c") == "'a\\'b\\\\c'"


def test_numbers_hold_the_time():
    assert (
        id_at(datetime(2026, 11, 23, tzinfo=UTC))
        == f"{int(datetime(2026, 11, 23, tzinfo=UTC).timestamp()):x}" + "0" * 16
    )


def order(can, number="c" * 24, text="", **facts):
    target = Target(remote_id=f"comment:{number}", kind=Kind.COMMENT, facts=facts)
    return Order(key="0b8f1c1e-3c1b-4d53-9c52-6f6f0a4a7d11", can=can, target=target, text=text, written_at=NOON)


async def test_deleting_what_is_gone_is_done_and_hiding_it_is_not():
    gone = (404, refusal("Gone"))
    done = await connector.acts[Can.DELETE].perform(Told(gone), order(Can.DELETE))
    assert done.status is Status.DELETED
    with pytest.raises(RemoteGone):
        await connector.acts[Can.HOLD].perform(Told(gone), order(Can.HOLD))


async def test_older_ghost_without_a_list_of_comments_is_read_all_the_same():
    answers = [(200, {"posts": []}), (200, {"pages": []}), (404, refusal("Not found"))]
    steps = [step async for step in connector.fetch(Told(*answers), {})]
    assert all(one["imported"] for one in steps[-1].cursor["lists"].values())
    missing = [(404, refusal("Not found"))]
    with pytest.raises(RemoteGone):
        [step async for step in connector.fetch(Told(*missing), {})]


async def test_list_of_another_shape_is_not_taken_for_an_empty_one():
    with pytest.raises(AnswerNotUnderstood):
        [step async for step in connector.fetch(Told((200, {"other": []})), {})]
