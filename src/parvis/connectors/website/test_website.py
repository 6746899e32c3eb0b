"""A site without a feed is read by its maps: what is new, politely, and changes as versions."""

import gzip
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.connectors.website import connector, visiting
from parvis.connectors.website.links import likely_articles, tidy
from parvis.connectors.website.robots import read_robots
from parvis.connectors.website.sitemaps import MOST_ENTRIES, NoSitemap, read_sitemap
from parvis.connectors.website.state import MOST_KNOWN, State
from parvis.core.errors import AnswerTooLarge, BadInput, Refused, RemoteBroken, RemoteGone
from parvis.core.types import Answer, Payload

ANSWERS = Path(__file__).parent / "answers"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOME = "https://example.org/"


class Site:
    """A Session over a site in memory: a page is a body, or what is raised; answers If-None-Match."""

    credentials: dict[str, str] = {}
    facts: dict[str, str] = {}

    def __init__(self, pages, *, now=NOW, address=HOME):
        self.pages = {url if "://" in url else HOME.rstrip("/") + url: body for url, body in pages.items()}
        self.now, self.address, self.asked = now, address, []

    async def request(self, method, url, *, headers=None, **_):
        self.asked.append(url)
        body = self.pages.get(url)
        if body is None:
            raise RemoteGone(host="example.org", detail="404")
        if isinstance(body, Exception):
            raise body
        body = body.encode() if isinstance(body, str) else body
        etag = f'"{hash(body)}"'
        if (headers or {}).get("if-none-match") == etag:
            return Answer(status=304, url=url, headers={}, body=b"")
        kind = "application/xml" if body.startswith((b"<?xml", b"<urlset", b"\x1f")) else "text/html; charset=utf-8"
        return Answer(status=200, url=url, headers={"etag": etag, "content-type": kind}, body=body)


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Nobody waits in a test; how long they would have is noted."""
    slept = []

    async def sleep(delay_s):
        slept.append(delay_s)

    monkeypatch.setattr(visiting.asyncio, "sleep", sleep)
    return slept


def article(title, text="Une phrase assez longue pour compter comme le texte d’un article. " * 6):
    return f"<!doctype html><html lang=fr><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{text}</p></article></body></html>"


def urlset(*pages):
    """Pages as (path, lastmod)."""
    told = "".join(
        f"<url><loc>https://example.org{path}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</url>"
        for path, at in pages
    )
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{told}</urlset>'


async def read(site, cursor=None):
    steps = [step async for step in connector.fetch(site, cursor or {})]
    items = [item for step in steps for one in step.payloads for item in connector.parse(one).items]
    return items, steps[-1].cursor


def parsed(name, **facts):
    body = (ANSWERS / name).read_bytes()
    return connector.parse(
        Payload(endpoint="page", url="https://example.org/x?utm_medium=a", body=body, facts=facts)
    ).items


def test_article_is_read_with_all_that_the_page_says_of_it():
    (item,) = parsed("page.html")
    assert item.title == "Le studio s’ouvre au public"
    assert item.author.name == "Anna Müller, Ben Roy"
    assert (item.published_at, item.updated_at) == (
        datetime(2026, 11, 16, 7, tzinfo=UTC), datetime(2026, 11, 16, 9, 30, tzinfo=UTC),
    )  # fmt: skip
    assert (item.language, item.url) == ("fr", "https://example.org/culture/le-studio-s-ouvre")
    assert item.remote_id == item.url
    assert "rencontre avec l’équipe" in item.body and "Mentions légales" not in item.body
    assert [one.url for one in item.media] == ["https://example.org/i.jpg"]


def test_section_gives_no_item():
    assert parsed("section.html") == ()


def test_canonical_address_of_another_site_is_not_believed():
    body = article("Vol").replace("<head>", '<head><link rel="canonical" href="https://bank.example/a">')
    (item,) = connector.parse(Payload(endpoint="page", url="https://example.org/vol", body=body.encode())).items
    assert item.url == "https://example.org/vol"


async def test_new_pages_of_the_sitemap_are_read_once():
    pages = {
        "/robots.txt": "Sitemap: /map.xml",
        "/": "<html><p>Home</p></html>",
        "/a": article("A"),
        "/b": article("B"),
    }
    site = Site({**pages, "/map.xml": urlset(("/a", "2026-11-18"), ("/b", "2026-11-19"), ("/old", "2020-01-01"))})
    items, cursor = await read(site)
    assert [item.title for item in items] == ["A", "B"]
    again, cursor = await read(Site({**pages, "/map.xml": site.pages[HOME + "map.xml"]}), cursor)
    assert again == []
    more = Site(
        {
            **pages,
            "/c": article("C"),
            "/map.xml": urlset(("/a", "2026-11-18"), ("/b", "2026-11-19"), ("/c", "2026-11-20")),
        }
    )
    items, _ = await read(more, cursor)
    assert [item.title for item in items] == ["C"]
    assert HOME + "a" not in more.asked


async def test_changed_date_in_the_sitemap_brings_the_page_again():
    pages = {"/robots.txt": "Sitemap: /map.xml", "/": "", "/a": article("A")}
    _, cursor = await read(Site({**pages, "/map.xml": urlset(("/a", "2026-11-18"))}))
    items, _ = await read(
        Site({**pages, "/a": article("A, corrected"), "/map.xml": urlset(("/a", "2026-11-20"))}), cursor
    )
    assert [item.title for item in items] == ["A, corrected"]
    assert items[0].remote_id == "https://example.org/a"


async def test_page_is_looked_at_again_for_corrections_by_and_by():
    pages = {"/": '<a href="/one-more-story">x</a>', "/one-more-story": article("First")}
    _, cursor = await read(Site(pages))
    items, cursor = await read(Site(pages, now=NOW + timedelta(minutes=30)), cursor)
    assert items == []
    changed = {**pages, "/one-more-story": article("Corrected")}
    items, cursor = await read(Site(changed, now=NOW + timedelta(hours=2)), cursor)
    assert [item.title for item in items] == ["Corrected"]
    late = Site(changed, now=NOW + timedelta(days=60))
    for days in range(1, 8):
        _, cursor = await read(Site(changed, now=NOW + timedelta(days=days)), cursor)
    await read(late, cursor)
    assert HOME + "one-more-story" not in late.asked


async def test_site_without_a_sitemap_is_read_by_its_front_page():
    front = '<a href="/culture">Culture</a><a href="/culture/un-article-de-plus">x</a><a href="https://other.example/a-b-c-d">y</a>'
    site = Site({"/": front, "/culture/un-article-de-plus": article("Un article")})
    items, cursor = await read(site)
    assert [item.title for item in items] == ["Un article"]
    assert not any("other.example" in url or url.endswith("/culture") for url in site.asked)
    fresh = {
        **site.pages,
        HOME: front + '<a href="/2026/11/20/tout-neuf">z</a>',
        HOME + "2026/11/20/tout-neuf": article("Neuf"),
    }
    items, _ = await read(Site(fresh), cursor)
    assert [item.title for item in items] == ["Neuf"]


async def test_first_reading_of_a_huge_sitemap_takes_the_newest_and_later_only_what_is_added():
    at = [(NOW - timedelta(hours=number)).isoformat() for number in range(2000)]
    pages = {"/robots.txt": "Sitemap: /map.xml", "/": ""}
    pages |= {f"/p{number}": article(f"P{number}") for number in range(2000)}
    site = Site({**pages, "/map.xml": urlset(*[(f"/p{number}", at[number]) for number in range(2000)])})
    items, cursor = await read(site)
    assert {item.title for item in items} == {f"P{number}" for number in range(30)}
    more = Site(
        {
            **pages,
            "/new": article("New"),
            "/map.xml": urlset(("/new", NOW.isoformat()), *[(f"/p{number}", at[number]) for number in range(2000)]),
        }
    )
    items, _ = await read(more, cursor)
    assert [item.title for item in items] == ["New"]


async def test_sitemap_without_dates_brings_what_is_added_at_either_end():
    listed = [(f"/p{number}", "") for number in range(3000)]
    pages = {"/robots.txt": "Sitemap: /map.xml", "/": "", "/first": article("First"), "/last": article("Last")}
    items, cursor = await read(Site({**pages, "/map.xml": urlset(*listed)}))
    assert items == []
    items, _ = await read(Site({**pages, "/map.xml": urlset(("/first", ""), *listed, ("/last", ""))}), cursor)
    assert {item.title for item in items} == {"First", "Last"}


async def test_dates_that_only_say_when_the_sitemap_was_made_are_not_believed():
    pages = {
        "/robots.txt": "Sitemap: /map.xml",
        "/": "",
        **{f"/p{number}": article(f"P{number}") for number in range(300)},
    }
    _, cursor = await read(
        Site({**pages, "/map.xml": urlset(*[(f"/p{number}", "2026-11-19") for number in range(300)])})
    )
    site = Site({**pages, "/map.xml": urlset(*[(f"/p{number}", "2026-11-20") for number in range(300)])})
    items, _ = await read(site, cursor)
    assert items == []


async def test_more_new_pages_than_one_reading_takes_come_with_the_next():
    pages = {"/robots.txt": "Sitemap: /map.xml", "/": "", "/a": article("A")}
    _, cursor = await read(Site({**pages, "/map.xml": urlset(("/a", "2026-11-01"))}))
    listed = [(f"/p{number}", (NOW - timedelta(hours=number)).isoformat()) for number in range(150)]
    many = {**pages, **{path: article(path) for path, _ in listed}, "/map.xml": urlset(*listed)}
    first, cursor = await read(Site(many), cursor)
    second, cursor = await read(Site(many), cursor)
    assert (len(first), len(second)) == (100, 50)
    assert len({item.remote_id for item in [*first, *second]}) == 150
    assert (await read(Site(many), cursor))[0] == []


async def test_sitemaps_of_sitemaps_packed_ones_and_news_are_read():
    index = (
        '<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        "<sitemap><loc>https://example.org/news.xml.gz</loc><lastmod>2026-11-20</lastmod></sitemap>"
        "<sitemap><loc>https://example.org/2019.xml</loc><lastmod>2019-12-31</lastmod></sitemap></sitemapindex>"
    )
    news = (
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
        'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url><loc>https://example.org/n</loc>'
        "<image:image><image:loc>https://example.org/i.jpg</image:loc><image:title>Picture</image:title></image:image>"
        "<news:news><news:publication><news:name>La Maison</news:name><news:language>fr</news:language></news:publication>"
        "<news:publication_date>2026-11-20T09:00:00+01:00</news:publication_date><news:title>Le vrai titre</news:title></news:news></url></urlset>"
    )
    pages = {"/robots.txt": "Sitemap: https://example.org/index.xml", "/": "", "/index.xml": index, "/n": article("n")}
    site = Site({**pages, "/news.xml.gz": gzip.compress(news.encode()), "/2019.xml": urlset(("/x", "2019-12-31"))})
    (item,), cursor = await read(site)
    assert (item.title, item.published_at) == ("Le vrai titre", datetime(2026, 11, 20, 8, tzinfo=UTC))
    later = Site(site.pages, now=NOW + timedelta(minutes=30))
    await read(later, cursor)
    assert HOME + "2019.xml" not in later.asked


async def test_robots_are_kept_to():
    pages = {
        "/robots.txt": "User-agent: *\nDisallow: /private\nCrawl-delay: 7\n\nSitemap: /map.xml",
        "/": "", "/private/a": article("Secret"), "/b": article("B"),
        "/map.xml": urlset(("/private/a", "2026-11-19"), ("/b", "2026-11-19")),
    }  # fmt: skip
    site = Site(pages)
    items, _ = await read(site)
    assert [item.title for item in items] == ["B"]
    assert HOME + "private/a" not in site.asked


async def test_pace_is_the_one_that_the_site_asks_for(pauses):
    pages = {f"/p{number}": article(f"P{number}") for number in range(5)}
    listed = urlset(*[(path, "2026-11-19") for path in pages])
    site = Site(
        {"/robots.txt": "User-agent: *\nCrawl-delay: 7\nSitemap: /map.xml", "/": "", "/map.xml": listed, **pages}
    )
    await read(site)
    assert len(pauses) >= 5
    assert min(pauses) > 6.5


async def test_closed_site_is_not_read_and_says_why():
    site = Site({"/robots.txt": "User-agent: Parvis\nDisallow: /\n\nUser-agent: *\nAllow: /", "/": "<html>"})
    for ask in (connector.check(site), read(site)):
        with pytest.raises(Refused) as caught:
            await ask
        assert "robots.txt" in caught.value.text.fr
    assert set(site.asked) == {HOME + "robots.txt"}


async def test_broken_robots_close_a_site_until_they_are_well():
    for error in (RemoteBroken(host="example.org", status=500), AnswerTooLarge(host="example.org", limit_mb="10")):
        site = Site({"/robots.txt": error, "/": "<html>"})
        with pytest.raises(type(error)):
            await read(site)
        assert site.asked == [HOME + "robots.txt"]


async def test_page_that_breaks_is_tried_again_and_holds_up_no_other():
    pages = {
        "/robots.txt": "Sitemap: /map.xml",
        "/": "",
        "/b": article("B"),
        "/gone": RemoteGone(host="x", detail="410"),
    }
    listed = urlset(("/a", "2026-11-18"), ("/gone", "2026-11-18"), ("/b", "2026-11-19"))
    site = Site({**pages, "/a": RemoteBroken(host="x", status=500), "/map.xml": listed})
    items, _ = await read(site)
    assert [item.title for item in items] == ["B"]
    assert site.asked.count(HOME + "a") == 3


async def test_feed_that_the_site_has_is_proposed_instead():
    home = '<a href="/one-long-story">a</a>'
    with pytest.raises(BadInput) as caught:
        await connector.check(Site({"/": home, "/feed": "<?xml version='1.0'?><rss><channel/></rss>"}))
    assert "https://example.org/feed" in caught.value.text.en
    section = Site({"/news/": home, "/feed": "<rss/>"}, address=HOME + "news/")
    assert (await connector.check(section)).name == "example.org"


async def test_site_with_nothing_to_find_is_told_so():
    with pytest.raises(BadInput):
        await connector.check(Site({"/": "<html><title>x</title><a href='/contact'>Contact</a></html>"}))


async def test_first_look_is_a_few_pages():
    pages = {f"/p{number}": article(f"P{number}") for number in range(9)}
    listed = urlset(*[(path, f"2026-11-1{number}") for number, path in enumerate(pages)])
    site = Site(
        {"/robots.txt": "Sitemap: /map.xml\nUser-agent: *\nCrawl-delay: 20", "/": "", "/map.xml": listed, **pages}
    )
    (step,) = [step async for step in connector.newest(site)]
    assert [connector.parse(one).items[0].title for one in step.payloads] == ["P6", "P7", "P8"]


def answer(body, **more):
    return Answer(
        **{"status": 200, "url": HOME, "headers": {"content-type": "text/html"}, "body": body.encode(), **more}
    )


def test_page_with_links_and_no_feed_is_recognised_as_the_last_resort():
    links = "".join(f'<a href="/p{number}">x</a>' for number in range(4))
    (found,) = connector.recognise(answer(f"<html><title>La Maison</title>{links}</html>"))
    assert (found.name, found.address) == ("La Maison", HOME)
    assert found.certainty < 0.4
    feed = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    assert connector.recognise(answer(f"<html>{feed}{links}</html>")) == []
    assert connector.recognise(answer("<html>hello</html>")) == []
    assert connector.recognise(answer(f"<html>{links}", status=404)) == []


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow: /", "/a", False),
        ("Disallow:", "/a", True),
        ("Disallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("Disallow: /*.php$", "/x.php", False),
        ("Disallow: /*.php$", "/x.php?a", True),
        ("Disallow: /a*z", "/abcz/d", False),
        ("Disallow: /caf%C3%A9", "/café", False),
        ("Disallow: /p?q=", "/p?q=1", False),
        ("Disallow: /fish*", "/fis", True),
        ("Disallow: /a\nAllow: /a", "/a", True),
    ],
)
def test_rules_are_read_as_the_standard_says(rules, path, allowed):
    assert read_robots(f"User-agent: *\n{rules}".encode()).allows("https://example.org" + path) is allowed


def test_own_group_counts_before_that_of_all():
    robots = read_robots(
        b"User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: Parvis/1.0\nDisallow: /x\nCrawl-delay: 3"
    )
    assert (robots.allows(HOME + "a"), robots.allows(HOME + "x"), robots.delay_s) == (True, False, 3.0)


@pytest.mark.parametrize(
    "body",
    [
        b"User-agent: *\n" + b"Disallow: /a\n" * 2_000_000,
        b"User-agent: *\nDisallow: /" + b"*a" * 1_000_000,
        b"\xff\xfe" * 1_000_000,
        b"User-agent: a\n" * 100_000,
        b"x" * 5_000_000,
        b"Sitemap: http://a/\n" * 500_000,
    ],
)
def test_endless_robots_cost_little(body):
    began_s = time.process_time()
    robots = read_robots(body)
    robots.allows("https://example.org/" + "a" * 2000)
    assert time.process_time() - began_s < 2
    assert len(robots.rules) <= 1000 and len(robots.sitemaps) <= 50


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html><body>404</body></html>", b"hello", b"<other/>", b"<urlset", b"\x1f\x8bnonsense",
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>&a;</loc></url></urlset>',
        b"<urlset>" + b"<a>" * 100_000,
        gzip.compress(b"\0" * 80_000_000),
    ],
)  # fmt: skip
def test_what_is_no_sitemap_or_a_bomb_is_refused_cheaply(body):
    began_s = time.process_time()
    with pytest.raises(NoSitemap):
        read_sitemap(body)
    assert time.process_time() - began_s < 1


def test_sitemap_that_breaks_off_gives_what_came_before_and_never_too_much():
    whole = urlset(*[(f"/{number}", "") for number in range(60_000)]).encode()
    assert len(read_sitemap(whole).pages) == MOST_ENTRIES
    assert len(read_sitemap(whole[:10_000]).pages) > 50
    assert (
        read_sitemap(b"https://example.org/a\nnonsense\nhttps://example.org/b").pages[1].url == "https://example.org/b"
    )


def test_what_is_remembered_is_bounded():
    state = State()
    for number in range(10_000):
        state.note(f"https://example.org/{number}", "2026")
    assert len(state.as_cursor()["known"]) == MOST_KNOWN
    assert state.knows("https://example.org/9999", "2026")


@pytest.mark.parametrize(
    "body",
    [
        "<p>" + "x" * 3_000_000, "<div>" * 300_000, "<a href=/a>" * 50_000, "<table><tr><td>" * 30_000, "<!--" * 100_000,
        '<script type="application/ld+json">' + "[" * 100_000 + "</script><p>x",
        '<script type="application/ld+json">{"@type": "Article", "author": ' + '{"author":' * 500 + "1" + "}" * 501 + "</script><p>",
        "<meta name=date content=x>" * 50_000, "<p>\0\ud800</p>",
    ],
    ids=range(9),
)  # fmt: skip
def test_hostile_page_costs_little(body):
    began_s = time.process_time()
    connector.parse(Payload(endpoint="page", url=HOME, body=("<html>" + body).encode("utf-8", "surrogatepass")))
    connector.recognise(answer("<html>" + body.replace("\ud800", "")))
    assert time.process_time() - began_s < 4


def test_addresses_are_tidied():
    assert tidy("../b?utm_source=x&id=3#c", "https://Example.org/a/c") == "https://example.org/b?id=3"
    assert [tidy(told, HOME) for told in ("javascript:x", "mailto:a@b", "/a.pdf", "http://[", "")][:4] == [
        "",
        "",
        "",
        "",
    ]
    links = ["https://example.org/culture", "https://example.org/a-b-c", "https://example.org/?p=1234", HOME]
    assert likely_articles(links, HOME) == links[1:3]


def test_words_of_the_program_are_in_both_languages():
    assert re.search("flux", connector.guide.fr) and re.search("feed", connector.guide.en)
