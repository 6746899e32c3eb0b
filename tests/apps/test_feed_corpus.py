"""The feed connector against feedparser's own test files and the W3C validator's.

Each well-formed file of feedparser's states what a reader must find, as a Python expression. It is
evaluated here over a view of our records that has feedparser's names. The rules of the comparison:

- An expectation counts where it speaks of an entry's title, link, id, dates, author, content or
  summary, and of nothing else. Left out is what an ItemRecord does not hold: other fields, the raw
  `type`, `language` and `base` of a text, a second author, an entry's `source`, a summary beside a
  content, links other than the first.
- A text of an entry compares as what would be shown: both sides cleaned by our sanitiser. A title is
  plain text in an ItemRecord: both sides compare as plain text.
- A date compares as the moment; an author's line as the name and the e-mail in it.
"""

import ast
import csv
import functools
import re
from collections import Counter
from pathlib import Path
from typing import Any

import feedparser
import pytest

from parvis.connectors.feed.authors import author_from_line
from parvis.connectors.feed.dates import from_struct
from parvis.connectors.feed.entries import title_of
from parvis.connectors.feed.ordinary import read_ordinary
from parvis.connectors.feed.parse import parse
from parvis.connectors.feed.tolerant import read_tolerant
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.text.html import Profile, clean_html
from parvis.core.types import ItemRecord, Payload

CORPUS = Path(__file__).parents[3] / "shared" / "data" / "feeds"
HOME = "http://127.0.0.1:8097/tests/"
SHARE_HELD = 0.95

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the corpus of feeds is not at {CORPUS}")

FIELDS = frozenset({"title", "link", "id", "guid", "published", "updated", "published_parsed", "updated_parsed"})
FIELDS |= {"author", "author_detail", "authors", "content", "summary", "description", "title_detail"}
FIELDS |= {"summary_detail", "date", "date_parsed"}
PARTS = frozenset({"name", "email", "href", "url", "value"})


class Shown(str):
    """A text that equals another where a reader would see the same."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and _shown(self) == _shown(other)

    def __ne__(self, other: object) -> bool:
        return not self == other


class Plain(Shown):
    """A text that is no HTML."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.split() == other.split()


class Title(Shown):
    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and any(
            str(self) == title_of(other, is_html=told) for told in (None, True, False)
        )


class Line(Shown):
    """An author."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and author_from_line(self) == author_from_line(other)


class Moment(Shown):
    """A date; compared by what it means."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and str(self) == str(from_struct(feedparser.datetimes._parse_date(other)))


class View(dict[str, Any]):
    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def has_key(self, name: str) -> bool:
        return name in self


def _shown(html: str) -> str:
    """Without the difference between <br> and <br />, and between two kinds of empty."""
    return re.sub(r"\s+", " ", clean_html(html, profile=Profile.ARTICLE, base_url=HOME)).strip()


def view_of(item: ItemRecord, base_url: str) -> View:
    base = item.facts.get("base_url") or base_url
    cleaned: str = Plain(item.body)
    if item.body_is_html:
        cleaned = Shown(clean_html(item.body, profile=Profile.ARTICLE, base_url=base))
    text = View(value=cleaned)
    view = View(title=Title(item.title), link=item.url, title_detail=View(value=Title(item.title)))
    view |= {"content": [text], "summary": cleaned, "description": cleaned, "summary_detail": text}
    view |= {"id": item.remote_id, "guid": item.remote_id}
    for name, moment in (("published", item.published_at), ("updated", item.updated_at or item.published_at)):
        if moment is not None:
            view[name] = Moment(moment)
            view[f"{name}_parsed"] = moment.utctimetuple()
    if item.author is not None:
        email = item.author.remote_id.removeprefix("mailto:") if "@" in item.author.remote_id else ""
        person = View(name=item.author.name, email=email, href=item.author.url, url=item.author.url)
        line = f"{item.author.name} ({email})" if email and item.author.name else item.author.name or email
        view |= {"author": Line(line), "author_detail": person, "authors": [person]}
    return view


def _paths(tree: ast.AST) -> list[list[Any]]:
    """What is looked up below `entries`, such as [0, "content", 0, "value"]; [] where it is used otherwise."""
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "entries":
            path: list[Any] = []
            above: ast.AST = parents[node]
            while isinstance(above, ast.Subscript | ast.Attribute):
                path.append(above.attr if isinstance(above, ast.Attribute) else getattr(above.slice, "value", None))
                above = parents[above]
            found.append(path)
    return found


def is_about_our_fields(expect: str) -> bool:
    try:
        tree = ast.parse(expect.strip(), mode="eval")
    except SyntaxError:
        return False
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    paths = _paths(tree)
    return bool(paths) and names <= {"entries", "bozo"} and all(map(_is_held, paths))


def _is_held(path: list[Any]) -> bool:
    if len(path) < 2 or path[1] not in FIELDS:
        return False
    return all(part in PARTS or part == 0 for part in path[2:])


def _manifest(start: str) -> list[tuple[str, str]]:
    with (CORPUS / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        return [(row["path"], row["expect"]) for row in csv.DictReader(lines) if row["path"].startswith(start)]


def _payload(path: str) -> Payload:
    """As feedparser's own test server sends it, with the headers that the file asks for."""
    body = (CORPUS / path).read_bytes()
    head = dict(re.findall(rb"^Header:\s+([\w-]+):[ \t]*(.*?)\s*$", body[:2000], re.MULTILINE))
    url = HOME + path.removeprefix("feedparser/")
    location = head.get(b"Content-Location", b"").decode("latin-1")
    if location.startswith(("http://", "https://")):
        url = location
    content_type = head.get(b"Content-type", head.get(b"Content-Type", b"application/xml")).decode("latin-1")
    return Payload(endpoint="feed", url=url, body=body, content_type=content_type)


def _holds(path: str, expect: str) -> bool | None:
    """None where the expectation is about a summary beside a content, of which an item holds one."""
    payload = _payload(path)
    try:
        items = parse(payload).items
    except AnswerNotUnderstood:
        return False
    if _has_both(payload.body) and re.search(r"summary|description", expect):
        return None
    entries = [view_of(item, payload.url) for item in items]
    try:
        return bool(eval(expect.strip(), {"__builtins__": {}}, {"entries": entries, "bozo": False}))
    except (LookupError, AttributeError, TypeError):
        return False


def _has_both(body: bytes) -> bool:
    entry = feedparser.parse(body).entries[:1]
    return (
        bool(entry)
        and "content" in entry[0]
        and "summary" in entry[0]
        and entry[0].content[0].value != entry[0].summary
    )


def test_feedparsers_expectations_on_entries_hold(capsys: pytest.CaptureFixture[str]) -> None:
    asked, failed, excluded = Counter[str](), Counter[str](), 0
    names = []
    for path, expect in _manifest("feedparser/wellformed/"):
        if "entries" not in expect:
            continue
        holds = _holds(path, expect) if is_about_our_fields(expect) else None
        if holds is None:
            excluded += 1
            continue
        group = path.split("/")[2]
        asked[group] += 1
        if not holds:
            failed[group] += 1
            names.append(path)
    total, wrong = asked.total(), failed.total()
    share = 1 - wrong / total
    with capsys.disabled():
        say = functools.partial(print, flush=True)
        say(f"\nfeedparser's expectations: {total - wrong} of {total} hold ({share:.1%}); {excluded} not ours to hold")
        for group, count in failed.most_common():
            say(f"  {group}: {count} of {asked[group]} fail")
        for name in names:
            say(f"    {name}")
    assert total > 300
    assert share >= SHARE_HELD


def test_no_feed_of_the_corpus_crashes_the_parser() -> None:
    files = [path for path in sorted(CORPUS.rglob("*")) if path.is_file() and path.parent != CORPUS]
    understood = 0
    for path in files:
        try:
            parse(Payload(endpoint="feed", url=HOME + "feed.xml", body=path.read_bytes()))
        except AnswerNotUnderstood:
            continue
        understood += 1
    assert len(files) > 2000
    assert understood > len(files) * 0.9


def test_the_quick_reader_agrees_with_the_thorough_one_wherever_it_is_trusted() -> None:
    trusted = 0
    differences = []
    for path in sorted(CORPUS.rglob("*")):
        if not path.is_file() or path.parent == CORPUS:
            continue
        body = path.read_bytes().strip()
        quick = read_ordinary(body, HOME)
        if quick is None:
            continue
        trusted += 1
        thorough = read_tolerant(body, HOME, "")
        if thorough is None or quick.items != thorough.items:
            differences.append(str(path.relative_to(CORPUS)))
    assert trusted > 100
    assert differences == []
