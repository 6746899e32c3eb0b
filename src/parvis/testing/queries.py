"""Queries and documents for property tests, drawn from a vocabulary so small that many of them meet."""

from datetime import UTC, datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from parvis.core.query.document import Document
from parvis.core.query.joining import Sized, all_of, any_of
from parvis.core.query.tree import (
    Exact,
    Field,
    Fuzzy,
    Hashtag,
    Mention,
    Near,
    Node,
    Not,
    Pattern,
    Phrase,
    Query,
    Word,
)

NOW = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
"""What `since:` counts from."""

WORDS = (
    "redevance", "Redevance", "été", "Été", "ete", "l’été", "l'été", "œuvre", "covid-19", "covid", "19", "climat",
    "climate", "Klima", "grün", "straße", "Strasse", "naïve", "nai\u0308ve", "a", "à", "le", "日本語", "日本", "語",
    "한국어", "ＡＢＣ", "abc", "v1agra", "viagra", "viаgrа", "co\u200bop", "coop", "votation", "votations", "½",
    "peut-être", "RTS", "rts.ch",
)  # fmt: skip
TAGS = ("été", "Été", "rts_info", "climat", "日本語", "abc")
HANDLES = ("rts", "rts_info", "rts@social.ch", "Élodie.b", "rts@autre.ch")
PATTERNS = (
    "cli*", "*mat", "k*ma", "vota*", "*tion*", "r*v*ce", "日*", "*語", "日本語*", "é*", "l'é*", "a*", "*a", "covid-1*",
    "str*e", "*v*a*", "co\u200bo*",
)  # fmt: skip
FUZZIES = ("climat", "redevence", "votation", "viagra", "naïve", "covid", "strasse")
NAMES = ("Site Sport", "News", "7", "À voir", "l’été")
_FIELDS: dict[str, tuple[str, ...]] = {
    "author": ("Émile Dupont", "dupont", "ém*", "dup* x", "rts", "camille"),
    "title": ("été", "cli*", "redevance climat", "l'été", "*mat"),
    "url": ("/sport/", "RTS", "https://www.rts.ch/info", "é"),
    "site": ("rts.ch", "www.rts.ch", "ch", "s.ch", "müller.ch"),
    "lang": ("fr", "fr-ch", "de", "en"),
    "channel": NAMES,
    "department": NAMES,
    "assignee": (*NAMES, "nobody", "me"),
    "label": NAMES,
    "story": NAMES,
    "kind": ("comment", "article"),
    "platform": ("mastodon", "Feed"),
    "state": ("open", "done", "snoozed"),
    "priority": ("urgent", "normal"),
    "hashtag": (*TAGS, "cli*"),
    "mention": (*HANDLES, "rts*"),
    "followers": (">1000", ">=1000", "<1000", "<=1000", "1000", "10..1000", "1000..", "..10"),
    "reach": (">0", "0", "..0"),
    "spam": (">0.5", ">=0.9", "<0.1", "0.5..0.9"),
    "toxicity": (">0.5", "0.5"),
    "sentiment": ("<-0.3", ">0", "-0.5..0.5"),
    "date": ("2026-11-16", "2026-11-10..2026-11-16", "2026-11-15..", "..2026-11-15"),
    "since": ("1h", "7d", "2w", "1m", "1y"),
    "is": ("unanswered", "reply", "held", "mine", "snoozed"),
    "has": ("link", "media"),
}


@cache
def queries(*, with_fields: bool = True, most_leaves: int = 8) -> st.SearchStrategy[Query]:
    """Trees as the parser makes them, `fold:hard` and the empty query among them."""
    roots = nodes(with_fields=with_fields, most_leaves=most_leaves)
    plain = roots.map(Query)
    rare = st.just(Query()) | roots.map(_hard) if with_fields else st.just(Query())
    return st.one_of(*[plain] * 9, rare)


def _hard(root: Node) -> Query:
    return Query(_joined(False, [Field("fold", "hard"), root]))


@cache
def nodes(*, with_fields: bool = True, most_leaves: int = 8) -> st.SearchStrategy[Node]:
    bottom: st.SearchStrategy[Node] = st.one_of(leaves(), leaves(), nears())
    if with_fields:
        bottom = st.one_of(bottom, bottom, fields())
    return st.recursive(
        bottom,
        lambda below: st.one_of(
            st.lists(below, min_size=2, max_size=3).map(lambda parts: _joined(False, parts)),
            st.lists(below, min_size=2, max_size=3).map(lambda parts: _joined(True, parts)),
            below.map(Not),
        ),
        max_leaves=most_leaves,
    )


@cache
def fields() -> st.SearchStrategy[Node]:
    return st.sampled_from([Field(name, value) for name, values in _FIELDS.items() for value in values])


@cache
def leaves() -> st.SearchStrategy[Node]:
    words = st.sampled_from(WORDS)
    return st.one_of(
        words.map(Word),
        words.map(Word),
        phrases(),
        words.map(Exact),
        st.sampled_from(("Été indien", "RTS Klima", "l’été naïve", "日本語 abc")).map(Exact),
        _patterns(),
        st.sampled_from(FUZZIES).map(Fuzzy),
        st.sampled_from((*TAGS, "cli*", "rts*", "日本*")).map(Hashtag),
        st.sampled_from((*HANDLES, "rts*", "rts@so*")).map(Mention),
    )


@cache
def phrases() -> st.SearchStrategy[Node]:
    part = st.one_of(
        st.sampled_from(WORDS).map(Word),
        st.sampled_from(WORDS).map(Word),
        st.sampled_from(WORDS).map(Exact),
        _patterns(),
        st.sampled_from(FUZZIES).map(Fuzzy),
    )
    return st.lists(part, min_size=2, max_size=3).map(_phrase)


@cache
def nears() -> st.SearchStrategy[Node]:
    return st.recursive(
        leaves(),
        lambda below: st.one_of(
            st.builds(Near, below, below, st.sampled_from((1, 1, 2, 3, 5, 100)), st.booleans()),
            st.builds(Near, below, below, st.sampled_from((1, 2, 5)), st.booleans()),
            st.lists(below, min_size=2, max_size=3).map(lambda parts: _joined(True, parts)),
        ),
        max_leaves=4,
    )


@cache
def texts(*, most_words: int = 14) -> st.SearchStrategy[str]:
    """Words, tags and handles with what stands between words."""
    pieces = st.one_of(
        st.sampled_from(WORDS),
        st.sampled_from(WORDS),
        st.sampled_from(WORDS),
        st.sampled_from(TAGS).map(lambda tag: f"#{tag}"),
        st.sampled_from(HANDLES).map(lambda handle: f"@{handle}"),
        st.sampled_from(("https://www.rts.ch/info#été", "a@b.ch", "&#233;", "climax", "klimma", "＃climat", "…")),
    )
    between = st.sampled_from((" ", " ", " ", " ", ", ", "-", "’", ".", "\n", "", "\u200b"))
    return st.lists(st.tuples(pieces, between), max_size=most_words).map(
        lambda pairs: "".join(piece + gap for piece, gap in pairs)
    )


@cache
def documents() -> st.SearchStrategy[Document]:
    def some(*values: object) -> st.SearchStrategy[object]:
        return st.sampled_from(values)

    names = st.lists(st.sampled_from(NAMES), max_size=2).map(tuple)
    share = some(None, 0.0, 0.1, 0.5, 0.9, 1.0)
    flag = some(None, True, False)
    return st.builds(
        Document,
        texts(),
        title=texts(most_words=4),
        author=some("", "Émile Dupont", "Camille", "RTS Info"),
        handle=some("", "@rts_info@social.ch", "emile.dupont"),
        url=some("", "https://www.rts.ch/info/sport/", "http://xn--mller-kva.ch:80/é", "rts.ch", "http://[bad", "x"),
        lang=some("", "fr", "fr-CH", "de_CH", "en"),
        channel=names,
        department=names,
        kind=some("", "comment", "article"),
        platform=some("", "mastodon", "feed"),
        hashtags=st.lists(some(*TAGS, "#climat"), max_size=1).map(tuple),
        mentions=st.lists(some(*HANDLES, "@rts"), max_size=1).map(tuple),
        labels=names,
        state=some("", "open", "done", "snoozed"),
        assignee=st.none() | names,
        story=names,
        priority=some("", "urgent", "normal"),
        followers=some(None, 0, 10, 999, 1000, 1001, 5_000_000),
        reach=some(None, 0, 1),
        spam=share,
        toxicity=share,
        sentiment=some(None, -1.0, -0.5, -0.3, 0.0, 0.5),
        published_at=some(None, *(NOW - timedelta(hours=hours) for hours in (0, 1, 9, 24, 7 * 24, 24 * 400))),
        is_unanswered=flag,
        is_reply=flag,
        is_held=flag,
        is_mine=flag,
        has_link=flag,
        has_media=flag,
    )


def _patterns() -> st.SearchStrategy[Node]:
    """Those that are one word; the parser makes a phrase of the others."""
    return st.sampled_from([Pattern(text) for text in PATTERNS if text not in {"l'é*", "covid-1*", "日本語*"}])


def _phrase(parts: list[Node]) -> Node:
    kept = tuple(part for part in parts if isinstance(part, Word | Exact | Pattern | Fuzzy))
    return Phrase(kept)


def _joined(is_any: bool, parts: list[Node]) -> Node:
    join = any_of if is_any else all_of
    return join([Sized(part) for part in parts], start=0, end=0).node
