"""The Matrix connector on answers recorded from Synapse 1.163."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parvis.connectors.matrix import connector
from parvis.connectors.matrix.bodies import body_of, media_of
from parvis.core.types import Answer, Kind, Payload, Status

ANSWERS = Path(__file__).parent / "answers"


def recorded(name):
    return json.loads((ANSWERS / f"{name}.json").read_text(encoding="utf-8"))


def parsed(name):
    told = recorded(name)
    payload = Payload(endpoint=told["endpoint"], url=told["url"], body=told["body"].encode(), facts=told["facts"])
    found = connector.parse(payload)
    assert found.problems == ()
    return found.items


def event(**fields):
    content = fields.pop("content", {"msgtype": "m.text", "body": "x"})
    common = {
        "event_id": "$1",
        "type": "m.room.message",
        "sender": "@a:b.example",
        "origin_server_ts": 1_795_000_000_000,
    }
    return {**common, "content": content, **fields}


def read_event(told, edit=None):
    body = json.dumps({"event": told, "edit": edit}).encode()
    facts = {"room": "!r:b.example", "user_id": "@us:b.example"}
    return connector.parse(Payload(endpoint="edited", url="https://b.example", body=body, facts=facts))


def test_messages_answers_and_threads():
    first, answer, threaded, picture = parsed("sync_said")
    assert (first.kind, first.body, first.parent_id) == (Kind.MESSAGE, "Bonjour à vous !", "")
    assert first.author.name == "member" and first.author.remote_id == "@member:example.test"
    assert not first.author.is_house and first.published_at.tzinfo is UTC
    assert (
        first.about_id.startswith("room:!")
        and first.url == f"https://matrix.to/#/{first.about_id[5:]}/{first.remote_id}"
    )
    assert (answer.body, answer.body_is_html, answer.parent_id) == ("<b>Une réponse</b>", True, first.remote_id)
    assert threaded.parent_id == first.remote_id and threaded.facts == {"thread": first.remote_id}
    (medium,) = picture.media
    assert medium.url == "https://matrix.example/_matrix/client/v1/media/download/example.test/abc"
    assert (medium.kind, medium.alt, medium.size_bytes) == ("image/png", "Le lac", 1234)


def test_edited_message_keeps_its_date_and_shows_its_new_words():
    before = parsed("sync_said")[0]
    (edited,) = parsed("edited_changed")
    assert edited.remote_id == before.remote_id and edited.body == "Bonsoir à vous !"
    assert edited.published_at == before.published_at and edited.updated_at > edited.published_at


def test_edit_that_is_taken_back_gives_the_first_words_again():
    (again,) = parsed("edited_undone")
    assert again.body == "Bonjour à vous !" and again.updated_at is None


def test_redacted_message_becomes_deleted_and_an_edit_is_no_message_of_its_own():
    items = parsed("sync_changed")
    assert [(item.remote_id, item.status) for item in items] == [(parsed("sync_said")[1].remote_id, Status.DELETED)]
    assert items[0].facts == {"status_only": True}


def test_message_that_was_redacted_before_we_came_is_deleted():
    (item,) = read_event(event(content={}, unsigned={"redacted_because": {"type": "m.room.redaction"}})).items
    assert item.status is Status.DELETED and item.facts == {"status_only": True}


def test_somebody_else_cannot_edit_a_message():
    edit = event(sender="@evil:b.example", content={"body": "* y", "m.new_content": {"body": "y"}})
    (item,) = read_event(event(), edit).items
    assert item.body == "x" and item.updated_at is None


def test_page_of_history_is_read_oldest_first():
    items = parsed("messages_many")
    assert [item.body for item in items] == [f"message {number}" for number in range(10)]
    assert items[0].author.name == "member"


def test_invitation_waits_and_says_who_invites_where_to():
    open_room, secret = parsed("sync_invited")
    assert (open_room.kind, open_room.status, open_room.title) == (Kind.MENTION, Status.HELD, "Invitation · Accueil")
    assert open_room.body == "Vos questions" and open_room.author.name == "member"
    assert "chiffré" in secret.body and "encrypted" in secret.body


def test_rooms_are_told_and_encrypted_ones_say_that_they_are_not_read():
    items = {item.title or item.remote_id.partition(":")[0]: item for item in parsed("rooms_joined")}
    assert items["Accueil"].kind is Kind.PAGE and items["Accueil"].body == "Vos questions"
    assert items["Entre nous"].facts == {"encrypted": True}
    assert "Parvis cannot read" in items["Entre nous"].body and "ne peut pas lire" in items["Entre nous"].body
    assert items["invite"].status is Status.PUBLISHED and items["invite"].facts == {"status_only": True}


def test_nothing_is_made_of_what_is_encrypted():
    assert read_event(event(type="m.room.encrypted", content={"ciphertext": "x"})).items == ()


def test_own_messages_are_those_of_the_house():
    (item,) = read_event(event(sender="@us:b.example")).items
    assert item.author.is_house and item.author.name == ""


def test_bad_event_is_a_problem_beside_the_others():
    events = [event(origin_server_ts="now"), event(event_id="$2"), 7]
    told = {"next_batch": "s", "rooms": {"join": {"!r": {"timeline": {"events": events}}}}}
    found = connector.parse(Payload(endpoint="sync", url="https://b.example", body=json.dumps(told).encode()))
    assert [item.remote_id for item in found.items] == ["$2"] and "no time" in found.problems[0].detail


@pytest.mark.parametrize("at", [10**18, -(10**18), 10**400, 9e300])
def test_nobody_hides_a_message_behind_an_impossible_time(at):
    (item,) = read_event(event(origin_server_ts=at)).items
    assert (item.body, item.published_at) == ("x", None)


def test_quotations_that_never_end_take_no_time():
    began_s = time.process_time()
    body_of({"format": "org.matrix.custom.html", "formatted_body": "<mx-reply>" * 6_400})
    assert time.process_time() - began_s < 0.5


def test_quotation_is_taken_off_an_answer_alone():
    quoted = {"body": "> <@a:b> hello\n> more\n\nmy answer"}
    assert body_of(quoted) == (quoted["body"], False)
    answered = {**quoted, "m.relates_to": {"m.in_reply_to": {"event_id": "$1"}}}
    assert body_of(answered) == ("my answer", False)


@pytest.mark.parametrize("url", ["https://evil.example/x.png", "mxc://a/../../b", "mxc://a", 7, None])
def test_file_that_is_nowhere_on_a_homeserver_is_no_file(url):
    assert media_of({"msgtype": "m.image", "url": url}, "https://b.example") == ()


@pytest.mark.parametrize("name", ["home", "versions", "named"])
def test_homeserver_is_recognised(name):
    told = recorded(name)
    (found,) = connector.recognise(
        Answer(status=200, url=told["url"], headers=told["headers"], body=told["body"].encode())
    )
    assert found.address == "https://matrix.example"


def test_settings_of_a_web_client_and_an_error_lead_to_the_homeserver():
    told = {"default_server_config": {"m.homeserver": {"base_url": "https://m.example/"}}, "brand": "Element"}
    element = Answer(status=200, url="https://chat.example/config.json", headers={}, body=json.dumps(told).encode())
    assert connector.recognise(element)[0].address == "https://m.example"
    error = Answer(status=404, url="https://m.example/x", headers={}, body=b'{"errcode":"M_UNRECOGNIZED","error":""}')
    assert connector.recognise(error)[0].address == "https://m.example"
    other = Answer(status=200, url="https://npm.example/", headers={}, body=b'{"versions": {"1.0": {}}}')
    assert connector.recognise(other) == []


def test_time_of_a_message_is_that_of_its_server():
    (item,) = read_event(event()).items
    assert item.published_at == datetime.fromtimestamp(1_795_000_000, tz=UTC)
