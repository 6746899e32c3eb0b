"""A document from a line of JSON."""

from datetime import UTC, datetime

import pytest

from parvis.core.errors import BadInput
from parvis.core.query.document import (
    Document,
    document_of,
    hashtag_key,
    hashtags_in,
    mention_key,
    mention_keys,
    mentions_in,
)


def test_line_becomes_a_document_and_unknown_keys_are_left_aside():
    line = {
        "text": "a", "title": None, "channel": 12, "labels": ["x", 3], "followers": 5, "is_reply": True,
        "published_at": "2026-11-16T08:00:00Z", "whatever": {"a": 1},
    }  # fmt: skip
    assert document_of(line) == Document(
        "a", channel=("12",), labels=("x", "3"), followers=5, is_reply=True,
        published_at=datetime(2026, 11, 16, 8, 0, tzinfo=UTC),
    )  # fmt: skip
    assert document_of({}) == Document("")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("text", 5), ("title", ["a"]), ("followers", "5"), ("followers", True), ("spam", float("nan")), ("is_reply", 1),
        ("labels", {"a": 1}), ("labels", [None]), ("channel", True), ("published_at", "yesterday"), ("published_at", 5),
    ],
)  # fmt: skip
def test_wrong_type_is_told_with_its_key(key, value):
    with pytest.raises(BadInput) as caught:
        document_of({"text": "a", key: value})
    assert f"“{key}”" in caught.value.text.en and key in caught.value.text.fr


def test_time_without_zone_is_utc():
    assert document_of({"published_at": "2026-11-16"}).published_at == datetime(2026, 11, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#a, #b_c", ["a", "b_c"]), ("x#a", []), ("/#a", []), ("&#a", []), ("＃été!", ["été"]), ("#e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("\u200b#a \u200f#b", ["a", "b"]), ("##a", ["a"]), ("#-a", []), ("#️⃣", []), ("#हिन्दी x", ["हिन्दी"]), ("#日本語、", ["日本語"]),
    ],
)  # fmt: skip
def test_hashtags_of_a_text(text, tags):
    assert [sign.text for sign in hashtags_in(text)] == tags
    assert all(text[sign.start] in "#＃" and text[sign.start + 1 : sign.end] == sign.text for sign in hashtags_in(text))


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("@a, @b.c-d.", ["a", "b.c-d"]), ("x@a", []), ("@a@b.ch.", ["a@b.ch"]), ("＠a", ["a"]), ("@@a", ["a"]), ("@.a", []),
    ],
)  # fmt: skip
def test_mentions_of_a_text(text, handles):
    assert [sign.text for sign in mentions_in(text)] == handles


def test_keys_are_what_spellings_share():
    assert hashtag_key("#Été_26") == hashtag_key("ete_26") == "ete_26"
    assert mention_key("@RTS.ch-") == "rts.ch"
    assert mention_keys("RTS@Social.ch") == {"rts@social.ch", "rts"}
