"""Text is read in the charset that it really has, and JSON that is none is called by its name."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import Answer
from parvis.net import complaint_of, decode_text, json_of, plain

FOREST = "<p>Forêt à l’œil</p>"


def answer(body: bytes, content_type: str = "") -> Answer:
    return Answer(status=200, url="https://example.org/x", headers={"content-type": content_type}, body=body)


@pytest.mark.parametrize(
    ("text", "sent", "said"),
    [
        (FOREST, "utf-8", "text/html; charset=utf-8"),
        (FOREST, "utf-8", "text/html"),
        (FOREST, "utf-8", "text/html; charset=iso-8859-1"),
        (FOREST, "utf-8", "text/html; charset=unicode_escape"),
        (FOREST, "utf-8", "text/html; charset=hex"),
        (FOREST, "utf-8", 'text/html; charset="nonsense\x00"'),
        (FOREST, "cp1252", "text/html; charset=utf-8"),
        (FOREST, "cp1252", "text/html"),
        (FOREST, "cp1252", "text/html; charset=ISO-8859-1"),
        (FOREST, "utf-8-sig", "text/html; charset=iso-8859-1"),
        (FOREST, "utf-16", "text/html"),
        (FOREST, "utf-16-be", "text/html; charset=utf-16be"),
        ("Лес", "windows-1251", "text/html; charset=windows-1251"),
        ("森林", "shift_jis", "text/html; charset='Shift_JIS'"),
        ("<?xml version='1.0' encoding='iso-8859-15'?><a>œ€</a>", "iso-8859-15", "text/xml"),
        ('<html><meta charset="windows-1251">Лес', "windows-1251", "text/html"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">Лес', "windows-1251", "text/html"),
        ('<meta charset="utf-16">Forêt', "utf-8", "text/html"),
        ("森林", "utf-8", "text/html; charset=shift_jis"),
        ("", "utf-8", ""),
    ],
)
def test_text_is_read_as_it_was_written(text, sent, said):
    assert decode_text(answer(text.encode(sent), said)) == text


def test_one_damaged_byte_does_not_turn_a_page_into_another_charset():
    body = "Élève à Genève, forêt, œuvre".encode() + b"\xff"
    assert decode_text(answer(body)) == "Élève à Genève, forêt, œuvre\ufffd"


async def test_wrong_charset_from_a_real_server_is_seen_through(server, client):
    for sent, said in (("cp1252", "utf-8"), ("utf-8", "iso-8859-1")):
        got = await client.request("GET", server.url(f"/wrong_charset?sent={sent}&said={said}"))
        assert decode_text(got) == FOREST


@given(st.binary(max_size=300), st.text(max_size=60))
def test_no_bytes_under_any_label_raise(body, content_type):
    assert isinstance(decode_text(answer(body, content_type)), str)


@given(
    st.sampled_from(["utf-16", "utf-7", "idna", "cp1258", "big5", "iso2022_jp", "gb18030", "koi8-r", "zlib", "mbcs"])
)
def test_no_known_label_raises(label):
    assert isinstance(decode_text(answer(bytes(range(256)), f"text/html; charset={label}")), str)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "an empty answer"),
        (b"  \n", "an empty answer"),
        (b"<!DOCTYPE html><title>Sign in &amp; wait</title>", "an HTML page instead of JSON (“Sign in & wait”)"),
        (b"<html><body>Hello", "an HTML page instead of JSON"),
        (b"<?xml version='1.0'?><rss/>", "XML instead of JSON"),
        (b"<br />\n<b>Warning</b>:  Undefined variable in x.php<br />\n[]", "messages of PHP"),
        (b'{"a": 1', "broken JSON"),
        (b"[1, 2", "broken JSON"),
        (b"Not found", "something else"),
        (b"[" * 100_000, "nested without end"),
        (b'{"a": "\xff\xfe', "broken JSON"),
    ],
)
def test_what_is_no_json_is_called_by_its_name(body, words):
    with pytest.raises(AnswerNotUnderstood) as caught:
        json_of(answer(body))
    assert words in caught.value.text.en
    assert caught.value.places["host"] == "example.org" and caught.value.answer.body == body


async def test_html_under_a_json_label_is_told(server, client):
    with pytest.raises(AnswerNotUnderstood, match="an HTML page instead of JSON"):
        json_of(await client.request("GET", server.url("/html_for_json")))


@pytest.mark.parametrize(
    "body", [b'\xef\xbb\xbf{"a": "\xc3\xa9"}', '{"a": "é"}'.encode("utf-16"), b'{"a": "\xe9"}', b'{"a":"\\u00e9"}\0\n']
)
def test_json_in_another_coat_is_still_json(body):
    assert json_of(answer(body)) == {"a": "é"}


def test_json_of_another_shape_names_the_place():
    class Comment(msgspec.Struct):
        id: int

    assert json_of(answer(b'[{"id": 3}]'), list[Comment])[0].id == 3
    with pytest.raises(AnswerNotUnderstood, match=r"\$\[0\].id"):
        json_of(answer(b'[{"id": "x"}]'), list[Comment])


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_a_complaint(body):
    assert complaint_of(answer(b"{" + body)) is not None


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b'{"code":"rest_x","message":"No <b>way</b>","data":{}}', "rest_x", "No way"),
        (b'{"error":"invalid_grant","error_description":"Expired"}', "invalid_grant", "Expired"),
        (b'{"error":"This action is not allowed"}', "This action is not allowed", "This action is not allowed"),
        (b'{"code":17,"message":["a"]}', "", ""),
        (b"[]", "", ""),
        (b"{}", "", ""),
        (b"<html>", "", ""),
    ],
)
def test_complaint_is_read_where_there_is_one(body, code, message):
    found = complaint_of(answer(body))
    assert (found.code, found.message) == (code, message)


def test_plain_text_is_one_short_line():
    assert plain("<p>a\x00b\u202e\n c</p>" + "x" * 500) == "a b c " + "x" * 193 + "…"
