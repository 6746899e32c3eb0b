"""The feed connector on answers recorded from WordPress 6.1, on made ones, and on hostile ones."""

import resource
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from parvis.connectors.feed import connector
from parvis.connectors.feed.authors import author_from_line
from parvis.connectors.feed.fetch import MAX_PAGES
from parvis.connectors.feed.ordinary import read_ordinary
from parvis.core.errors import AnswerNotUnderstood, RemoteGone
from parvis.core.types import Answer, Kind, Payload

ANSWERS = Path(__file__).parent / "answers"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOME = "https://site.example/feed/"


def parsed(body, url=HOME, **changes):
    body = body if isinstance(body, bytes) else body.encode()
    return connector.parse(Payload(endpoint="feed", url=url, body=body, **changes))


def recorded(name, url=HOME):
    return parsed((ANSWERS / name).read_bytes(), url)


def rss(*items, head=""):
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{head}{"".join(items)}</channel></rss>'


def item(number=1, extra=""):
    return f"<item><title>Item {number}</title><link>https://site.example/{number}</link>{extra}</item>"


class Site:
    """A Session over a table of answers; what it was asked is kept."""

    def __init__(self, pages, address=HOME):
        self.pages, self.address, self.asked = pages, address, []
        self.credentials, self.facts, self.now = {}, {}, NOON

    async def request(self, method, url, *, params=None, json=None, headers=None, accept_statuses=frozenset()):
        self.asked.append((url, dict(headers or {})))
        status, told, body = self.pages.get(url, (404, {}, b""))
        if status in {404, 410}:
            raise RemoteGone(host="site.example", detail="gone")
        if told.get("etag") and (headers or {}).get("if-none-match") == told["etag"]:
            status, body = 304, b""
        return Answer(status=status, url=url, headers=told, body=body.encode() if isinstance(body, str) else body)


async def read(site, cursor=None):
    return [step async for step in connector.fetch(site, cursor or {})]


def test_articles_of_wordpress_are_read():
    found = recorded("wordpress.rss")
    assert found.problems == () and len(found.items) == 10
    first = found.items[0]
    assert first.kind is Kind.ARTICLE and first.remote_id and first.url.startswith("https://site.example/2026/")
    assert first.author.name == "admin" and first.published_at.tzinfo is UTC and first.language == "en-US"
    assert first.body_is_html and "<p>" in first.body


@pytest.mark.parametrize("name", ["wordpress-comments.rss", "wordpress-comments.atom"])
def test_comments_feed_gives_comments(name):
    found = recorded(name, "https://site.example/any")
    assert found.items and {one.kind for one in found.items} == {Kind.COMMENT}
    assert found.items[0].author.name == "Anna"


def test_answer_in_atom_threading_names_what_it_answers():
    found = recorded("wordpress-comments.atom")
    ids = {one.remote_id for one in found.items}
    assert all(one.parent_id for one in found.items)
    assert any(one.parent_id in ids for one in found.items)


def test_the_same_article_has_one_identity_in_every_format():
    by_format = [recorded(f"wordpress.{ending}") for ending in ("rss", "atom", "rdf")]
    links = [[one.url for one in found.items] for found in by_format]
    assert links[0] == links[1] == links[2]
    assert [one.remote_id for one in by_format[0].items] == [one.remote_id for one in by_format[1].items]


def test_json_feed_is_read_with_its_authors_and_attachments():
    found = recorded("jsonfeed.json", "https://maison.example/feed.json")
    two, one = found.items
    assert two.title == "Deux & <trois>" and two.url == "https://maison.example/2026/deux" and two.body_is_html
    assert two.published_at == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert two.updated_at == datetime(2026, 11, 2, 11, tzinfo=UTC)
    assert two.author.remote_id == "https://maison.example/anna" and two.author.avatar_url.endswith("anna.png")
    assert [(media.kind, media.size_bytes) for media in two.media] == [("", None), ("audio/mpeg", 1024)]
    assert one.remote_id == "1" and not one.body_is_html and one.published_at is None
    assert one.author.name == "La rédaction" and one.language == "fr-CH"


def test_json_feed_that_breaks_off_gives_the_items_before_the_break():
    body = (ANSWERS / "jsonfeed.json").read_bytes()
    found = parsed(body[: body.rindex(b'{"id": 1')])
    assert [one.remote_id for one in found.items] == ["2"] and len(found.problems) == 1


def test_entry_without_date_stays_without_one():
    (one,) = parsed(rss(item())).items
    assert one.published_at is None and one.updated_at is None


def test_a_number_as_guid_is_never_taken_for_a_date():
    (one,) = parsed(rss(item(extra="<guid isPermaLink='false'>12</guid>"))).items
    assert one.remote_id == "12" and one.published_at is None


def test_entry_without_id_and_link_keeps_its_identity_between_readings():
    body = rss("<item><title>A</title><description>b</description></item>")
    assert parsed(body).items[0].remote_id == parsed(body, "https://other.example/").items[0].remote_id
    assert parsed(body).items[0].remote_id.startswith("sha256:")


def test_identity_is_the_same_whichever_reader_reads():
    whole = rss(item(1, "<guid>https://site.example/?p=1</guid>"), item(2))
    damaged = whole.replace("<title>T</title>", "<title>T & U</title>")
    assert read_ordinary(whole.encode(), HOME) is not None and read_ordinary(damaged.encode(), HOME) is None
    assert [one.remote_id for one in parsed(whole).items] == [one.remote_id for one in parsed(damaged).items]


def test_two_entries_with_one_id_are_told_and_the_first_is_kept():
    found = parsed(rss(item(1, "<guid>x</guid>"), item(2, "<guid>x</guid>")))
    assert [one.title for one in found.items] == ["Item 1"] and "earlier" in found.problems[0].detail


@pytest.mark.parametrize(
    ("line", "name", "remote_id"),
    [
        ("jean@example.org (Jean Dupont)", "Jean Dupont", "mailto:jean@example.org"),
        ("Jean Dupont <Jean@Example.org>", "Jean Dupont", "mailto:jean@example.org"),
        ("jean@example.org", "", "mailto:jean@example.org"),
        ("Jean Dupont", "Jean Dupont", "name:jean dupont"),
        ("Jean &amp; Anne", "Jean & Anne", "name:jean & anne"),
    ],
)
def test_author_lines_are_understood(line, name, remote_id):
    author = author_from_line(line)
    assert (author.name, author.remote_id) == (name, remote_id)


def test_enclosures_and_media_are_kept_once():
    extra = (
        '<enclosure url="https://site.example/a.mp3" type="audio/mpeg" length="99"/>'
        '<media:content xmlns:media="http://search.yahoo.com/mrss/" url="https://site.example/a.mp3"/>'
        '<enclosure url="javascript:alert(1)" type="x/y" length="0"/>'
    )
    (one,) = parsed(rss(item(extra=extra))).items
    assert [(media.url, media.kind, media.size_bytes) for media in one.media] == [
        ("https://site.example/a.mp3", "audio/mpeg", 99)
    ]


def test_link_that_could_run_is_no_link():
    (one,) = parsed(rss("<item><title>x</title><link>javascript:alert(1)</link><guid>1</guid></item>")).items
    assert one.url == ""


def test_atoms_base_goes_with_the_item_and_links_are_resolved():
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://site.example/blog/"><entry><id>1</id>'
        '<link href="one"/><content type="html" xml:base="one/">&lt;a href="x"&gt;x&lt;/a&gt;</content></entry></feed>'
    )
    (one,) = parsed(body).items
    assert one.url == "https://site.example/blog/one"
    assert one.facts["base_url"] == "https://site.example/blog/one/"


def test_wrong_charset_in_the_header_does_not_spoil_utf8():
    (one,) = parsed(
        rss("<item><title>Été à Zoë</title><guid>1</guid></item>"), content_type="text/xml; charset=latin1"
    ).items
    assert one.title == "Été à Zoë"


def test_latin1_feed_is_read_by_what_it_declares():
    body = rss("<item><title>Été</title><guid>1</guid></item>").replace('1.0"', '1.0" encoding="iso-8859-1"', 1)
    assert parsed(body.encode("latin-1")).items[0].title == "Été"


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"<html><body>no</body></html>", b"\x00\x01\x02", b'{"a": 1}', b"[1]", b"hello"]
)
def test_what_is_no_feed_is_said_to_be_none(body):
    with pytest.raises(AnswerNotUnderstood):
        parsed(body)


def test_name_of_a_local_file_as_body_opens_nothing():
    with pytest.raises(AnswerNotUnderstood):
        parsed(str(ANSWERS / "wordpress.rss"))


def test_half_a_feed_gives_the_whole_entries_and_a_problem():
    body = (ANSWERS / "wordpress.rss").read_bytes()
    cut = body[: body.rindex(b"<content:encoded>") + 30]
    whole, half = parsed(body), parsed(cut)
    assert half.items == whole.items[:-1]
    assert [problem.detail for problem in half.problems] == ["it breaks off before its end"]


def test_nul_bytes_and_stray_signs_do_not_hide_the_entries():
    body = rss(item(1), "\x00\x0b & <b>", item(2)).encode()
    found = parsed(body)
    assert [one.title for one in found.items] == ["Item 1", "Item 2"] and found.problems


def _bomb():
    names = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">\n' for n in range(1, 10))
    return (
        f'<?xml version="1.0"?><!DOCTYPE rss [\n<!ENTITY a0 "lol">\n{names}]>'
        + rss(item(1, "<description>&a9;</description>"))[21:]
    )


def _blow_up():
    return (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "{"x" * 50_000}">]>'
        + rss(item(1, f"<description>{'&a;' * 50_000}</description>"))[21:]
    )


def _outside():
    return (
        '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        + rss(item(1, "<description>&a;</description>"))[21:]
    )


def _fifty_megabytes(extra=""):
    return rss(*[item(n, f"<description>{'word ' * 1000}</description>{extra}") for n in range(10_000)])


HOSTILE = {
    "billion laughs": _bomb,
    "quadratic blow-up": _blow_up,
    "entity from outside": _outside,
    "fifty megabytes": _fifty_megabytes,
    "fifty megabytes for the thorough reader": lambda: _fifty_megabytes("<itunes:title>x</itunes:title>"),
    "100,000 nested tags": lambda: rss(item(1, f"<description>{'<div>' * 100_000}</description>")),
    "100,000 nested items": lambda: rss("<item>" * 100_000),
    "100,000 escaped tags": lambda: rss(item(1, f"<description>{'&lt;div&gt;' * 100_000}</description>")),
    "nested xhtml": lambda: (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><content type="xhtml">'
        + "<div xmlns='http://www.w3.org/1999/xhtml'>" * 50_000
        + "</div>" * 50_000
        + "</content></entry></feed>"
    ),
    "open brackets": lambda: rss(item(1, "<a " * 200_000)),
    "endless entities": lambda: rss(item(1, f"<description>{'&x' * 200_000}</description>")),
    "odd references": lambda: rss(item(1, "<description>&#99999999999; &#xD800; &#x110000;</description>")),
    "half a tag": lambda: rss(item(1))[:-20] + "<" + "a" * 1_000_000,
    "json depth": lambda: '{"version":"https://jsonfeed.org/version/1","items":' + "[" * 200_000,
    "many attributes": lambda: rss(item(1, "<x " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/>")),
    "comments without end": lambda: rss(item(1, "<!--" * 100_000)),
    "doctypes": lambda: "<!DOCTYPE rss [" * 50_000 + rss(item(1)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_feed_costs_little_time_and_memory(name):
    body = HOSTILE[name]().encode()
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    try:
        found = parsed(body)
    except AnswerNotUnderstood:
        found = None
    assert time.process_time() - start < 12
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 600_000
    if found is not None:
        assert sum(len(one.body) for one in found.items) < len(body) + 2_000_000
        assert all("root:" not in one.body for one in found.items)


async def test_first_reading_follows_older_pages_and_the_next_one_asks_politely():
    def page(number, more):
        link = f'<link rel="next" href="?page={number + 1}"/>' if more else ""
        return (
            f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{link}<entry><id>{number}</id></entry></feed>'
        )

    site = Site({HOME: (200, {"etag": '"1"'}, page(1, more=True)), f"{HOME}?page=2": (200, {}, page(2, more=False))})
    first, second = await read(site)
    assert [parsed(step.payloads[0].body).items[0].remote_id for step in (first, second)] == ["1", "2"]
    assert first.cursor["older"] == f"{HOME}?page=2" and "older" not in second.cursor
    (again,) = await read(site, second.cursor)
    assert again.payloads == () and again.cursor == second.cursor
    assert site.asked[-1][1]["if-none-match"] == '"1"' and len(site.asked) == 3
    (resumed, rest) = await read(site, first.cursor)
    assert resumed.payloads == () and rest.payloads[0].url.endswith("page=2")


async def test_older_pages_come_to_an_end():
    pages = {
        f"{HOME}?p={n}": (200, {}, f'<feed><link rel="next" href="?p={n + 1}"/><entry><id>{n}</id></entry></feed>')
        for n in range(100)
    }
    assert len(await read(Site(pages, f"{HOME}?p=0"))) == 1 + MAX_PAGES


async def test_unchanged_body_is_not_taken_in_twice_even_where_the_server_forgets():
    site = Site({HOME: (200, {}, rss(item()))})
    (first,) = await read(site)
    (second,) = await read(site, first.cursor)
    assert len(first.payloads) == 1 and second.payloads == ()


async def test_last_modified_is_given_back_as_it_came():
    told = format_datetime(NOON, usegmt=True)
    site = Site({HOME: (200, {"last-modified": told}, rss(item()))})
    (first,) = await read(site)
    await read(site, first.cursor)
    assert site.asked[-1][1]["if-modified-since"] == told


async def test_feed_that_moved_for_good_is_asked_at_its_new_place():
    new = "https://new.example/feed"
    site = Site({HOME: (301, {"location": new}, ""), new: (200, {}, rss(item()))})
    (first,) = await read(site)
    await read(site, first.cursor)
    assert first.cursor["url"] == new and [url for url, _ in site.asked] == [HOME, new, new]
    site.pages = {HOME: (200, {}, rss(item(2)))}
    (back,) = await read(site, first.cursor)
    assert back.payloads and "url" not in back.cursor


async def test_move_to_what_is_no_feed_is_not_remembered():
    site = Site(
        {HOME: (308, {"location": "/login"}, ""), "https://site.example/login": (200, {}, "<html>sign in</html>")}
    )
    (step,) = await read(site)
    assert "url" not in step.cursor


async def test_feed_that_is_gone_says_so():
    with pytest.raises(RemoteGone):
        await read(Site({}))


@pytest.mark.parametrize(
    ("headers", "head", "wait_s"),
    [
        ({}, "", None),
        ({}, "<ttl>60</ttl>", 3600),
        ({}, "<ttl>1</ttl>", 300),
        ({"cache-control": "public, max-age=1200"}, "", 1200),
        ({"cache-control": "max-age=999999"}, "", 86400),
        (
            {"cache-control": "max-age=60"},
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            21600,
        ),
    ],
)
async def test_the_feed_says_when_to_come_back(headers, head, wait_s):
    (step,) = await read(Site({HOME: (200, headers, rss(item(), head=head))}))
    assert step.next_in_s == wait_s


async def test_check_gives_the_name_of_the_feed():
    account = await connector.check(Site({HOME: (200, {}, (ANSWERS / "wordpress.rss").read_bytes())}))
    assert account.name == "Test site" and account.can == frozenset()
    with pytest.raises(AnswerNotUnderstood):
        await connector.check(Site({HOME: (200, {}, "<html>no</html>")}))


def recognised(body, url="https://site.example/"):
    return connector.recognise(
        Answer(status=200, url=url, headers={"content-type": "text/html; charset=utf-8"}, body=body)
    )


def test_a_page_names_its_feeds():
    articles, comments = recognised((ANSWERS / "home.html").read_bytes())
    assert (articles.address, articles.name, articles.certainty) == (HOME, "Test site » Feed", 0.6)
    assert comments.address == "https://site.example/comments/feed/" and comments.certainty < articles.certainty
    assert comments.offers.fr != articles.offers.fr


def test_links_of_a_page_start_at_its_base():
    body = b'<base href="//cdn.example/x/"><link rel=alternate type="application/atom+xml" href=a.xml><a href="/rss">RSS</a>'
    found = recognised(body, "https://site.example/y/")
    assert [(one.address, one.certainty) for one in found] == [
        ("https://cdn.example/x/a.xml", 0.6),
        ("https://cdn.example/rss", 0.4),
    ]
    assert found[0].name == "cdn.example"


def test_a_feed_is_recognised_as_itself():
    (found,) = recognised((ANSWERS / "wordpress.rss").read_bytes(), HOME)
    assert (found.name, found.address, found.certainty) == ("Test site", HOME, 0.9)
    (json_feed,) = recognised((ANSWERS / "jsonfeed.json").read_bytes(), "https://maison.example/feed.json")
    assert json_feed.name == "Journal de la maison"


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00", b"<html><a href='http://[bad'>x</a></html>", b'{"a":1}', b"<!DOCTYPE" * 10_000]
)
def test_what_names_no_feed_is_nothing_of_ours(body):
    assert recognised(body) == []
