"""What is posted is believed by its signature alone, and read in our own form or by a mapping."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parvis.connectors.webhook import connector
from parvis.connectors.webhook.mapping import at_path, mapping_of
from parvis.connectors.webhook.signing import signature_of
from parvis.core.connector import Delivery
from parvis.core.errors import BadInput
from parvis.core.types import Kind, Payload

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
ANSWERS = Path(__file__).parent / "answers"


def delivery(told, *, secret="s" * 32, stamp=STAMP, **headers):
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    signed = {
        "parvis-timestamp": stamp,
        "parvis-signature": "sha256=" + signature_of(body, timestamp=stamp, secret=secret),
    }
    return Delivery(headers={**signed, **headers}, body=body)


def checked(sent, secret="s" * 32):
    connector.hook.check_signed(sent, secret, NOW)


def recorded(name):
    told = json.loads((ANSWERS / f"{name}.json").read_bytes())
    return connector.parse(
        Payload(endpoint="delivery", url="", body=json.dumps(told["body"]).encode(), facts=told["facts"])
    )


def items(told, **facts):
    heard = connector.hook.read(delivery(told), facts)
    return connector.parse(heard.payload).items


def test_signed_delivery_is_believed():
    checked(delivery({"title": "x"}))


@pytest.mark.parametrize(
    "sent",
    [
        delivery({"title": "x"}, secret="another"),
        Delivery(headers={}, body=b"{}"),
        Delivery(headers={"parvis-timestamp": STAMP}, body=b"{}"),
        delivery({"title": "x"}, stamp=str(int(NOW.timestamp()) - 301)),
        delivery({"title": "x"}, stamp=str(int(NOW.timestamp()) + 301)),
        delivery({"title": "x"}, **{"parvis-timestamp": STAMP + "0"}),
        delivery({"title": "x"}, **{"parvis-timestamp": "9" * 5000}),
        delivery({"title": "x"}, **{"parvis-timestamp": "٣" * 10}),
        delivery({"title": "x"}, **{"parvis-signature": "sha256=é"}),
        Delivery(headers=dict(delivery({"title": "x"}).headers), body=b'{"title":"y"}'),
    ],
)
def test_anything_else_is_not(sent):
    with pytest.raises(BadInput):
        checked(sent)


def test_channel_without_a_secret_believes_nobody():
    with pytest.raises(BadInput):
        checked(delivery({"title": "x"}, secret=""), secret="")


def test_refusal_says_nothing_of_the_secret():
    with pytest.raises(BadInput) as caught:
        checked(delivery({"title": "x"}, secret="another"))
    assert "s" * 32 not in caught.value.text.en + caught.value.text.fr


def test_own_form_is_read_whole():
    first, second = recorded("own_form").items
    assert (first.remote_id, first.kind, first.language) == ("42", Kind.MENTION, "fr")
    assert (first.author.name, first.author.handle) == ("Anna Müller", "@anna")
    assert first.published_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert [one.url for one in first.media] == ["https://social.example/a.jpg", "https://social.example/b.mp4"]
    assert first.facts == {"likes": 12}
    assert (second.title, second.remote_id[:7], second.kind) == ("No text, no id", "sha256:", Kind.ARTICLE)
    assert len(recorded("own_form").problems) == 2


def test_foreign_form_is_read_by_its_mapping():
    (item,) = recorded("mapped").items
    assert (item.remote_id, item.title, item.body, item.author.name) == ("7", "From elsewhere", "Words", "Ben")
    assert item.published_at == datetime(2025, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"nonsense", b"[", b"null", b"[]", b"12", b'"text"', b"{}", b'{"items": []}', b'{"items": [1, 2]}',
        b'{"title": ""}', b'{"title": "x", "kind": "rumour"}', b'{"title": "x", "published_at": "yesterday"}',
        b'{"title": "x", "published_at": 1e300}', b"\xff\xfe{}", b"[" * 100_000, b'{"title": ' + b"9" * 10_000 + b"}",
        json.dumps([{"title": "x"}] * 501).encode(), b'{"title": {"a": 1}}', b'{"title": "x", "published_at": NaN}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_a_sentence(body):
    began_s = time.process_time()
    with pytest.raises(BadInput) as caught:
        connector.hook.read(delivery(body), {})
    assert caught.value.text.fr and "{" not in caught.value.text.en.replace("{}", "")
    assert time.process_time() - began_s < 1


def test_good_items_come_in_beside_bad_ones():
    assert [item.title for item in items([{"title": "good"}, {}, 5, {"title": "also"}])] == ["good", "also"]


def test_same_words_at_another_time_are_another_item():
    one, two = items([{"title": "Alarm", "published_at": 1}, {"title": "Alarm", "published_at": 2}])
    assert one.remote_id != two.remote_id
    assert items({"title": "Alarm", "published_at": 1})[0].remote_id == one.remote_id


def test_addresses_of_other_kinds_are_not_kept():
    (item,) = items({"title": "x", "url": "javascript:alert(1)", "media": ["file:///etc/passwd", 5, None]})
    assert (item.url, item.media) == ("", ())


def test_mapping_is_checked_as_it_is_written():
    written = "items = data.entries\n\ntitle: headline\nauthor = by[0].name\n"
    facts = connector.hook.facts_of(written)
    assert connector.hook.written(facts) == "items = data.entries\ntitle = headline\nauthor = by[0].name"
    assert connector.hook.facts_of("  ") == {"mapping": ""}
    for wrong in ("title", "headline = title", "title = a..b", "title = a[x]", "title = [", "title = " + "a" * 300):
        with pytest.raises(BadInput) as caught:
            mapping_of(wrong)
        assert caught.value.text.fr


def test_paths_lead_to_nothing_where_there_is_nothing():
    thing = {"a": [{"b": {"c": 0}}], "x": None}
    assert at_path(thing, "a[0].b.c") == 0
    assert [at_path(thing, path) for path in ("a[1].b", "a.b", "x.y", "a[0][0]", "z")] == [None] * 5
