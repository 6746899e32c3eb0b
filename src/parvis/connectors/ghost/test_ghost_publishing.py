"""How an article becomes what Ghost takes, and what is done with its answers; no network."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from parvis.connectors.ghost import connector, publish
from parvis.core.connector import NO_TARGET, Can, Earlier, Order, Target
from parvis.core.errors import Conflict, FieldMissing, RemoteError, RemoteGone
from parvis.core.post import Content, Medium, Poll
from parvis.core.types import Answer, Kind, Status

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
POST = json.loads((Path(__file__).parent / "answers" / "posts.json").read_text())["body"]["posts"][0]
FACTS = {"newsletters": "weekly=Weekly news\ndaily=Daily"}
KEY = "6b03eacaa4b33a0ec0de260a:" + "ab" * 32


class Told:
    """A session that answers from a list: (method, part of the address, status, body) each."""

    address, credentials, facts, now = "https://site.example/", {"key": KEY}, {}, NOON

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def request(self, method, url, *, params=None, json=None, headers=None, accept_statuses=frozenset()):
        wanted, path, status, body = self.answers.pop(0)
        assert method == wanted and path in url, (method, url)
        self.asked.append((method, params, json))
        return Answer(status=status, url=url, headers={}, body=msgspec.json.encode(body))


def order(can, body, **more):
    return Order(key=str(uuid.uuid4()), can=can, target=NO_TARGET, body=body, written_at=NOON, **more)


def medium(mime="image/png", **more):
    return Medium(**{"path": "a/b.png", "name": "b.png", "mime": mime, "size_bytes": 1000, **more})


def body_of(facts=FACTS, **content):
    return connector.publishing.parts(Content(**{"title": "Title", **content}), facts)[-1].body


def codes(**content):
    faults = connector.publishing.faults(Content(**{"title": "Title", "text": "x", **content}), FACTS)
    return [(fault.code, fault.is_hint) for fault in faults]


def test_first_picture_is_the_articles_own_and_the_others_stand_in_the_text():
    media = (medium(alt=" Un lac "), medium("video/mp4"), medium(alt='La "salle" <b>'))
    parts = connector.publishing.parts(Content(title=" A \n title ", text="One\n\nTwo", media=media), FACTS)
    assert [(part.name, part.can.value, part.step) for part in parts] == [
        ("media:1", "upload", 1), ("media:2", "upload", 1), ("media:3", "upload", 1), ("post", "publish", 2)
    ]  # fmt: skip
    body = parts[-1].body
    assert body["title"] == "A title" and body["image"] == {"part": "media:1", "alt": "Un lac", "caption": ""}
    earlier = {f"media:{n}": Earlier(remote_id="x", facts={"url": f"https://s.example/{n}?a&b"}) for n in (1, 2, 3)}
    asked = publish._asked(order(Can.PUBLISH, body, earlier=earlier))
    assert asked["feature_image"] == "https://s.example/1?a&b"
    assert asked["html"].startswith("<p>One</p>\n<p>Two</p>\n<!--kg-card-begin: html--><video controls")
    assert 'alt="La &quot;salle&quot; &lt;b&gt;"' in asked["html"] and "https://s.example/3?a&amp;b" in asked["html"]


def test_each_file_has_its_own_caption_there():
    media = (
        medium(alt="Un lac", caption="Le lac, au <soir>"),
        medium("video/mp4", caption="La fête"),
        medium(alt="Une salle", caption='La "salle" & co'),
        medium(alt="Rien"),
    )
    body = body_of(media=media, options={"caption": "Older posts said it here"})
    earlier = {f"media:{n}": Earlier(remote_id="x", facts={"url": f"https://s.example/{n}"}) for n in (1, 2, 3, 4)}
    asked = publish._asked(order(Can.PUBLISH, body, earlier=earlier))
    assert asked["feature_image_caption"] == "Le lac, au &lt;soir&gt;"
    assert asked["html"].count("<figcaption>") == 2 and asked["html"].count("<figure>") == 3
    assert (
        '<video controls src="https://s.example/2"></video><figcaption>La fête</figcaption></figure>' in asked["html"]
    )
    assert 'alt="Une salle"><figcaption>La "salle" &amp; co</figcaption></figure>' in asked["html"]
    assert body_of(media=media[3:], options={"caption": "Of old"})["image"]["caption"] == "Of old"


def test_file_that_is_not_there_keeps_the_article_back():
    with pytest.raises(FieldMissing):
        publish._asked(order(Can.PUBLISH, body_of(media=(medium(),))))


def test_newsletter_is_off_unless_it_is_named():
    assert "newsletter" not in body_of() and "newsletter" not in body_of(options={"newsletter": "  "})
    assert body_of(options={"newsletter": "WEEKLY  news"})["newsletter"] == "weekly"
    assert body_of(options={"newsletter": "daily"})["newsletter"] == "daily"
    assert "newsletter" not in body_of(options={"newsletter": "other"})
    assert "newsletter" not in body_of(facts={}, options={"newsletter": "weekly"})


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({}, []),
        ({"title": " "}, [("title_missing", False)]),
        ({"text": ""}, [("empty", False)]),
        ({"text": "", "link": "https://example.org/"}, []),
        ({"poll": Poll(choices=("a", "b"))}, [("poll", False)]),
        ({"warning": "CW", "comment": "First"}, [("warning", True), ("comment", True)]),
        ({"media": (medium("application/pdf"),)}, [("media_kind", False)]),
        ({"media": (medium(alt="x" * 192),)}, [("alt_too_long", False)]),
        ({"media": (medium(), medium(alt="x" * 192))}, []),
        ({"options": {"excerpt": "x" * 301}}, [("excerpt_too_long", False)]),
        ({"options": {"canonical": "example.org"}}, [("canonical", False)]),
        ({"options": {"newsletter": "other"}}, [("newsletter", False)]),
        ({"options": {"newsletter": "Daily"}}, [("newsletter_sent", True)]),
        ({"options": {"newsletter": "Daily", "kind": "page"}}, [("newsletter_page", False)]),
    ],
)
def test_what_ghost_would_refuse_is_known_before(content, found):
    assert codes(**content) == found


def test_tags_are_each_named_once_in_their_order():
    assert body_of(options={"tags": ["News", "Été", "NEWS", " ", 3]})["tags"] == ["News", "Été"]


def row(**more):
    return {"id": "a" * 24, "status": "draft", "updated_at": "2026-11-23T12:00:01.000Z", "title": "Title", **more}


def marked(given, **more):
    return row(codeinjection_foot=f"<style>x</style><!-- parvis:{given.key} -->", **more)


async def test_article_is_written_as_a_draft_and_published_by_its_id():
    given = order(Can.PUBLISH, body_of(text="Words", options={"newsletter": "weekly"}))
    session = Told(
        ("GET", "posts/", 200, {"posts": []}), ("GET", "posts/", 200, {"posts": []}),
        ("POST", "posts/", 201, {"posts": [row()]}), ("PUT", f"posts/{'a' * 24}/", 200, {"posts": [POST]}),
    )  # fmt: skip
    done = await publish.publish(session, given)
    draft, put = session.asked[2], session.asked[3]
    assert draft[2]["posts"][0]["status"] == "draft" and "newsletter" not in draft[1]
    assert put[1]["newsletter"] == "weekly"
    assert put[2] == {"posts": [{"status": "published", "updated_at": "2026-11-23T12:00:01.000Z"}]}
    (item,) = connector.parse(done.payloads[0]).items
    assert (done.remote_id, done.url) == (item.remote_id, item.url)


async def test_draft_of_an_earlier_attempt_is_taken_up():
    given = order(Can.PUBLISH, body_of(text="Words"))
    session = Told(
        ("GET", "posts/", 200, {"posts": [marked(given)]}), ("PUT", "posts/", 200, {"posts": [POST]}),
    )  # fmt: skip
    await publish.publish(session, given)
    assert await publish.find_published(Told(("GET", "posts/", 200, {"posts": [marked(given)]})), given) is None


async def test_what_is_published_already_is_found_and_not_sent():
    given = order(Can.PUBLISH, body_of(text="Words"))
    found = {"posts": [marked(given, id="b" * 24), marked(given, status="published")]}
    for act in (publish.publish, publish.find_published):
        session = Told(("GET", "posts/", 200, found), ("GET", f"posts/{'a' * 24}/", 200, {"posts": [POST]}))
        assert (await act(session, given)).remote_id == f"post:{POST['id']}"


@pytest.mark.parametrize(
    ("other", "is_found"),
    [
        (row(status="published", html="<p>Words &amp; more</p>"), True),
        (row(status="published", html="<p>Other words</p>"), False),
        (row(status="published", html="<p>Words &amp; more</p>", title="Other"), False),
        (
            row(
                status="published", html="<p>Words &amp; more</p>", codeinjection_foot=f"<!-- parvis:{uuid.uuid4()} -->"
            ),
            False,
        ),
    ],
)
async def test_without_its_mark_it_is_known_by_title_and_words(other, is_found):
    given = order(Can.PUBLISH, body_of(text="Words & more"))
    session = Told(
        ("GET", "posts/", 200, {"posts": []}), ("GET", "posts/", 200, {"posts": [other]}),
        ("GET", f"posts/{'a' * 24}/", 200, {"posts": [POST]}),
    )  # fmt: skip
    assert (await publish.find_published(session, given) is not None) is is_found
    assert session.asked[1][1]["filter"].startswith(f"id:>'{int((NOON - timedelta(minutes=5)).timestamp()):x}")


COLLISION = {"errors": [{"message": "Saving failed!", "code": "UPDATE_COLLISION"}]}


async def test_draft_that_somebody_has_open_is_tried_again():
    given = order(Can.PUBLISH, body_of(text="Words"))
    session = Told(("GET", "posts/", 200, {"posts": [marked(given)]}), ("PUT", "posts/", 409, COLLISION))
    with pytest.raises(RemoteError) as caught:
        await publish.publish(session, given)
    assert caught.value.retry_after_s and not caught.value.maybe_done


def written(*times, **facts):
    named = {"post": times[0]} | {f"edit:{place}": told for place, told in enumerate(times[1:], 1)}
    return {
        name: Earlier(remote_id="post:x", facts={"id": "a" * 24, "kind": "posts", "updated_at": told, **facts})
        for name, told in named.items()
    }  # fmt: skip


async def test_change_names_the_last_that_we_know_and_keeps_others_code():
    earlier = written("2026-11-23T12:00:00.000Z", "2026-11-23T12:30:00.000Z")
    given = order(Can.EDIT, body_of(text="New"), earlier=earlier)
    there = row(codeinjection_foot=f"<style>x</style>\n<!-- parvis:{uuid.uuid4()} -->")
    session = Told(("GET", "posts/", 200, {"posts": [there]}), ("PUT", "posts/", 200, {"posts": [POST]}))
    await publish.edit(session, given)
    asked = session.asked[1][2]["posts"][0]
    assert asked["updated_at"] == "2026-11-23T12:30:00.000Z" and "status" not in asked
    assert asked["codeinjection_foot"] == f"<style>x</style>\n<!-- parvis:{given.key} -->"
    session = Told(("GET", "posts/", 200, {"posts": [there]}), ("PUT", "posts/", 409, COLLISION))
    with pytest.raises(Conflict, match="changed on the site"):
        await publish.edit(session, given)


async def test_change_that_was_made_already_is_not_made_again():
    given = order(Can.EDIT, body_of(text="New"), earlier=written(""))
    for act in (publish.edit, publish.find_edited):
        assert await act(Told(("GET", "posts/", 200, {"posts": [marked(given)]})), given) is not None
    assert await publish.find_edited(Told(("GET", "posts/", 200, {"posts": [row()]})), given) is None


async def test_what_is_gone_already_is_taken_down():
    gone = {"errors": [{"message": "Post not found."}]}
    for way in ("draft", "delete"):
        given = order(Can.WITHDRAW, {}, earlier=written("", takedown=way))
        method = "DELETE" if way == "delete" else "GET"
        assert (await publish.withdraw(Told((method, "posts/", 404, gone)), given)).status is Status.DELETED


async def test_last_choice_says_what_taking_down_means():
    earlier = written("2026-11-23T12:00:00.000Z", takedown="delete")
    earlier |= {"edit:1": written("2026-11-23T12:30:00.000Z", takedown="draft")["post"]}
    session = Told(("GET", "posts/", 200, {"posts": [row()]}), ("PUT", "posts/", 200, {"posts": [POST]}))
    assert (await publish.withdraw(session, order(Can.WITHDRAW, {}, earlier=earlier))).status is Status.HELD


async def test_article_is_looked_at_again_whether_it_is_a_post_or_a_page():
    gone = {"errors": [{"message": "Post not found."}]}
    target = Target(remote_id=f"post:{'a' * 24}", kind=Kind.ARTICLE)
    counted = {"comments": [], "meta": {"pagination": {"total": 7}}}
    session = Told(
        ("GET", "posts/", 404, gone), ("GET", "pages/", 200, {"pages": [POST]}), ("GET", "comments/", 200, counted)
    )
    looked = await connector.look(session, target)
    assert looked.numbers == {"replies": 7}
    assert [item.kind for item in connector.parse(looked.payloads[0]).items] == [Kind.PAGE]
    refused = Told(("GET", "posts/", 200, {"posts": [POST]}), ("GET", "comments/", 403, gone))
    assert (await connector.look(refused, target)).numbers == {}
    with pytest.raises(RemoteGone):
        await connector.look(Told(("GET", "posts/", 404, gone), ("GET", "pages/", 404, gone)), target)
