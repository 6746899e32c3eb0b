"""The pages of ../shared/data/html_seo, and pages that nobody should write: broken, odd, endless."""

import csv
import json
import time
import zlib
from pathlib import Path

import pytest

from parvis.core.integrity import Page, inspect

URL = "https://www.example.org/"
DATA = Path(__file__).resolve().parents[5] / "shared" / "data" / "html_seo"
SIZE = 400_000


@pytest.mark.skipif(not DATA.exists(), reason="the pages lie beside the project, in ../shared/data/html_seo")
@pytest.mark.parametrize("half", [0, 1], ids=["developed", "held out"])
def test_every_injected_page_is_found_and_no_untouched_one_alarms(half):
    right = wrong = missed = injected = untouched = 0
    for name, hrefs in manifest():
        if zlib.crc32(name.encode()) % 2 != half:
            continue
        told = {finding.href for finding in inspect(Page.of_bytes((DATA / name).read_bytes()), url=URL)}
        assert bool(told) == bool(hrefs), name
        injected, untouched = injected + bool(hrefs), untouched + (not hrefs)
        right, wrong, missed = right + len(told & hrefs), wrong + len(told - hrefs), missed + len(hrefs - told)
    assert injected > 10 and untouched > 10
    assert 2 * right / (2 * right + wrong + missed) >= 0.98


def manifest():
    with (DATA / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield row["file"], set(json.loads(row["injected_hrefs"]))


def filled(piece):
    return piece * (SIZE // len(piece))


ODD = {
    "deep": filled("<div>"), "deep links": filled('<div class="a b"><a href="http://x.ru">'), "ends": filled("</div>"),
    "ends that fit nothing": "<div>" * 1000 + filled("</p></span></td>"), "signs": "<" * SIZE, "opened": filled("<a"),
    "opened and closed": filled("<a") + ">", "quotes": filled('<a ="') + ">", "other quotes": filled("<a x='\">"),
    "comments": filled("<!--"), "declarations": filled("<!a "), "scripts": filled("<script>"), "styles": filled("<style>a{"),
    "ends in a cell": "<i><table><td>" + "<b>" * 20_000 + "</i>" * 40_000, "references": filled("&amp;&#x0;"),
    "rules": f"<style>{filled('.a .b>.c{display:none}')}</style>" + "<p class=c><a href='http://x.ru'>x</a>" * 500,
    "selectors": f"<style>{filled('a,')}a{{display:none}}</style><a href='http://x.ru'>x</a>",
    "attributes": f"<a {filled('x=y ')} href='http://x.ru'>x</a>", "classes": f"<p class='{filled('a ')}'><a href='http://x.ru'>x</a>",
    "written": f"<script>x.innerHTML='{filled('<a href=')}'</script>", "numbers": f"<script>String.fromCharCode({filled('60,')}60)</script>",
    "encoded": f"<script>atob('{filled('PGEgaHJlZj0i')}')</script>", "percent": f"<script>unescape('{filled('%3C')}')</script>",
    "comment of links": "<!--" + filled("<a ") + "href=http://x.ru-->", "comment of addresses": f"<!--{filled('<a href=http://x.ru/ ')}-->",
    "frames in a script": f"<script>eval(atob('x'));s='{filled('<iframe ')}'</script>",
    "boxes": "".join(f'<p hidden><a href="https://h{n}.com/">x</a><a href="/">y</a>' for n in range(4_000)),
    "hosts": "".join(f'<p><a href="https://h{n}.com/">x</a>' for n in range(8_000)), "nothing": "\0" * SIZE,
    "address": f"<a href='https://x.ru/?{filled('a=b&')}'>x</a>", "surrogates": filled("\ud800<a href='http://x.ru'>\udfff"),
}  # fmt: skip


@pytest.mark.parametrize("source", ODD.values(), ids=ODD.keys())
def test_odd_page_neither_breaks_nor_holds_anybody_up(source):
    began = time.process_time()
    inspect(Page(source), url=URL)
    assert time.process_time() - began < 4


BOX = '<div style="display:none"><a href="https://fanolira.ru/?node=1">казино</a><a href="https://tobe.net/x">ставки на спорт</a></div>'


@pytest.mark.parametrize(("encoding", "named"), [
    ("utf-8", "utf-8"), ("utf-8-sig", ""), ("utf-16", ""), ("windows-1251", "windows-1251"), ("koi8-r", "KOI8-R"),
    ("utf-8", "utf-16"), ("utf-8", "no-such-thing"), ("utf-8", "rot13"), ("utf-8", "iso-8859-1"), ("utf-8", ""),
])  # fmt: skip
def test_page_is_read_in_its_encoding(encoding, named):
    source = f'<!doctype html><html lang=en><meta charset="{named}"><body><p>The museum is open to all of you.</p>{BOX}</body></html>'
    findings = inspect(Page.of_bytes(source.encode(encoding)), url=URL)
    assert [finding.href for finding in findings] == ["https://fanolira.ru/?node=1", "https://tobe.net/x"]
    assert "казино" in findings[0].evidence.en


def test_bytes_of_no_encoding_are_read_all_the_same():
    body = (
        bytes(range(256)) * 20
        + BOX.replace("казино", "casino").replace("ставки на спорт", "free spins").encode()
        + b"\xff\x00"
    )
    assert len(inspect(Page.of_bytes(body), url=URL)) == 2
    assert inspect(Page.of_bytes(b"\xff\xfe\x00\xd8"), url=URL) == []


def test_style_sheets_that_somebody_has_read_hide_as_well():
    source = '<html><body><p>Words of the page.</p><div class="k3"><a href="https://fanolira.ru/">casino online</a> <a href="https://tobe.net/">free spins</a></div><p>More words.</p></body></html>'
    kinds = {
        finding.kind for finding in inspect(Page(source, styles=(".k3{left:-9999px;position:absolute}",)), url=URL)
    }
    assert kinds == {"hidden_link"}
