"""Publishing to an instance, on recorded answers (of mastodon-mock) and on what is said of Mastodon itself."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from parvis.connectors.mastodon import connector, publish
from parvis.connectors.mastodon.publishing import words_of
from parvis.connectors.mastodon.saying import essence, says, text_of
from parvis.core.connector import NO_TARGET, Can, Earlier, File, Order
from parvis.core.errors import BadInput, FieldMissing, Refused, RemoteError, RemoteGone, RightMissing
from parvis.core.post import Content, Medium, Poll
from parvis.core.types import Answer

FOLDER = Path(__file__).parent
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STATUS = json.loads((FOLDER / "answers" / "status_published.json").read_text())["body"]
MEDIA = json.loads((FOLDER / "pages" / "media.json").read_text())
FACTS = {"account_id": "7", "source": "mentions"}


class Told:
    """A session that answers from a list: (method, end of the path, status, body) each, or an error to raise."""

    address, credentials, facts, now = "https://instance.example/", {"token": "t"}, FACTS, NOON

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def request(self, method, url, *, params=None, json=None, headers=None, accept_statuses=frozenset()):
        return self._next(method, url, {"json": json, "headers": headers, "params": params})

    async def upload(self, method, url, *, file, field, data, headers=None, params=None, accept_statuses=frozenset()):
        return self._next(method, url, {"file": file, "field": field, "data": data})

    def _next(self, method, url, asked):
        self.asked.append((method, url.partition("/api/")[2], asked))
        wanted, path, status, body = self.answers.pop(0)
        assert (method, True) == (wanted, url.endswith(path)), (method, url)
        if isinstance(status, Exception):
            raise status
        return Answer(status=status, url=url, headers={}, body=msgspec.json.encode(body))


def order(can, body, **more):
    return Order(key=str(uuid.uuid4()), can=can, target=NO_TARGET, body=body, written_at=NOON, **more)


def medium(mime="image/png", **more):
    fields = {"path": "a/b.png", "name": "b.png", "mime": mime, "size_bytes": 1000, "width": 40, "height": 30}
    return Medium(**{**fields, **more})


def parts(**content):
    return {part.name: part for part in connector.publishing.parts(Content(**content), {})}


def codes(facts=None, **content):
    return [fault.code for fault in connector.publishing.faults(Content(**content), facts or {})]


def test_parts_come_in_the_order_in_which_an_instance_takes_them():
    found = parts(
        text="One", media=(medium(alt=" Un lac ", focus=(0.0, 0.0)), medium()), thread=("Two", " ", "Three"),
        comment="Aside", warning="CW", language="de_CH", options={"visibility": "private"},
    )  # fmt: skip
    assert [(part.name, part.can.value, part.step) for part in found.values()] == [
        ("media:1", "upload", 1), ("media:2", "upload", 1), ("post", "publish", 2),
        ("post:2", "publish", 3), ("post:3", "publish", 4), ("comment", "publish", 5),
    ]  # fmt: skip
    assert found["media:1"].body["description"] == "Un lac"
    assert found["media:1"].body["focus"] == "-1.000,1.000"  # the upper left corner
    shared = {"visibility": "private", "spoiler_text": "CW", "language": "de"}
    first = dict(found["post"].body)
    described = first.pop("described")
    assert first == {**shared, "status": "One", "media": ["media:1", "media:2"], "sensitive": True}
    assert described[0] == {"name": "media:1", "description": "Un lac"}
    assert found["post:3"].body == {**shared, "status": "Three", "answers": "post:2"}
    assert found["comment"].body == {**shared, "status": "Aside", "answers": "post"}


def test_link_goes_below_the_text_once():
    assert words_of(Content(text="Words", link="https://example.org/a")) == "Words\n\nhttps://example.org/a"
    assert words_of(Content(text="See https://example.org/a", link="https://example.org/a")).count("https") == 1
    assert codes(text="x" * 480, link="https://example.org/a") == ["too_long_with_link"]
    assert codes(text="x" * 501, link="https://example.org/a") == []  # counted with the text itself
    assert codes({"max_characters": "600"}, text="x" * 480, link="https://example.org/a") == []


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"text": "Words"}, []),
        ({}, ["empty"]),
        ({"media": (medium(),)}, []),
        ({"media": (medium(),) * 5}, ["too_many_media"]),
        ({"media": (medium(), medium("video/mp4"))}, ["mixed_media"]),
        ({"media": (medium("image/gif", width=900), medium())}, ["mixed_media"]),
        ({"media": (medium("application/pdf"),)}, ["media_kind"]),
        ({"media": (medium(size_bytes=17_000_000),)}, ["media_size"]),
        ({"media": (medium(width=9000, height=9000),)}, ["media_pixels"]),
        ({"media": (medium("video/mp4", captions="a.vtt"),)}, ["captions"]),
        ({"text": "?", "poll": Poll(choices=("a", "b"))}, []),
        ({"text": "?", "poll": Poll(choices=("a",))}, ["poll_choices"]),
        ({"text": "?", "poll": Poll(choices=("a", "a"))}, ["poll_same"]),
        ({"text": "?", "poll": Poll(choices=("a", "b" * 26))}, ["poll_too_long"]),
        ({"text": "?", "poll": Poll(choices=("a", "b"), lasts_s=60)}, ["poll_duration"]),
        ({"text": "?", "poll": Poll(choices=("a", "b")), "media": (medium(),)}, ["poll_with_media"]),
    ],
)
def test_what_an_instance_would_refuse_is_known_before(content, found):
    assert codes(**content) == found


def test_instances_own_limits_win():
    facts = {"most_media": "8", "media_mimes": "image/png image/jxl", "image_bytes": "500", "image_pixels": "10000"}
    (rule,) = connector.publishing.media(facts)
    assert (rule.kind, rule.mimes, rule.most, rule.most_bytes) == ("image", ("image/png", "image/jxl"), 8, 500)
    assert (rule.most_width, rule.most_height) == (100, 100)
    assert codes(facts, media=(medium(),)) == ["media_size"] and codes(facts, media=(medium(size_bytes=9),) * 8) == []


REAL = (
    '<p>Salut <span class="h-card" translate="no"><a href="https://other.example/@anna" class="u-url mention">@<span>'
    'anna</span></a></span> 👩‍👩‍👧 voyez <a href="https://example.org/a/very/long/path?x=1&amp;y=2" rel="nofollow">'
    '<span class="invisible">https://</span><span class="ellipsis">example.org/a/very/long/pa</span>'
    '<span class="invisible">th?x=1&amp;y=2</span></a><br /><a href="https://instance.example/tags/mus%C3%A9e" '
    'class="mention hashtag" rel="tag">#<span>musée</span></a></p><p>À ce soir &lt;3</p>'
)
OURS = "Salut @anna@other.example 👩‍👩‍👧 voyez https://example.org/a/very/long/path?x=1&y=2\n#musée\n\nÀ ce soir <3"


@pytest.mark.parametrize(
    ("html", "text", "is_same"),
    [
        (REAL, OURS, True),
        (REAL, OURS.replace("y=2", "y=3"), False),
        (REAL, OURS.replace("@anna@", "@anne@"), False),
        (REAL, OURS.replace("👩‍👩‍👧", "👨‍👩‍👧"), False),
        ("<p>🎉</p>", "🎊", False),
        ("<p>❤</p>", "❤️", True),
        (STATUS["content"], "Ce soir à 20 h : https://example.org/a/programme?x=1&y=2 avec @member #parvis\n\nÀ ce soir", True),
        ('<p><a href="https://example.org/a-long-way">example.org/a-lo…</a></p>', "https://example.org/a-long-way", True),
        ('<p>Bravo <img class="emoji" alt=":parvis:" src="/p.png" /></p>', "Bravo :parvis:", True),
        ("<p>AT&amp;amp;T &amp; co</p>", "AT&amp;T & co", True),
    ],
)  # fmt: skip
def test_words_are_known_again_in_what_an_instance_makes_of_them(html, text, is_same):
    status = {"content": html, "spoiler_text": "CW "}
    assert says(status, text=text, warning="CW") is is_same
    assert not says(status, text=text, warning="")


def test_addresses_keep_their_letters():
    assert "example.org/a/very/long/path?x=1&y=2" in text_of(REAL)
    assert essence("https://example.org/é") == essence("https://example.org/%C3%A9")


EARLIER = {
    "media:1": Earlier(remote_id="media:1", facts={"id": STATUS["media_attachments"][0]["id"]}),
    "post": Earlier(remote_id="status:11", facts={"id": "11"}),
}


async def test_post_carries_its_key_its_files_and_what_it_answers():
    session = Told(("POST", "v1/statuses", 200, STATUS))
    body = {"status": "Words", "visibility": "public", "media": ["media:1"], "answers": "post"}
    given = order(Can.PUBLISH, body, earlier=EARLIER)
    done = await publish.publish(session, given)
    asked = session.asked[0][2]
    assert asked["headers"]["idempotency-key"] == given.key
    files = [EARLIER["media:1"].facts["id"]]
    assert asked["json"] == {"status": "Words", "visibility": "public", "media_ids": files, "in_reply_to_id": "11"}
    (item,) = connector.parse(done.payloads[0]).items
    assert (done.remote_id, done.url) == (item.remote_id, item.url) and done.facts["media"] == files


async def test_part_whose_elder_is_missing_is_not_sent():
    with pytest.raises(FieldMissing):
        await publish.publish(Told(), order(Can.PUBLISH, {"status": "x", "answers": "post"}))


def refusal(words):
    answer = Answer(status=403, url="https://instance.example/", headers={}, body=words)
    return RightMissing(host="instance.example", detail="no", answer=answer)


async def test_missing_right_is_named_and_another_refusal_is_not_taken_for_it():
    said = refusal(b'{"error": "This action is outside the authorized scopes"}')
    with pytest.raises(RightMissing, match="write:statuses"):
        await publish.publish(Told(("POST", "v1/statuses", said, {})), order(Can.PUBLISH, {"status": "x"}))
    with pytest.raises(RightMissing, match="write:media"):
        await publish.upload(Told(("POST", "v2/media", said, {})), order(Can.UPLOAD, {}, file=A_FILE))
    disabled = refusal(b'{"error": "Your login is currently disabled"}')
    with pytest.raises(RightMissing, match="no"):
        await publish.publish(Told(("POST", "v1/statuses", disabled, {})), order(Can.PUBLISH, {"status": "x"}))


A_FILE = File(path=Path("/nowhere/b.png"), mime="image/png", size_bytes=9, name="b.png")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(publish, "PROCESSING_S", (0.0,) * 3)
    publish._under_way.clear()


async def test_file_goes_with_its_description_and_focus():
    session = Told(("POST", "v2/media", 200, MEDIA))
    done = await publish.upload(session, order(Can.UPLOAD, {"description": "Un lac", "focus": "0.5,0"}, file=A_FILE))
    asked = session.asked[0][2]
    assert (asked["field"], asked["data"]) == ("file", {"description": "Un lac", "focus": "0.5,0"})
    assert done.facts == {"id": MEDIA["id"]}


LOOK = ("GET", f"v1/media/{MEDIA['id']}")


async def test_file_that_is_worked_on_is_waited_for_and_never_sent_twice():
    given = order(Can.UPLOAD, {}, file=A_FILE)
    session = Told(("POST", "v2/media", 202, MEDIA), *[(*LOOK, 206, MEDIA)] * 3)
    with pytest.raises(RemoteError) as caught:
        await publish.upload(session, given)
    assert caught.value.retry_after_s and not caught.value.maybe_done
    again = Told((*LOOK, 206, MEDIA), (*LOOK, 200, MEDIA))
    assert (await publish.upload(again, given)).facts == {"id": MEDIA["id"]}
    assert publish._under_way == {}


@pytest.mark.parametrize("error", [RemoteGone(host="x", detail="x"), Refused(host="x", detail="x")])
async def test_file_that_the_instance_could_not_work_on_is_sent_anew_next_time(error):
    given = order(Can.UPLOAD, {}, file=A_FILE)
    with pytest.raises(Refused):
        await publish.upload(Told(("POST", "v2/media", 202, MEDIA), (*LOOK, error, {})), given)
    assert (await publish.upload(Told(("POST", "v2/media", 200, MEDIA)), given)).facts == {"id": MEDIA["id"]}


def status(text, *, after_s=1.0, number="1", **more):
    at = (NOON + timedelta(seconds=after_s)).isoformat()
    return {
        **STATUS,
        "id": number,
        "content": f"<p>{text}</p>",
        "created_at": at,
        "spoiler_text": "",
        "media_attachments": [],
        **more,
    }


OWN = "v1/accounts/7/statuses"


@pytest.mark.parametrize(
    ("row", "is_found"),
    [
        (status("Words"), True),
        (status("Words", after_s=-600), False),
        (status("Other words"), False),
        (status("Words", in_reply_to_id="11"), False),
        (status("Words", spoiler_text="CW"), False),
        (status("Words", media_attachments=[{"id": "5"}]), False),
    ],
)
async def test_own_post_is_found_by_all_that_it_says(row, is_found):
    session = Told(("GET", OWN, 200, [row]), ("GET", OWN, 200, []))
    done = await publish.find_published(session, order(Can.PUBLISH, {"status": "Words"}))
    assert (done is not None) is is_found
    if done is not None:
        assert [item.remote_id for item in connector.parse(done.payloads[0]).items] == ["status:1"]


async def test_search_goes_back_to_before_the_order_and_no_further():
    page = [status(f"noise {number}", number=str(100 - number)) for number in range(40)]
    before = [status("older", after_s=-3_600, number="1")]
    session = Told(("GET", OWN, 200, page), ("GET", OWN, 200, before))
    assert await publish.find_published(session, order(Can.PUBLISH, {"status": "Words"})) is None
    assert session.asked[1][2]["params"]["max_id"] == "61"


async def test_search_begins_at_the_order_where_ids_hold_a_time():
    newest = [status("noise", number=str(int((NOON.timestamp() + 9_000 - one) * 1000) << 16)) for one in range(40)]
    found = status("Words", number=str(int(NOON.timestamp() * 1000) << 16))
    session = Told(("GET", OWN, 200, newest), ("GET", OWN, 200, [found]))
    done = await publish.find_published(session, order(Can.PUBLISH, {"status": "Words"}))
    asked = session.asked[1][2]["params"]
    assert done is not None and int(asked["min_id"]) < int(found["id"]) and "max_id" not in asked


async def test_search_without_an_end_is_no_proof_that_nothing_was_posted(monkeypatch):
    monkeypatch.setattr(publish, "MOST_PAGES", 3)
    page = [status("noise", number=str(number)) for number in range(40)]
    with pytest.raises(RemoteError):
        await publish.find_published(Told(*[("GET", OWN, 200, page)] * 4), order(Can.PUBLISH, {"status": "Words"}))


async def test_change_keeps_files_and_poll():
    poll = {
        "options": [{"title": "Oui"}, {"title": "Non"}], "multiple": False, "expired": False,
        "expires_at": (NOON + timedelta(hours=1)).isoformat(),
    }  # fmt: skip
    there = {**STATUS, "poll": poll}
    session = Told(("GET", "v1/statuses/11", 200, there), ("PUT", "v1/statuses/11", 200, there))
    described = [{"name": "media:1", "description": "Other words"}]
    await publish.edit(session, order(Can.EDIT, {"status": "New words", "described": described}, earlier=EARLIER))
    sent = session.asked[1][2]["json"]
    assert (sent["status"], sent["spoiler_text"]) == ("New words", "")
    assert sent["media_attributes"] == [{"id": sent["media_ids"][0], "description": "Other words"}]
    assert sent["media_ids"] == [one["id"] for one in STATUS["media_attachments"]]
    assert sent["poll"] == {"options": ["Oui", "Non"], "multiple": False, "expires_in": 3_600}


@pytest.mark.parametrize("described", [None, [], [{"name": "media:2", "description": "x"}]])
async def test_change_never_exchanges_a_file(described):
    earlier = {**EARLIER, "media:2": Earlier(remote_id="media:other", facts={"id": "other"})}
    body = {"status": "x"} if described is None else {"status": "x", "described": described}
    with pytest.raises(BadInput, match="stay as they are"):
        await publish.edit(Told(("GET", "v1/statuses/11", 200, STATUS)), order(Can.EDIT, body, earlier=earlier))


async def test_post_that_is_gone_already_is_taken_down():
    gone = RemoteGone(host="x", detail="x")
    done = await publish.withdraw(
        Told(("DELETE", "v1/statuses/11", gone, {})), order(Can.WITHDRAW, {}, earlier=EARLIER)
    )
    assert done.status.value == "deleted"
