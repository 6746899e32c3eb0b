"""Where platforms see a link, a mention or a hashtag in a plain text.

Links follow the grammar that X publishes as twitter-text and Mastodon uses with paths of its own: a known
top-level domain, what may stand before a link, and with what a path may end (a full stop is no part of it,
a closing bracket only with its opening one). https://github.com/twitter/twitter-text (v3, read 2026-11) and
https://github.com/mastodon/mastodon/blob/main/config/initializers/twitter_regex.rb (read 2026-11).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import regex

LONGEST_LINK = 4_096
LONGEST_LABEL = 63
LONGEST_DOMAIN = 253
LONGEST_SHORT_WORD = 40

_ACCENTS = r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
_CYRILLIC = r"\u0400-\u052f"
_LABEL = r"[^\s\p{Cc}\p{Bidi_Control}\ufeff\ufffe\uffff!\"'#%&()*+,\-./:;<=>?@\[\\\]\^_`{|}~$]"
_HOST = rf"{_LABEL}(?:{_LABEL}|[_-]){{0,255}}+(?:\.(?:{_LABEL}|[_-]){{1,255}}+)++"
_ASCII_DOMAIN = regex.compile(rf"(?:[-a-z0-9{_ACCENTS}]++\.)++", regex.IGNORECASE)
_ASCII_LABEL = regex.compile(r"[A-Za-z0-9-]*+")
_SHORT_PATH = regex.compile(
    r"/(?P<word>[a-z0-9]+)(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?", regex.IGNORECASE
)
_LABEL_WITH_MARKS = regex.compile(rf"{_LABEL}(?:(?:{_LABEL}|[_-])*{_LABEL})?")


class Span(NamedTuple):
    """From `start` up to, not with, `end`: indices of characters."""

    start: int
    end: int


class Mention(NamedTuple):
    start: int
    end: int
    local_end: int
    """Where the name without its server ends; `end` where no server is named."""


@dataclass(frozen=True, slots=True)
class Links:
    """What counts as a link, and how long each of them is."""

    length: int | None
    """Whatever its address; None where a link counts as it is written."""
    fact: str = ""
    """The channel's fact that tells another length."""
    bare: bool = False
    """Whether example.org is one without https://."""
    any_path: bool = True
    """Whether a path may hold any character but spaces; else only those of Latin and Cyrillic."""
    schemes: tuple[str, ...] = ("https", "http")
    shortener: str = ""
    """A host whose links end with their first word, and are none where it is too long."""


def find_links(text: str, links: Links) -> list[Span]:
    if "." not in text:
        return []
    return list(_links(text, links))


def _links(text: str, links: Links) -> Iterator[Span]:
    pattern, tail = _patterns(links.schemes, links.any_path)
    place = 0
    while found := pattern.search(text, place):
        place = found.end()
        host, domain_end = found.start("host"), _domain_end(text, found.start("host"), found.end("host"))
        if domain_end is None:
            continue
        end = tail.match(text, domain_end).end()
        place = end + 1  # what stands before a link is its own: it is not the end of the link before
        scheme = found.group("scheme")
        if len(scheme or "https://") + end - host > LONGEST_LINK:
            continue
        if scheme and text[host:domain_end].lower() == links.shortener:
            yield from _short(text, found.start(), domain_end, end)
        elif scheme:
            yield Span(found.start(), end)
        elif links.bare and text[max(found.start() - 1, 0) : found.start()] not in {"-", "_", ".", "/"}:
            yield from _bare(text, found.start(), domain_end, end)


def _short(text: str, start: int, domain_end: int, end: int) -> Iterator[Span]:
    word = _SHORT_PATH.match(text, domain_end, end)
    if word is None:
        yield Span(start, end)
    elif len(word.group("word")) <= LONGEST_SHORT_WORD:
        yield Span(start, word.end())


def _bare(text: str, start: int, domain_end: int, end: int) -> Iterator[Span]:
    """The parts of a domain that are written in ASCII; the path belongs to the last of them."""
    spans = []
    for found in _ASCII_DOMAIN.finditer(text, start, domain_end):
        stop = _top_level_end(text, found.end(), domain_end)
        if stop is not None:
            spans.append(Span(found.start(), stop))
    if spans:
        yield from spans[:-1]
        yield Span(spans[-1].start, end)


@cache
def _patterns(schemes: tuple[str, ...], any_path: bool) -> "tuple[regex.Pattern[str], regex.Pattern[str]]":
    before = r"(?<![A-Za-z0-9@＠$#＃\ufffe\ufeff\uffff])"
    named = "|".join(schemes)
    start = regex.compile(rf"{before}(?P<scheme>(?:{named})://)?(?P<host>{_HOST})", regex.IGNORECASE)
    if any_path:
        inside, last = r"[^\s<>()?]", r"[^\s()?!*\"'「」<>;:=,.$%\[\]~&|@]"
        asked, asked_last = (
            r"[a-z0-9!?*'();:&=+$/%#\[\]\-_.,~|@^\u00a0-\U0010fffd]",
            r"[a-z0-9_&=#/\-\u00a0-\U0010fffd]",
        )
    else:
        inside = rf"[a-z{_CYRILLIC}0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_ACCENTS}]"
        last = rf"[+\-a-z{_CYRILLIC}0-9=_#/{_ACCENTS}]"
        asked, asked_last = r"[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]", r"[a-z0-9\-_&=#/]"
    bracket = rf"\((?:{inside}++|{inside}*+\({inside}++\){inside}*+)\)"
    tail = rf"(?::[0-9]++)?(?:/(?:(?:{inside}|{bracket})*(?:{last}|{bracket}))?)?(?:\?{asked}*{asked_last})?"
    return start, regex.compile(tail, regex.IGNORECASE)


def _domain_end(text: str, start: int, end: int) -> int | None:
    """Where the longest name with a known top-level domain ends."""
    dots = [place for place in range(start, end) if text[place] == "."]
    for number in range(len(dots) - 1, -1, -1):
        stop = _top_level_end(text, dots[number] + 1, end)
        if stop is not None and _labels_hold(text[start : dots[number]]):
            return stop
    return None


def _top_level_end(text: str, start: int, end: int) -> int | None:
    """Behind the top-level domain that begins here, or None."""
    word = _ASCII_LABEL.match(text, start, end).group().lower()
    for known in (word, *(text[start : start + length].lower() for length in range(min(24, end - start), 0, -1))):
        if known in top_level_domains() or (known == word and word.startswith("xn--") and len(word) > 4):
            stop = start + len(known)
            if not regex.match(r"[0-9A-Za-z@+-]", text[stop : stop + 1]):
                return stop
    return None


def _labels_hold(name: str) -> bool:
    """Nothing odd at either end of a label, none too long, no low line in the last."""
    labels = name.split(".")
    return "_" not in labels[-1] and all(
        _LABEL_WITH_MARKS.fullmatch(label) and _encoded_length(label) <= LONGEST_LABEL for label in labels
    )


def _encoded_length(label: str) -> int:
    """As it travels; what claims to be encoded and is not can be none."""
    if label.isascii():
        return len(label)
    return LONGEST_LABEL + 1 if label.startswith("xn--") else len("xn--") + len(label.encode("punycode"))


@cache
def top_level_domains() -> frozenset[str]:
    lines = Path(__file__).with_name("tlds.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


_FEDIVERSE = regex.compile(
    r"(?<![=/\w])@(?P<name>[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)(?P<server>@\w+(?:[.-]+\w+)*)?", regex.IGNORECASE
)
_NO_END = regex.compile(rf"[@＠{_ACCENTS}]|://")
_HASHTAG = regex.compile(r"(?:(?<![\p{L}\p{N}_&/])|(?<=[#＃][\w·]++))[#＃](?=[\w·]*[^\W\d_])[\w·]+")
_NAME = regex.compile(r"(?<![\w@/])@\w[\w.-]*(?:@\w[\w.-]*)?(?<=\w)")
_MAIL = regex.compile(r"(?<![\w.+-])[\w.+-]++@\w[\w-]*(?:\.[\w-]+)+")


def find_fediverse_mentions(text: str) -> list[Mention]:
    """@name and @name@server. MENTION_RE of app/models/account.rb and app/lib/extractor.rb, read 2026-11."""
    mentions = []
    for found in _FEDIVERSE.finditer(text) if "@" in text else ():
        server = found.group("server") or ""
        if not _NO_END.match(text, found.end()) and len(server) <= LONGEST_DOMAIN + 1:
            mentions.append(Mention(found.start(), found.end(), found.end("name")))
    return mentions


def find_mentions(text: str) -> list[Span]:
    """Names after an @, with or without a server or a domain."""
    return [Span(*found.span()) for found in _NAME.finditer(text)] if "@" in text else []


def find_hashtags(text: str) -> list[Span]:
    """Words after a #, with at least one letter."""
    return [Span(*found.span()) for found in _HASHTAG.finditer(text)]


ANY_LINK = Links(length=None, bare=True, schemes=("https", "http", "ftp", "gemini", "ipfs"))
_ADDRESS = regex.compile(r"[a-z][a-z0-9+.-]*://[^\s<>«»“”\"]+", regex.IGNORECASE)


def find_unbreakable(text: str) -> list[Span]:
    """Everything that loses its meaning when it is cut: addresses of any kind, mentions, hashtags. In order, apart."""
    found = [Span(*one.span()) for one in _ADDRESS.finditer(text)] if "://" in text else []
    found += [_without_space(text, span) for span in find_links(text, ANY_LINK)]
    found += [Span(*one.span()) for one in _MAIL.finditer(text)] if "@" in text else []
    found += [*find_mentions(text), *find_hashtags(text)]
    return _merged(sorted(found))


def _without_space(text: str, span: Span) -> Span:
    """Up to the first white space: what is asked of an address may hold some that is not ASCII."""
    return Span(span.start, span.start + len(text[span.start : span.end].split(maxsplit=1)[0]))


def _merged(spans: list[Span]) -> list[Span]:
    apart: list[Span] = []
    for span in spans:
        if apart and span.start < apart[-1].end:
            apart[-1] = Span(apart[-1].start, max(apart[-1].end, span.end))
        else:
            apart.append(span)
    return apart
