"""Mails that go out: how they are written, and what can never get into one."""

import uuid
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.connectors.mailbox import connector
from parvis.connectors.mailbox.imap import Imap
from parvis.connectors.mailbox.sending import find_published, way_out
from parvis.connectors.mailbox.test_mailbox_imap import Server, mail
from parvis.connectors.mailbox.writing import Letterhead, letterhead_of, mail_of, message_id
from parvis.core.connector import NO_TARGET, Can, File, Order
from parvis.core.errors import AddressNotUnderstood, BadInput, FieldMissing, FileNotUnderstood, OutcomeUnknown
from parvis.core.post import Content, Medium, Poll

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = str(uuid.UUID(int=7))
HEAD = Letterhead(name="La maison", sender="news@example.org", list_address="list@lists.example.org")


def order(content, files=()):
    (part,) = connector.publishing.parts(content, {})
    return Order(key=KEY, can=Can.PUBLISH, target=NO_TARGET, body=part.body, files=tuple(files), written_at=NOON)


def written(content, *, head=HEAD, files=()):
    raw = mail_of(order(content, files), head)
    return raw, BytesParser(policy=policy.default).parsebytes(raw)


def medium(**more):
    return Medium(**{"path": "a/b.png", "name": "b.png", "mime": "image/png", "size_bytes": 1000, **more})


def codes(facts=None, **content):
    return [fault.code for fault in connector.publishing.faults(Content(**content), facts or {})]


def test_mail_says_whose_it_is_when_it_was_written_and_always_the_same_id():
    _, there = written(Content(title="Objet", text="Texte", language="fr-CH"))
    assert str(there["From"]) == "La maison <news@example.org>" and there["To"] == "list@lists.example.org"
    assert there["Message-ID"] == f"<{KEY}.parvis@example.org>" and there["Date"].datetime == NOON
    assert (there["Auto-Submitted"], there["Content-Language"]) == ("auto-generated", "fr-CH")
    assert there["List-Id"] is None and there["List-Unsubscribe"] is None
    assert there.get_body(("plain",)).get_content() == "Texte\r\n"
    assert '<html lang="fr-CH">' in there.get_body(("html",)).get_content()


@given(
    st.text(max_size=200) | st.text('é \r\n:<>=?_,"中', max_size=300),
    st.text(max_size=60),
    st.text(st.characters(exclude_characters="<>"), max_size=80),
)
def test_nothing_that_is_written_becomes_a_header_and_nothing_is_lost(title, text, name):
    content = Content(title=f"Objet {title}", text=text, language=title[:20], link=text[:20])
    raw, there = written(content, head=letterhead_of({"sender": f"{name} <news@example.org>", "list": "l@example.org"}))
    assert set(there.keys()) <= {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version",
        "Content-Type",
    }  # fmt: skip
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998 and b"\n" not in raw.replace(b"\r\n", b"")
    subject = connector.publishing.parts(content, {})[0].body["subject"]
    assert "".join(there["Subject"].split()) == "".join(subject.split())
    assert there["From"].addresses[0].addr_spec == "news@example.org"


@pytest.mark.parametrize("name", ['Müller, Anna "la grande"', "a, b <c@d.example>", "Été: (tout)", "x" * 90, "é" * 20])
def test_senders_name_is_read_as_it_was_written(name):
    bare = name.replace("<c@d.example>", "")
    head = Letterhead(name=bare.strip(), sender="news@example.org", list_address="l@example.org")
    _, there = written(Content(title="x", text="y"), head=head)
    assert [(one.display_name, one.addr_spec) for one in there["From"].addresses] == [
        (bare.strip(), "news@example.org")
    ]


@pytest.mark.parametrize("length", [60, 78, 300, 900])
@pytest.mark.parametrize("sign", ["x", "é", "中", "👩‍👩‍👧", "mot "])
def test_long_subject_is_folded_and_read_whole(sign, length):
    subject = (sign * length)[:length].strip()
    raw, there = written(Content(title=subject, text="y"))
    assert there["Subject"] == " ".join(subject.split())
    assert max(map(len, raw.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 998


class _Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_page_holds_nothing_but_what_we_wrote():
    text = '<script>x</script> <img src=x onerror=y> https://example.org/"onclick=1 javascript:z'
    _, there = written(Content(title="</title><b>", text=text, link="javascript:alert(1)"))
    page = _Page()
    page.feed(there.get_body(("html",)).get_content())
    assert {tag for tag, _ in page.tags} == {"html", "head", "meta", "title", "body", "p", "a"}
    assert [attrs for tag, attrs in page.tags if tag == "a"] == [{"href": 'https://example.org/"onclick=1'}]


def test_pictures_stand_in_place_with_their_words_and_other_files_beside(tmp_path):
    files = []
    for name, mime, content in (("lac.png", "image/png", b"\x89PNG"), ("son à la une.mp3", "audio/mpeg", b"ID3")):
        (tmp_path / name).write_bytes(content)
        files.append(File(path=tmp_path / name, mime=mime, size_bytes=len(content), name=name))
    media = (
        medium(name="lac.png", size_bytes=4, alt='Un "lac"\r\nX: y'),
        medium(name="s", mime="audio/mpeg", alt="Un son"),
    )
    _, there = written(Content(title="x", text="y", media=media), files=files)
    assert there.get_content_type() == "multipart/mixed"
    assert 'alt="Un &quot;lac&quot; X: y"' in there.get_body(("html",)).get_content()
    assert '[Un "lac" X: y]' in there.get_body(("plain",)).get_content()
    (sound,) = there.iter_attachments()
    assert (sound.get_filename(), sound.get_content(), sound["Content-Description"]) == (
        "son à la une.mp3",
        b"ID3",
        "Un son",
    )
    (image,) = [part for part in there.walk() if part.get_content_maintype() == "image"]
    assert f"cid:{image['Content-ID'].strip('<>')}" in there.get_body(("html",)).get_content()


def test_captions_stand_below_their_pictures_in_both_forms_of_the_mail(tmp_path):
    files = []
    for name, mime in (("lac.png", "image/png"), ("salle.png", "image/png"), ("son.mp3", "audio/mpeg")):
        (tmp_path / name).write_bytes(b"data")
        files.append(File(path=tmp_path / name, mime=mime, size_bytes=4, name=name))
    media = (
        medium(name="lac.png", size_bytes=4, alt="Un lac", caption="Le lac <ce soir>\r\nX: y"),
        medium(name="salle.png", size_bytes=4, caption="La salle"),
        medium(name="s", mime="audio/mpeg", size_bytes=4, alt="Un son", caption="L’orgue"),
    )
    _, there = written(Content(title="x", text="y", media=media), files=files)
    page, plain = (there.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("html", "plain"))
    assert (
        'alt="Un lac" style="max-width:100%;height:auto"><figcaption>Le lac &lt;ce soir&gt; X: y</figcaption>' in page
    )
    assert page.count("<figure") == 2 and "<figcaption>La salle</figcaption>" in page
    assert "Le lac <ce soir> X: y\n[Un lac]" in plain and "\n\nLa salle\n" in plain
    (sound,) = there.iter_attachments()
    assert sound["Content-Description"] == "L’orgue – Un son"


def test_file_that_has_changed_stops_the_mail(tmp_path):
    (tmp_path / "a").write_bytes(b"other")
    for path in (tmp_path / "a", tmp_path / "nothing"):
        file = File(path=path, mime="image/png", size_bytes=4, name="a")
        with pytest.raises(FileNotUnderstood):
            written(Content(title="x", media=(medium(),)), files=[file])


def test_way_out_of_the_list_is_told_in_header_and_foot_where_no_list_server_does():
    head = Letterhead(
        name="", sender="n@example.org", list_address="l@example.org", leave_address="mailto:leave@example.org"
    )
    _, there = written(Content(title="x", text="y", language="fr"), head=head)
    assert there["List-Unsubscribe"] == "<mailto:leave@example.org>" and there["List-Id"] == "<l.example.org>"
    assert (
        there.get_body(("plain",))
        .get_content()
        .replace("\r", "")
        .endswith("-- \nSe désabonner : mailto:leave@example.org\n")
    )
    assert '<a href="mailto:leave@example.org">Se désabonner</a>' in there.get_body(("html",)).get_content()


def test_addresses_beyond_ascii_travel_as_they_can():
    head = letterhead_of({"sender": "Été <news@bücher.example>", "list": "liste@exämple.org"})
    assert (head.sender, head.list_address) == ("news@xn--bcher-kva.example", "liste@xn--exmple-cua.org")
    raw, _ = written(Content(title="x", text="y"), head=head)
    assert raw.isascii()
    wide = letterhead_of({"sender": "n@example.org", "list": "çà@example.org"})
    raw, there = written(Content(title="x", text="y"), head=wide)
    assert "çà@example.org" in raw.decode() and there["To"] == "çà@example.org"


@pytest.mark.parametrize(
    "written_as",
    ["", "nobody", "a b@example.org", "a@example.org>\r\nRCPT TO:<x@y.example", "a@example.org, b@example.org", "@x", "a@", "a\n@b.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused_before_anything_is_sent(written_as):
    for given_as in ({"sender": "n@example.org", "list": written_as}, {"sender": written_as, "list": "l@example.org"}):
        with pytest.raises((BadInput, FieldMissing)):
            letterhead_of(given_as)


@pytest.mark.parametrize("leave", ["javascript:x", "http://example.org", "mailto:a@b.example>\r\nX: y", "https://a b"])
def test_way_out_that_is_none_is_refused(leave):
    with pytest.raises(BadInput):
        letterhead_of({"sender": "n@example.org", "list": "l@example.org", "leave": leave})


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("smtps://mail.example.org", ("mail.example.org", 465, True)),
        ("smtp://mail.example.org", ("mail.example.org", 587, False)),
        ("smtp://mail.example.org:2525/", ("mail.example.org", 2525, False)),
    ],
)
def test_outgoing_server_is_understood(address, found):
    assert way_out(address) == found


@pytest.mark.parametrize("address", ["", "mail.example.org", "https://x.example", "smtp://u:p@x.example", "smtp://x:y"])
def test_what_is_no_outgoing_server_is_said(address):
    with pytest.raises(AddressNotUnderstood):
        way_out(address)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"title": "x", "text": "y"}, []),
        ({"title": "x", "media": (medium(),)}, []),
        ({"text": "y"}, ["no_subject"]),
        ({"title": " \n", "text": " "}, ["no_subject", "empty"]),
        (
            {"title": "x", "text": "y", "thread": ("z",), "comment": "c", "warning": "w"},
            ["thread", "comment", "warning"],
        ),
        ({"title": "x", "text": "y", "poll": Poll(choices=("a", "b"))}, ["poll"]),
        ({"title": "x", "media": (medium(mime="application/x-sh"),)}, ["media_kind"]),
        ({"title": "x", "media": (medium(),) * 11}, ["too_many_media"]),
        ({"title": "x", "media": (medium(size_bytes=6_000_000),) * 2}, ["too_large"]),
    ],
)
def test_what_cannot_be_a_mail_is_known_before(content, found):
    assert codes(**content) == found
    assert codes({"most_bytes": "500"}, title="x", media=(medium(),)) == ["too_large"]


def test_thread_and_link_follow_in_the_one_mail():
    (part,) = connector.publishing.parts(
        Content(title="x", text="Un", thread=("Deux",), link="https://example.org/"), {}
    )
    assert part.body["text"] == "Un\n\nDeux\n\nhttps://example.org/"


class Found:
    """A session whose mailbox is in memory."""

    address, facts, now = "imaps://mail.example.org", {}, NOON
    credentials = {
        "username": "news@example.org", "password": "p", "smtp": "smtps://smtp.example.org", "list": "l@example.org",
    }  # fmt: skip

    def __init__(self, server):
        self.server = server

    async def open_stream(self, host, port, *, tls, line_limit_bytes=65536):
        return self.server


class Folders(Server):
    """Its mails are in one folder, which says what it is for."""

    def __init__(self, *mails, folder, lists):
        super().__init__(mails)
        self.folder, self.lists, self.all, self.looked = folder, lists, self.mails, []

    def on_list(self, _):
        return self.lists

    def on_examine(self, rest):
        name = rest.partition(b" ")[2][1:-1].decode()
        self.looked.append(name)
        self.mails = self.all if name == self.folder else {}
        return super().on_examine(rest)

    def on_uid_search(self, rest):
        found = [uid for uid, one in self.mails.items() if rest.partition(b"<")[2].partition(b">")[0] in one]
        return b"* SEARCH " + b" ".join(b"%d" % uid for uid in found) + b"\r\n"


LISTS = b'* LIST (\\HasNoChildren) "/" INBOX\r\n* LIST (\\Sent \\HasNoChildren) "/" "Gesendete \\"Post\\""\r\n'


@pytest.mark.parametrize(
    ("folder", "lists"),
    [
        ("INBOX", LISTS),
        ('Gesendete \\"Post\\"', LISTS),
        ("INBOX.Sent", b'* LIST () "." INBOX.Sent\r\n* LIST () "." "INBOX.Other"\r\n'),
    ],
)
async def test_mail_in_doubt_is_looked_for_where_copies_are(folder, lists):
    given = order(Content(title="x", text="y"))
    raw = mail_of(given, letterhead_of(Found.credentials))
    done = await find_published(Found(Folders(mail(1), raw, folder=folder, lists=lists)), given)
    (item,) = connector.parse(done.payloads[0]).items
    assert done.remote_id == item.remote_id == message_id(given, HEAD) and item.author.is_house
    with pytest.raises(OutcomeUnknown):
        await find_published(Found(Folders(mail(1), folder=folder, lists=lists)), given)


async def test_folders_of_what_was_sent_are_told_however_they_are_written():
    server = Folders(
        folder="", lists=b'* LIST (\\Noselect) NIL ""\r\n* LIST () "/" {3}\r\nabc\r\n* LIST () "/" Sent\r\n'
    )
    imap = Imap(server, "mail.example.org")
    assert await imap.sent_folders() == ["Sent"]
