"""What a mail becomes: its words, its entries, and what is left of it when it is broken."""

import base64
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parvis.connectors.mailbox import connector
from parvis.connectors.mailbox.address import folder_name, place_of, recognise_typed
from parvis.connectors.mailbox.charsets import text_of, words_of
from parvis.connectors.mailbox.light import without_attachments
from parvis.connectors.mailbox.recognisers import GOOGLE, Redirect
from parvis.connectors.mailbox.splitting import linked_entries, unwrapped
from parvis.core.errors import AddressNotUnderstood, AnswerNotUnderstood
from parvis.core.types import Kind, Payload

ANSWERS = Path(__file__).parent / "answers"


def parsed(body, **facts):
    return connector.parse(Payload(endpoint="mail", url="imaps://mail.example.org/;UID=1", body=body, facts=facts))


def recorded(name):
    return parsed((ANSWERS / f"{name}.eml").read_bytes())


def mail(text="Hello", *headers, **told):
    lines = [f"{name.replace('_', '-').title()}: {value}" for name, value in {"from": "a@example.org", **told}.items()]
    return "\r\n".join([*lines, *headers, "", text]).encode("utf-8", "surrogateescape")


def only(body, **facts):
    (item,) = parsed(body, **facts).items
    return item


def test_alert_is_one_item_a_link_with_its_source_and_snippet():
    first, second = recorded("google_alerts").items
    assert (first.kind, first.title, first.url) == (
        Kind.ARTICLE,
        "La redevance de la télévision publique baisse",
        "https://www.journal.example/culture/redevance-2026?a=1&b=2",
    )
    assert first.author.name == "Le Journal"
    assert first.body == "Le Conseil fédéral a annoncé lundi que la télévision publique ..."
    assert (second.title, second.url) == ("Un avis sur la télévision", "https://blog.example/avis")
    assert second.body == "Pourquoi elle compte encore, et pour qui."
    assert first.published_at == datetime(2026, 11, 16, 8, 12, 3, tzinfo=UTC)


def test_alert_from_somebody_else_stays_one_mail():
    body = (ANSWERS / "google_alerts.eml").read_bytes()
    (item,) = parsed(body.replace(b"googlealerts-noreply@google.com", b"friend@example.org")).items
    assert (item.kind, item.title) == (Kind.MESSAGE, 'Alerte Google – "télévision publique"')


def test_bulletin_of_an_agency_is_one_item_a_dispatch():
    first, second = recorded("agency").items
    assert [first.title, second.title] == [
        "Berne: le Parlement débat de la redevance",
        "Genève: un festival de plus en plus couru",
    ]
    assert (first.url, second.url) == ("https://agence.example/d/100", "")
    assert first.author.name == "Agence, Service de base"
    assert (first.language, first.facts["subject"]) == ("fr", "Bulletin culture et médias, 17 heures")


def test_single_dispatch_stays_one_mail():
    body = (ANSWERS / "agency.eml").read_bytes().partition(b"* * *")[0]
    assert [item.kind for item in parsed(body).items] == [Kind.MESSAGE]


def test_digest_is_its_mails_in_their_thread():
    first, second = recorded("digest").items
    assert [first.remote_id, second.remote_id, second.parent_id] == [
        "a1@example.org",
        "b1@example.org",
        "a1@example.org",
    ]
    assert second.body.strip() == "On Sunday."


def test_reply_keeps_its_author_its_thread_and_its_accents():
    (item,) = recorded("reply_latin1").items
    assert (item.title, item.body.strip()) == ("Re: L’émission", "Cela m’a plu, à bientôt.")
    assert (item.author.remote_id, item.author.name) == ("andre@example.org", "André Müller")
    assert (item.remote_id, item.parent_id) == ("reply-2@example.org", "reply-1@example.org")


def test_attachments_are_listed_and_html_is_left_as_it_came():
    (item,) = recorded("with_attachments").items
    assert item.body_is_html and "<b>joint</b>" in item.body
    (medium,) = item.media
    assert (medium.alt, medium.kind, medium.size_bytes) == ("Communiqué.pdf", "application/pdf", 48211)
    assert item.title == "Communiqué sans encodage"


def test_broken_mail_gives_what_can_be_had():
    (item,) = recorded("broken").items
    assert item.body.strip() == "The words are still there"
    assert item.remote_id.startswith("sha256:")
    assert item.published_at is None


def test_content_of_attachments_is_not_kept_but_its_size_is():
    content = base64.encodebytes(b"x" * 30_000)
    body = (
        b"From: a@example.org\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nWords\r\n"
        b"--m\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=a.png\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + content + b"\r\n--m--\r\n"
    )
    light = without_attachments(body)
    assert len(light) < 600
    item = only(light)
    assert item.body.strip() == "Words"
    assert [(one.alt, one.size_bytes) for one in item.media] == [("a.png", 30_000)]


def test_mail_without_attachments_is_kept_to_the_byte():
    body = (ANSWERS / "reply_latin1.eml").read_bytes()
    assert without_attachments(body) == body


def test_flowed_lines_are_whole_again():
    head = "Content-Type: text/plain; charset=utf-8; format=flowed"
    assert only(mail("One long \r\nline.\r\n> quoted \r\n> too", head)).body == "One long line.\n> quoted too"


def test_own_mails_are_the_house_s():
    assert only(mail(), own="A@example.org").author.is_house
    assert not only(mail(), own="b@example.org").author.is_house


def test_mail_from_the_future_is_dated_by_its_arrival():
    arrived = "2026-11-19T10:00:00+00:00"
    item = only(mail(date="Thu, 19 Nov 2099 10:00:00 +0000"), arrived_at=arrived)
    assert item.published_at == datetime(2026, 11, 19, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        (b"caf\xc3\xa9", "us-ascii", "café"),
        (b"caf\xe9", "us-ascii", "café"),
        (b"\x93quoted\x94", "iso-8859-1", "“quoted”"),
        ("电视".encode("gb18030"), "gb2312", "电视"),
        ("テレビ".encode("shift_jis"), "shift_jis", "テレビ"),
        ("эфир".encode("koi8-r"), "KOI8-R", "эфир"),
        (b"x\x9c", "zip", "xœ"),
        (b"\\u0041", "unicode_escape", "\\u0041"),
        (b"plain", "\0", "plain"),
    ],
)
def test_words_are_read_in_the_charset_that_was_meant(content, charset, text):
    assert text_of(content, charset) == text


def test_encoded_words_and_bare_ones_stand_side_by_side():
    assert words_of("=?utf-8?Q?=C3=A9t?= =?utf-8?Q?=C3=A9?= and caf\udce9") == "été and café"


@pytest.mark.parametrize(
    "body",
    [
        mail("x", subject="S" * 1_000_000),
        mail("x", subject="=?utf-8?Q?" * 100_000),
        mail("x", **{"from": '"' * 500_000}),
        mail("x", **{"from": "a@example.org", "references": "<" * 500_000}),
        mail("x", *[f"X-{number}: y" for number in range(50_000)]),
        mail("--b\r\n" * 200_000, "Content-Type: multipart/mixed; boundary=b"),
        mail(
            "".join(f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(5_000)),
            "Content-Type: multipart/mixed; boundary=b0",
        ),
        mail("<a href='https://www.google.com/url?url=https://a.example/'>x" * 20_000, "Content-Type: text/html")
        .replace(b"a@example.org", b"googlealerts-noreply@google.com"),
        mail("<div " * 200_000, "Content-Type: text/html"),
        mail("begin 644 a\r\n" + "M" * 500_000, "Content-Transfer-Encoding: x-uuencode"),
    ],
    ids=["subject", "words", "from", "references", "headers", "parts", "nested", "links", "tags", "uuencode"],
)  # fmt: skip
def test_hostile_mail_costs_little_and_gives_bounded_items(body):
    began_s = time.process_time()
    light = without_attachments(body)
    found = parsed(light)
    assert time.process_time() - began_s < 3
    assert len(light) <= 2_000_000
    assert len(found.items) <= 200
    for item in found.items:
        assert len(item.title) <= 4000 and len(item.body) <= 500_000 and len(item.remote_id) < 1000


def test_deeply_nested_mail_still_gives_its_subject():
    parts = "".join(f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(99))
    item = only(mail(parts + "deep", "Content-Type: multipart/mixed; boundary=b0", subject="Still here"))
    assert item.title == "Still here"


@pytest.mark.parametrize("body", [b"", b"\r\n\r\n", b"no header here", b"X-Odd: 1\r\n\r\nx", b"\0" * 50])
def test_what_is_no_mail_waits_for_a_mend(body):
    with pytest.raises(AnswerNotUnderstood):
        parsed(body)


def test_links_are_unwrapped_through_mail_gateways():
    inner = "https%3A%2F%2Fwww.google.com%2Furl%3Furl%3Dhttps%253A%252F%252Fa.example%252Fb"
    assert (
        unwrapped(f"https://eu.safelinks.protection.outlook.com/?url={inner}&data=x", [GOOGLE]) == "https://a.example/b"
    )
    assert unwrapped("https://evil.example/url?url=https://a.example/", [GOOGLE]) is None
    assert unwrapped("https://www.google.com/url?url=javascript:alert(1)", [GOOGLE]) is None
    assert unwrapped("https://notgoogle.com/url?url=https://a.example", [Redirect("google.com", "/url", "url")]) is None


@pytest.mark.parametrize(
    ("typed", "addresses"),
    [
        ("imaps://mail.example.org", ["imaps://mail.example.org"]),
        ("imaps://mail.example.org:993/INBOX/", ["imaps://mail.example.org"]),
        ("imap://127.0.0.1:1143/Été", ["imap://127.0.0.1:1143/%C3%89t%C3%A9"]),
        ("veille@example.ch", ["imaps://imap.example.ch", "imaps://mail.example.ch"]),
        ("https://mail.example.org", []),
        ("imaps://name:secret@mail.example.org", []),
        ("@veille@example", []),
    ],
)
def test_mailboxes_are_recognised_as_they_are_typed(typed, addresses):
    assert [one.address for one in recognise_typed(typed)] == addresses


def test_folders_are_written_as_the_protocol_wants_them():
    assert folder_name("INBOX/Tom & Jerry") == "INBOX/Tom &- Jerry"
    assert folder_name("Entwürfe") == "Entw&APw-rfe"
    assert folder_name("台北") == "&U,BTFw-"
    assert place_of("imaps://mail.example.org/Entw%C3%BCrfe").folder == "Entwürfe"
    with pytest.raises(AddressNotUnderstood):
        place_of("imaps://mail.example.org/a%0D%0Ab")


@pytest.mark.parametrize("piece", ["<a ", "<!", "<a x='", "</", "<![", "<style>"])
def test_markup_that_is_made_to_be_slow_is_read_quickly(piece):
    began_s = time.process_time()
    linked_entries(piece * (400_000 // len(piece)), ())
    assert time.process_time() - began_s < 5
