"""Hostile and ordinary HTML through the cleaner."""

import json
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.core.text.cleaners import LINK_REL
from parvis.core.text.html import MAX_CHARS, Profile, clean_html
from parvis.core.text.plain import plain_text

XSS = Path(__file__).parents[5] / "shared" / "data" / "xss"
BASE = "https://example.org/blog/post/"
_URL_ATTRIBUTES = frozenset({"href", "src", "cite", "action", "formaction", "poster", "background", "data", "srcset"})
_HOMEMADE = (
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href='java\tscript:alert(1)'>x</a><a href=' &#1; javascript:alert(1)'>y</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a><img src=data:image/svg+xml,x>",
    "<p style='background:url(javascript:alert(1))' class=a id=b onclick=alert(1)>x",
    "<blockquote cite='javascript:alert(1)'>x</blockquote><q cite='vbscript:x'>y</q>",
    "<form action='//evil.example'><input name=password><button formaction=javascript:x>ok</button></form>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=x.swf><embed src=x.swf>",
    "<p><button><p>x</p></button></p><pre>\n\nx</pre><a><table><td><a>x</a></table></a>",
    "<b><p><b><p><i><a href=//x.org/>x</b></p></i>",
)


class _Danger(HTMLParser):
    """Collects whatever in a piece of HTML could run, load or disguise something."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "form",
            "input",
            "svg",
            "math",
            "base",
            "meta",
            "link",
        }:
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in {"style", "class", "id", "srcdoc", "srcset", "name", "formaction"}:
                self.found.append(f"{tag} {name}")
            if name in _URL_ATTRIBUTES and not re.match(r"(?:https?://|mailto:|tel:)", value or "", re.IGNORECASE):
                self.found.append(f"{tag} {name}={value}")
            if tag == "a" and name == "rel" and value != LINK_REL:
                self.found.append(f"rel {value}")

    handle_startendtag = handle_starttag


def _dangers(html: str) -> list[str]:
    parser = _Danger()
    parser.feed(html)
    parser.close()
    return parser.found


def _payloads() -> Iterator[str]:
    yield from _HOMEMADE
    if XSS.is_dir():
        for name in ("dompurify.json", "bleach.json"):
            for case in json.loads((XSS / name).read_text(encoding="utf-8")):
                yield case["payload"]
        for line in (XSS / "payloadbox.txt").read_text(encoding="utf-8").splitlines():
            yield line
            yield f'<a href="{line}">x</a><img src="{line}" alt="{line}">'
            yield f"<p {line}>x</p>"


@pytest.mark.parametrize("profile", list(Profile))
def test_nothing_that_could_run_survives(profile: Profile) -> None:
    count = 0
    for payload in _payloads():
        for base in ("", BASE):
            clean = clean_html(payload, profile=profile, base_url=base)
            assert _dangers(clean) == [], payload
        count += 1
    assert count >= (2000 if XSS.is_dir() else len(_HOMEMADE))


@pytest.mark.parametrize("profile", list(Profile))
def test_cleaning_again_changes_nothing(profile: Profile) -> None:
    for payload in _payloads():
        clean = clean_html(payload, profile=profile, base_url=BASE)
        assert clean_html(clean, profile=profile, base_url=BASE) == clean, payload
        assert clean_html(clean, profile=profile) == clean, payload


_BOTH = ("p", "a", "b", "i", "ul", "li", "ol", "blockquote", "div", "span", "pre", "table", "tr", "td", "button")
_BOTH += ("h1", "h2", "code", "em", "svg")
_PIECES = st.sampled_from(
    [f"<{tag}>" for tag in (*_BOTH, "img", "br", "a href=/x", "font color=red", "q cite=javascript:x")]
    + [f"</{tag}>" for tag in _BOTH]
    + ["text", " ", "\n", "&amp;", "&lt;", "&", "<", "\xa0", "<!-- x -->", "\0", "é"]
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(_PIECES, max_size=30))
def test_any_soup_of_tags_settles_at_once(pieces: list[str]) -> None:
    for profile in Profile:
        clean = clean_html("".join(pieces), profile=profile, base_url=BASE)
        assert clean_html(clean, profile=profile, base_url=BASE) == clean
        assert _dangers(clean) == []


def test_a_comment_keeps_its_few_tags_and_loses_its_images() -> None:
    html = '<p>A <strong>b</strong> <img src="https://x.org/a.png"><h2>c</h2><del datetime="2026-11-02">d</del></p>'
    assert clean_html(html, profile=Profile.COMMENT) == (
        '<p>A <strong>b</strong> </p>c<del datetime="2026-11-02">d</del><p></p>'
    )


def test_an_article_keeps_headings_images_and_tables() -> None:
    html = (
        '<h2>T</h2><figure><img src="https://x.org/a.png" alt="A" width="4" height="3" onload="x()">'
        "<figcaption>c</figcaption></figure><table><tbody><tr><td>1</td></tr></tbody></table>"
    )
    assert clean_html(html, profile=Profile.ARTICLE) == html.replace(' onload="x()"', "")


def test_relative_links_start_at_the_base_or_go() -> None:
    html = '<a href="../other">x</a><a href="mailto:a@b.ch">m</a>'
    with_base = clean_html(html, profile=Profile.COMMENT, base_url=BASE)
    assert 'href="https://example.org/blog/other"' in with_base
    assert 'href="mailto:a@b.ch"' in with_base
    without = clean_html(html, profile=Profile.COMMENT)
    assert without.count("href=") == 1


def test_links_say_nofollow() -> None:
    clean = clean_html('<a href="https://x.org/" rel="me" target="_blank">x</a>', profile=Profile.COMMENT)
    assert clean == f'<a href="https://x.org/" rel="{LINK_REL}">x</a>'


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 100_000,
        "<blockquote>" * 80_000,
        "<b>" * 200_000,
        "<ul><li>" * 100_000,
        "&" * 400_000,
        "&a" * 300_000,
        "<" * 400_000,
        "<a '\"" * 200_000,
        "<title" * 200_000,
        "<!--" * 200_000,
        "<p>a</p>" * 100_000,
        "<p " + "a=b " * 250_000 + ">x",
        "<table><tr><td>" * 400,
    ],
    ids=lambda html: html[:12],
)
def test_a_hostile_text_costs_little(hostile: str) -> None:
    start = time.process_time()
    for profile in Profile:
        clean = clean_html(hostile, profile=profile)
        assert len(clean) <= MAX_CHARS
        assert clean_html(clean, profile=profile) == clean
    plain_text(hostile)
    assert time.process_time() - start < 8
