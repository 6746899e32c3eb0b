"""The meaning of a query, as plainly as it can be written: slow, and what every other evaluator is held to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from parvis.core.query.document import (
    GAP,
    Document,
    Sign,
    hashtag_key,
    hashtags_in,
    mention_key,
    mention_keys,
    mentions_in,
)
from parvis.core.query.fields import BY_NAME, Value
from parvis.core.query.homoglyphs import hard
from parvis.core.query.places import written_words
from parvis.core.query.tree import (
    All,
    Any,
    Exact,
    Field,
    Fuzzy,
    Hashtag,
    Leaf,
    Mention,
    Near,
    Node,
    Not,
    Pattern,
    Phrase,
    Query,
    Word,
)
from parvis.core.query.values import (
    days_span,
    language_holds,
    name_key,
    number_span,
    since_start,
    site_holds,
)
from parvis.core.query.words import folded, folded_parts, is_one_edit, pattern_holds

Span = tuple[int, int]
"""First and last position, both included."""


def holds(query: Query, document: Document, *, now: datetime, zone: tzinfo = UTC) -> bool:
    """Whether a document is what a query asks for. `zone`: where the days of `date:` begin."""
    if query.root is None:
        return True
    return Evaluation(document, now=now, zone=zone, is_hard=is_hard(query)).holds(query.root)


def is_hard(query: Query) -> bool:
    """Whether letters that look alike count as equal: `fold:hard` at the top."""
    root = query.root
    parts = root.parts if isinstance(root, All) else (root,)
    return any(isinstance(part, Field) and part.name == "fold" for part in parts)


@dataclass(frozen=True, slots=True)
class _Said:
    """A word of the document: what it folds to, and how it is written."""

    word: str
    letters: str


@dataclass(frozen=True)
class Evaluation:
    """One document, looked at for one query."""

    document: Document
    now: datetime
    zone: tzinfo
    is_hard: bool = False

    def holds(self, node: Node) -> bool:  # noqa: PLR0911 - one line a kind of node
        if isinstance(node, All):
            return all(self.holds(part) for part in node.parts)
        if isinstance(node, Any):
            return any(self.holds(part) for part in node.parts)
        if isinstance(node, Not):
            return not self.holds(node.part)
        if isinstance(node, Field):
            return self.field_holds(node.name, node.value)
        if isinstance(node, Hashtag):
            return self._is_tagged(node.text)
        if isinstance(node, Mention):
            return self._is_mentioned(node.text)
        return bool(self.spans(node))

    def spans(self, node: Node) -> set[Span]:  # noqa: PLR0911 - the same
        """Everywhere it stands. Empty for what has no place: fields, NOT, AND."""
        if isinstance(node, Any):
            return set().union(*(self.spans(part) for part in node.parts))
        if isinstance(node, Near):
            return self._near(node)
        if isinstance(node, Phrase):
            return self._phrase(node)
        if isinstance(node, Hashtag):
            return {span for span, tag in self._tags if self._is_tag(node.text, tag.text)}
        if isinstance(node, Mention):
            return {span for span, handle in self._handles if self._is_handle(node.text, handle.text)}
        if isinstance(node, Word | Exact | Pattern | Fuzzy):
            return self._words(node)
        return set()

    def _words(self, leaf: Word | Exact | Pattern | Fuzzy) -> set[Span]:
        wanted = _wanted(leaf)
        return {
            (at, at + len(wanted) - 1)
            for at in self._said
            if all(self._fits(leaf, one, self._said.get(at + step)) for step, one in enumerate(wanted))
        }

    def _fits(self, leaf: Leaf, wanted: _Said, said: _Said | None) -> bool:
        if said is None:
            return False
        if isinstance(leaf, Exact):
            return self._same(wanted.word, said.word) and wanted.letters == said.letters
        if isinstance(leaf, Fuzzy):
            return is_one_edit(self._mode(wanted.word), self._mode(said.word))
        return pattern_holds(self._mode(wanted.word), self._mode(said.word))

    def _phrase(self, phrase: Phrase) -> set[Span]:
        first, *others = (self.spans(part) for part in phrase.parts)
        found = first
        for following in others:
            found = {(start, last) for start, end in found for begin, last in following if begin == end + 1}
        return found

    def _near(self, near: Near) -> set[Span]:
        lefts, rights = self.spans(near.left), self.spans(near.right)
        found = set()
        for left in lefts:
            for right in rights:
                if 1 <= right[0] - left[1] <= near.distance:
                    found.add((left[0], right[1]))
                if not near.is_ordered and 1 <= left[0] - right[1] <= near.distance:
                    found.add((right[0], left[1]))
        return found

    def _is_tagged(self, wanted: str) -> bool:
        tags = [tag.text for _, tag in self._tags]
        return any(self._is_tag(wanted, tag) for tag in (*tags, *self.document.hashtags))

    def _is_mentioned(self, wanted: str) -> bool:
        handles = [handle.text for _, handle in self._handles]
        return any(self._is_handle(wanted, handle) for handle in (*handles, *self.document.mentions))

    def _is_tag(self, wanted: str, tag: str) -> bool:
        return self._is_key(wanted, hashtag_key(wanted.rstrip("*")), [hashtag_key(tag)])

    def _is_handle(self, wanted: str, handle: str) -> bool:
        return self._is_key(wanted, mention_key(wanted.rstrip("*")), mention_keys(handle))

    def _is_key(self, wanted: str, key: str, keys: Iterable[str]) -> bool:
        mine, theirs = self._mode(key), [self._mode(one) for one in keys]
        return any(one.startswith(mine) if wanted.endswith("*") else one == mine for one in theirs)

    def field_holds(self, name: str, value: str) -> bool:  # noqa: C901, PLR0911 - one case a kind of value
        """Whether a field has a value, both as a query's tree holds them."""
        document = self.document
        match BY_NAME[name].value:
            case Value.WORDS:
                texts = (document.title,) if name == "title" else (document.author, document.handle)
                return any(self._is_said(value, text) for text in texts)
            case Value.LETTERS:
                return value.casefold() in document.url.casefold()
            case Value.HOST:
                return site_holds(value, document.url)
            case Value.LANGUAGE:
                return language_holds(value, document.lang)
            case Value.TAG:
                return self._is_tagged(value)
            case Value.HANDLE:
                return self._is_mentioned(value)
            case Value.NUMBER:
                return number_span(value).holds(getattr(document, name))
            case Value.DAYS | Value.AGE:
                return self._is_in_time(name, value)
            case Value.CHOICE:
                return self._is_so(name, value)
            case Value.NAME:
                return self._is_named(name, value)

    def _is_said(self, value: str, text: str) -> bool:
        wanted = [self._mode(word) for word in folded_parts(value)]
        words = [self._mode(word) for word in folded(text)]
        return any(
            all(pattern_holds(*pair) for pair in zip(wanted, words[at:], strict=False))
            for at in range(len(words) - len(wanted) + 1)
        )

    def _is_in_time(self, name: str, value: str) -> bool:
        at = self.document.published_at
        if at is None:
            return False
        if name == "since":
            return at >= since_start(value, self.now)
        begin, end = days_span(value, self.zone)
        return (begin is None or at >= begin) and (end is None or at < end)

    def _is_so(self, name: str, value: str) -> bool:
        document = self.document
        if name == "fold":
            return True
        if (name, value) == ("is", "snoozed"):
            return document.state == value
        if (name, value) == ("has", "link"):
            return document.holds_link
        if name in {"is", "has"}:
            return getattr(document, f"{name}_{value}") is True
        return name_key(getattr(document, name)) == value

    def _is_named(self, name: str, value: str) -> bool:
        wanted, document = name_key(value), self.document
        if name == "assignee" and wanted in {"nobody", "personne"}:
            return document.assignee == ()
        if name == "assignee" and wanted in {"me", "moi"}:
            return document.is_mine is True
        named: Mapping[str, Iterable[str]] = {
            "channel": document.channel, "department": document.department, "assignee": document.assignee or (),
            "label": document.labels, "story": document.story, "platform": (document.platform,),
        }  # fmt: skip
        return any(name_key(one) == wanted for one in named[name] if one)

    def _same(self, word: str, other: str) -> bool:
        return self._mode(word) == self._mode(other)

    def _mode(self, word: str) -> str:
        return hard(word) if self.is_hard else word

    @property
    def _said(self) -> dict[int, _Said]:
        return _read(self.document).said

    @property
    def _tags(self) -> list[tuple[Span, Sign]]:
        return _read(self.document).tags

    @property
    def _handles(self) -> list[tuple[Span, Sign]]:
        return _read(self.document).handles


@dataclass(frozen=True, slots=True)
class _Reading:
    """A document cut into words and signs, the same for every query that is asked of it."""

    said: dict[int, _Said]
    """The document's words by their positions."""
    tags: list[tuple[Span, Sign]]
    handles: list[tuple[Span, Sign]]


@lru_cache(maxsize=256)
def _read(document: Document) -> _Reading:
    title, text = written_words(document.title), written_words(document.text)
    placed = [*enumerate(title), *enumerate(text, start=len(title) + GAP)]
    return _Reading(
        {at: _Said(word, letters) for at, (word, letters) in placed},
        _placed(document, hashtags_in(document.title), hashtags_in(document.text)),
        _placed(document, mentions_in(document.title), mentions_in(document.text)),
    )


def _placed(document: Document, in_title: Iterable[Sign], in_text: Iterable[Sign]) -> list[tuple[Span, Sign]]:
    """Signs with the positions of their words. A sign begins a word: it is no letter itself."""
    first_of_text = len(folded(document.title)) + GAP
    found = []
    for text, first, signs in ((document.title, 0, in_title), (document.text, first_of_text, in_text)):
        for sign in signs:
            start = first + len(folded(text[: sign.start]))
            length = len(folded(sign.text))
            if length:
                found.append(((start, start + length - 1), sign))
    return found


def _wanted(leaf: Word | Exact | Pattern | Fuzzy) -> list[_Said]:
    if isinstance(leaf, Exact):
        return [_Said(word, letters) for word, letters in written_words(leaf.text)]
    return [_Said(word, "") for word in (folded_parts(leaf.text) if isinstance(leaf, Pattern) else folded(leaf.text))]
