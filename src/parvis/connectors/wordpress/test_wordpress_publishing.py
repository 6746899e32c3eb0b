"""How an article becomes what WordPress takes, and what is done with its answers; no network."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from parvis.connectors.wordpress import connector, publish
from parvis.connectors.wordpress.article import digest_of, mark_in, source_of
from parvis.connectors.wordpress.terms import term_ids
from parvis.core.connector import NO_TARGET, Can, Earlier, File, Order, Target
from parvis.core.errors import (
    Conflict,
    CredentialsRejected,
    FieldMissing,
    Refused,
    RemoteBroken,
    RemoteGone,
    RightMissing,
)
from parvis.core.post import Content, Medium, Poll
from parvis.core.types import Answer, Kind, Payload, Status

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
POST = json.loads(json.loads((Path(__file__).parent / "answers" / "posts.json").read_text())["body"])[0]
FACTS = {"user_id": "7", "house_user_ids": "7"}
FILES = {
    f"media:{number}": Earlier(remote_id=f"media:{number}", facts={"id": number, "url": f"https://s.example/{number}?a&b"})
    for number in (1, 2, 3)
}  # fmt: skip


class Told:
    """A session that answers from a list: (method, end of the route, status, body) each."""

    address, credentials, facts, now = "https://site.example/wp-json/", {"username": "u", "password": "p"}, FACTS, NOON

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def request(self, method, url, *, params=None, json=None, headers=None, accept_statuses=frozenset()):
        return self._next(method, url, params, json)

    async def upload(self, method, url, *, file, field, data, headers=None, params=None, accept_statuses=frozenset()):
        return self._next(method, url, {"field": field, "name": file.name}, data)

    def _next(self, method, url, params, asked):
        wanted, path, status, body = self.answers.pop(0)
        assert (method, True) == (wanted, url.endswith(path)), (method, url)
        self.asked.append((method, params, asked))
        return Answer(status=status, url=url, headers={}, body=msgspec.json.encode(body))


def order(can, body, **more):
    return Order(key=str(uuid.uuid4()), can=can, target=NO_TARGET, body=body, written_at=NOON, **more)


def medium(mime="image/png", **more):
    return Medium(**{"path": "a/b.png", "name": "b.png", "mime": mime, "size_bytes": 1000, **more})


def body_of(facts=FACTS, **content):
    return connector.publishing.parts(Content(**{"title": "Title", **content}), facts)[-1].body


def codes(facts=FACTS, **content):
    faults = connector.publishing.faults(Content(**{"title": "Title", "text": "x", **content}), facts)
    return [(fault.code, fault.is_hint) for fault in faults]


def test_first_picture_is_the_articles_own_and_the_others_stand_in_the_text():
    media = (medium(alt=" Un lac "), medium("video/mp4"), medium(alt='La "salle" [x]'))
    parts = connector.publishing.parts(
        Content(title="T", text="One\n\nTwo [gallery]", media=media, options={"caption": "Au bord"}), FACTS
    )
    assert [(part.name, part.can.value, part.step) for part in parts] == [
        ("media:1", "upload", 1), ("media:2", "upload", 1), ("media:3", "upload", 1), ("post", "publish", 2)
    ]  # fmt: skip
    assert (parts[0].body["alt"], parts[0].body["caption"], parts[1].body["caption"]) == ("Un lac", "Au bord", "")
    key = str(uuid.uuid4())
    source = source_of(parts[-1].body, {name: one.facts for name, one in FILES.items()}, key=key)
    assert source.split("\n\n") == [
        f'<!-- wp:paragraph {{"metadata":{{"name":"parvis:{key}"}}}} -->\n<p>One</p>\n<!-- /wp:paragraph -->',
        "<!-- wp:paragraph -->\n<p>Two &#91;gallery&#93;</p>\n<!-- /wp:paragraph -->",
        '<!-- wp:video {"id":2} -->\n<figure class="wp-block-video"><video controls src="https://s.example/2?a&amp;b"></video></figure>\n<!-- /wp:video -->',
        '<!-- wp:image {"id":3,"sizeSlug":"full","linkDestination":"none"} -->\n<figure class="wp-block-image size-full"><img src="https://s.example/3?a&amp;b" alt="La &quot;salle&quot; &#91;x&#93;" class="wp-image-3"/></figure>\n<!-- /wp:image -->',
    ]
    assert mark_in(source) == key


def test_each_file_has_its_own_caption_there():
    media = (
        medium(alt="Un lac", caption="Le lac, au <soir>"),
        medium("video/mp4", caption="La fête"),
        medium(alt="Une salle", caption="[gallery] & co"),
        medium(alt="Rien"),
    )
    options = {"caption": "Older posts said it here"}
    parts = connector.publishing.parts(Content(title="T", text="One", media=media, options=options), FACTS)
    assert [part.body["caption"] for part in parts[:-1]] == ["Le lac, au <soir>", "La fête", "[gallery] & co", ""]
    files = {f"media:{number}": {"id": number, "url": f"https://s.example/{number}"} for number in range(1, 5)}
    for facts in (FACTS, {**FACTS, "format": "classic"}):
        body = connector.publishing.parts(Content(title="T", text="One", media=media), facts)[-1].body
        source = source_of(body, files, key=str(uuid.uuid4()))
        below = [
            piece.partition("</figcaption>")[0] for piece in source.split('<figcaption class="wp-element-caption">')
        ]
        assert below[1:] == ["La fête", "&#91;gallery&#93; &amp; co"], "the first stands above the article"
        assert source.count("<figure") == source.count("</figure>") == 3


def test_classic_source_has_no_blocks_and_bears_its_mark_at_the_end():
    key = str(uuid.uuid4())
    source = source_of(body_of({"format": "classic"}, text="One\n\nTwo"), {}, key=key)
    assert source == f"<p>One</p>\n\n<p>Two</p>\n\n<!-- parvis:{key} -->" and mark_in(source) == key


def test_article_of_a_title_alone_bears_its_mark():
    key = str(uuid.uuid4())
    assert mark_in(source_of(body_of(), {}, key=key)) == key


def test_mark_is_no_part_of_what_an_article_says():
    body = body_of(text="One")
    rows = [
        {"title": {"raw": "T"}, "content": {"raw": source_of(body, {}, key=str(uuid.uuid4()))}, "excerpt": {"raw": ""}}
        for _ in range(2)
    ]
    assert digest_of(rows[0]) == digest_of(rows[1]) != ""
    assert digest_of({**rows[0], "title": {"raw": "Other"}}) != digest_of(rows[0])
    assert digest_of({"title": {"rendered": "T"}}) == ""


async def test_article_without_its_file_is_not_sent():
    session = Told(("GET", "wp/v2/posts", 200, []))
    with pytest.raises(FieldMissing):
        await publish.publish(session, order(Can.PUBLISH, body_of(media=(medium(),))))


@pytest.mark.parametrize(
    ("facts", "content", "found"),
    [
        ({}, {}, []),
        ({}, {"title": " "}, [("title_missing", False)]),
        ({}, {"text": ""}, [("empty", False)]),
        ({}, {"text": "", "thread": ("More",)}, []),
        ({}, {"poll": Poll(choices=("a", "b"))}, [("poll", False)]),
        ({}, {"warning": "CW", "comment": "First"}, [("warning", True), ("comment", True)]),
        ({}, {"media": (medium("application/pdf"),)}, [("media_kind", False)]),
        ({}, {"media": (medium("video/mp4", captions="a.vtt"),)}, [("captions", True)]),
        ({}, {"options": {"date": "tomorrow"}}, [("date", False)]),
        ({}, {"options": {"date": "2026-11-23 18:00"}}, []),
        ({"publishes": "posts"}, {"options": {"kind": "page"}}, [("no_right", False)]),
        ({"publishes": "posts,pages"}, {"options": {"kind": "page"}}, []),
        ({"categories": "News"}, {"options": {"categories": ["Other"]}}, []),
        ({"categories": "News", "categories_are_all": "1"}, {"options": {"categories": ["news"]}}, []),
        (
            {"categories": "News", "categories_are_all": "1"},
            {"options": {"categories": ["Other"]}},
            [("category", False)],
        ),
        (
            {"categories": "News", "categories_are_all": "1", "adds_categories": "1"},
            {"options": {"categories": ["Other"]}},
            [("category", True)],
        ),
    ],
)
def test_what_a_site_would_refuse_is_known_before(facts, content, found):
    assert codes(facts, **content) == found


def test_date_is_the_sites_own_unless_it_names_a_zone():
    assert body_of(options={"date": "2026-11-23 18:00"})["date"] == "2026-11-23T18:00:00"
    assert body_of(options={"date": "2026-11-23T18:00+01:00"})["date_gmt"] == "2026-11-23T17:00:00"
    assert not {"date", "date_gmt"} & set(body_of(options={"date": "0001-01-01T00:00+14:00"}))


def test_names_are_each_taken_once_in_their_order():
    body = body_of(options={"tags": "b, a , B,,", "categories": ["X", None, "x"]})
    assert (body["tags"], body["categories"]) == (["b", "a"], ["X"])
    assert "tags" not in body_of(options={"tags": "a", "kind": "page"})


async def test_terms_are_looked_for_and_made_where_they_are_missing():
    session = Told(
        ("GET", "categories", 200, [{"id": 4, "name": "News &amp; co"}]),
        ("GET", "tags", 200, []), ("POST", "tags", 201, {"id": 5}),
        ("GET", "tags", 200, []), ("POST", "tags", 400, {"code": "term_exists", "data": {"term_id": 6}}),
    )  # fmt: skip
    site = publish.Site(session)
    assert await term_ids(site, {"categories": ["news & CO"], "tags": ["a", "b"]}) == {
        "categories": [4],
        "tags": [5, 6],
    }
    refused = Told(("GET", "categories", 200, []), ("POST", "categories", 403, {"code": "rest_cannot_create"}))
    with pytest.raises(RightMissing, match="Other"):
        await term_ids(publish.Site(refused), {"categories": ["Other"]})
    broken = Told(("GET", "tags", 200, []), ("POST", "tags", 500, {"code": "x"}))
    with pytest.raises(RemoteBroken) as caught:
        await term_ids(publish.Site(broken), {"tags": ["a"]})
    assert not caught.value.maybe_done


A_FILE = File(path=Path("/nowhere/b.png"), mime="image/png", size_bytes=9, name="Été “au lac”.PNG")


async def test_file_goes_with_its_description_under_a_plain_name():
    session = Told(("POST", "wp/v2/media", 201, {"id": 3, "source_url": "https://s.example/3.png"}))
    done = await publish.upload(session, order(Can.UPLOAD, {"alt": "Un <lac>", "caption": "1 < 2"}, file=A_FILE))
    assert session.asked[0][1:] == (
        {"field": "file", "name": "ete-au-lac.PNG"}, {"alt_text": "Un <lac>", "caption": "1 &lt; 2"}
    )  # fmt: skip
    assert done.facts == {"id": 3, "url": "https://s.example/3.png"}


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (500, "rest_upload_unknown_error", Refused),
        (500, "other", RemoteBroken),
        (403, "rest_cannot_create", RightMissing),
        (401, "rest_cannot_create", CredentialsRejected),
    ],
)
async def test_file_that_is_refused_is_not_sent_again_and_again(status, code, error):
    session = Told(("POST", "wp/v2/media", status, {"code": code, "message": "Not this type."}))
    with pytest.raises(error):
        await publish.upload(session, order(Can.UPLOAD, {}, file=A_FILE))


def row(given=None, *, number=12, text="Words", title="Title", **more):
    source = source_of(body_of(text=text), {}, key=given.key) if given else f"<p>{text}</p>"
    times = {"date_gmt": "2026-11-23T12:00:01", "modified_gmt": "2026-11-23T12:00:01"}
    return {"id": number, "status": "draft", "title": {"raw": title}, "content": {"raw": source}, **times, **more}


async def test_article_is_written_as_a_draft_and_published_by_its_number():
    given = order(Can.PUBLISH, body_of(text="Words", options={"slug": "lac", "comments": "closed", "sticky": True}))
    session = Told(
        ("GET", "posts", 200, []), ("POST", "posts", 201, {"id": 12}), ("POST", "posts/12", 200, POST),
    )  # fmt: skip
    done = await publish.publish(session, given)
    asked = session.asked[1][2]
    told = (asked["status"], asked["slug"], asked["comment_status"], asked["sticky"], mark_in(asked["content"]))
    assert told == ("draft", "lac", "closed", True, given.key)
    assert session.asked[2][2] == {"status": "publish"}
    (item,) = connector.parse(done.payloads[0]).items
    assert (done.remote_id, done.url) == (item.remote_id, item.url)


async def test_draft_of_an_earlier_attempt_is_taken_up_and_is_not_taken_for_the_article():
    given = order(Can.PUBLISH, body_of(text="Words"))
    rows = [row(given, number=14), row(given, number=12)]
    session = Told(("GET", "posts", 200, rows), ("POST", "posts/12", 200, POST))
    await publish.publish(session, given)
    assert await publish.find_published(Told(("GET", "posts", 200, rows)), given) is None


@pytest.mark.parametrize("status", ["publish", "future", "private", "trash"])
async def test_what_is_out_already_is_found_and_not_sent(status):
    given = order(Can.PUBLISH, body_of(text="Words"))
    rows = [row(given, number=14), row(given, number=15, status=status)]
    for act in (publish.publish, publish.find_published):
        session = Told(("GET", "posts", 200, rows), ("GET", "posts/15", 200, POST))
        assert (await act(session, given)).remote_id == f"post:{POST['id']}"


async def test_search_by_the_mark_goes_on_where_the_newest_do_not_reach_back():
    given = order(Can.PUBLISH, body_of(text="Words"))
    noise = [row(number=100 - place, text=f"noise {place}") for place in range(publish.OWN_ROWS)]
    session = Told(
        ("GET", "posts", 200, noise),
        ("GET", "posts", 200, [row(given, status="publish")]),
        ("GET", "posts/12", 200, POST),
    )
    assert await publish.find_published(session, given) is not None
    assert session.asked[1][1]["search"] == f"parvis:{given.key}"
    old = [*noise[:-1], row(number=1, date_gmt="2026-11-01T00:00:00", modified_gmt="2026-11-01T00:00:00")]
    assert await publish.find_published(Told(("GET", "posts", 200, old)), given) is None


@pytest.mark.parametrize(
    ("other", "is_found"),
    [
        (row(text="Words &amp; “more”", status="publish"), True),
        (row(text="Other words", status="publish"), False),
        (row(text="Words &amp; “more”", title="Other", status="publish"), False),
        (row(text="Words &amp; “more”", status="publish", date_gmt="2020-01-01T00:00:00", modified_gmt="2020-01-01T00:00:00"), False),
        (row(order(Can.PUBLISH, {}), text="Words &amp; “more”", status="publish"), False),
    ],
)  # fmt: skip
async def test_without_its_mark_it_is_known_by_title_and_words(other, is_found):
    given = order(Can.PUBLISH, body_of(text='Words & "more"'))
    session = Told(("GET", "posts", 200, [other]), ("GET", "posts/12", 200, POST))
    assert (await publish.find_published(session, given) is not None) is is_found


async def test_site_that_keeps_it_for_review_says_so():
    given = order(Can.PUBLISH, body_of(text="Words"))
    kept = Told(("GET", "posts", 200, [row(given)]), ("POST", "posts/12", 200, {**POST, "status": "pending"}))
    with pytest.raises(Refused, match="pending"):
        await publish.publish(kept, given)


async def test_revoked_password_is_told_from_a_missing_right():
    wrong = {"code": "rest_invalid_param", "message": "Invalid parameter(s): status"}
    given = order(Can.PUBLISH, body_of(options={"kind": "page"}))
    with pytest.raises(CredentialsRejected):
        await publish.publish(Told(("GET", "pages", 400, wrong), ("GET", "users/me", 401, {})), given)
    with pytest.raises(RightMissing, match="pages"):
        await publish.publish(Told(("GET", "pages", 400, wrong), ("GET", "users/me", 200, {"id": 7})), given)


def shown(text, **more):
    return {**POST, "title": {"raw": "T"}, "content": {"raw": text, "rendered": text}, "excerpt": {"raw": ""}, **more}


async def test_change_is_made_only_where_the_article_is_as_we_left_it():
    first, second = shown("One"), shown("Two")
    earlier = {
        name: Earlier(remote_id="post:12", facts={"id": 12, "kind": "posts", "said": digest_of(told)})
        for name, told in (("post", first), ("edit:1", second))
    }
    given = order(Can.EDIT, body_of(text="Three"), earlier=earlier)
    session = Told(("GET", "posts/12", 200, second), ("POST", "posts/12", 200, POST))
    await publish.edit(session, given)
    asked = session.asked[1][2]
    assert "Three" in asked["content"] and asked["sticky"] is False and not {"status", "date"} & set(asked)
    with pytest.raises(Conflict, match="changed on the site"):
        await publish.edit(Told(("GET", "posts/12", 200, shown("Theirs"))), given)
    own = shown(source_of(given.body, {}, key=given.key))
    for act in (publish.edit, publish.find_edited):
        assert await act(Told(("GET", "posts/12", 200, own)), given) is not None
    assert await publish.find_edited(Told(("GET", "posts/12", 200, second)), given) is None


@pytest.mark.parametrize(
    ("status", "body", "after"),
    [
        (200, {"id": 12}, Status.TRASHED),
        (410, {"code": "rest_already_trashed"}, Status.TRASHED),
        (404, {"code": "rest_post_invalid_id"}, Status.DELETED),
    ],
)
async def test_article_goes_to_the_trash_and_is_never_deleted_for_good(status, body, after):
    earlier = {"post": Earlier(remote_id="post:12", facts={"id": 12, "kind": "pages"})}
    session = Told(("DELETE", "pages/12", status, body))
    done = await publish.withdraw(session, order(Can.WITHDRAW, {}, earlier=earlier))
    assert done.status is after and not session.asked[0][1]
    none = Told(("DELETE", "pages/12", 501, {"code": "rest_trash_not_supported"}))
    with pytest.raises(Refused, match="trash"):
        await publish.withdraw(none, order(Can.WITHDRAW, {}, earlier=earlier))


async def test_article_is_looked_at_again_whether_it_is_a_post_or_a_page():
    gone = {"code": "rest_post_invalid_id", "message": "Invalid post ID."}
    session = Told(("GET", "posts/12", 404, gone), ("GET", "pages/12", 200, POST), ("GET", "comments", 200, []))
    looked = await connector.look(session, Target(remote_id="post:12", kind=Kind.ARTICLE))
    assert [item.kind for item in connector.parse(looked.payloads[0]).items] == [Kind.PAGE] and looked.numbers == {}
    with pytest.raises(RemoteGone):
        nowhere = Told(("GET", "posts/12", 404, gone), ("GET", "pages/12", 404, gone))
        await connector.look(nowhere, Target(remote_id="post:12", kind=Kind.ARTICLE))


def test_pictures_in_the_text_are_read_with_their_words():
    html = '<p>x</p><figure><img src="https://s.example/2.png" alt="La salle"/></figure>'
    row = {**POST, "content": {"rendered": html}}
    payload = Payload(endpoint="posts", url="https://site.example/", body=json.dumps([row]).encode())
    (item,) = connector.parse(payload).items
    assert [one.alt for one in item.media] == ["Ein See & ein Berg", "La salle"]
