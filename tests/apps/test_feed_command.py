"""`parvis feed read` and `parvis html clean`, as somebody types them."""

import io
import json
from pathlib import Path

import pytest

from parvis.cli import main

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><language>fr-CH</language><item>
<title>Un &amp;amp; deux</title><link>https://site.example/1</link><guid isPermaLink="false">1</guid>
<author>anna@site.example (Anna)</author><pubDate>Mon, 02 Nov 2026 10:00:00 +0100</pubDate>
<description>&lt;p onclick="x()"&gt;a&lt;a href="/b"&gt;b&lt;/a&gt;&lt;script&gt;c&lt;/script&gt;</description>
</item></channel></rss>"""


@pytest.fixture
def feed(tmp_path: Path) -> str:
    path = tmp_path / "feed.xml"
    path.write_text(FEED, encoding="utf-8")
    return str(path)


def test_entries_come_as_lines_of_json_that_are_safe_to_show(feed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feed", "read", feed]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert entry["id"] == "1" and entry["title"] == "Un & deux" and entry["url"] == "https://site.example/1"
    assert entry["author"] == "Anna (anna@site.example)" and entry["language"] == "fr-CH"
    assert entry["published_at"] == "2026-11-02T09:00:00Z" and entry["updated_at"] is None
    assert "script" not in entry["content"] and "onclick" not in entry["content"]
    assert 'href="https://site.example/b"' in entry["content"] and entry["media"] == []


def test_what_holds_no_feed_ends_with_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html>no</html>", encoding="utf-8")
    assert main(["feed", "read", str(page)]) == 1
    assert main(["feed", "read", str(tmp_path / "missing.xml")]) == 2
    told = capsys.readouterr()
    assert told.out == "" and len(told.err.splitlines()) == 2


def test_a_private_address_is_not_opened(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("PARVIS_ALLOWED_PRIVATE_HOSTS", raising=False)
    assert main(["feed", "read", "http://127.0.0.1:9/feed"]) == 1
    assert "127.0.0.1" in capsys.readouterr().err


def test_html_is_cleaned_from_a_file_and_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.html"
    path.write_text("<h2 class=a>T</h2><script>x</script>", encoding="utf-8")
    assert main(["html", "clean", str(path), "--profile", "article"]) == 0
    assert capsys.readouterr().out == "<h2>T</h2>\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"<script>x</script>")))
    assert main(["html", "clean", "-", "--profile", "comment"]) == 1
    with pytest.raises(SystemExit) as refused:
        main(["html", "clean", str(path), "--profile", "other"])
    assert refused.value.code == 2
