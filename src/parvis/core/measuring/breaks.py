"""Where a text may be cut, and how well: at a paragraph best, within a word only where nothing else helps."""

from collections.abc import Iterator
from enum import IntEnum

import regex

from parvis.core.measuring.abbreviations import AT_EITHER_PLACE, holds
from parvis.core.measuring.graphemes import clusters
from parvis.core.measuring.links import Span, find_unbreakable


class Level(IntEnum):
    """What ends at a break."""

    PARAGRAPH = 0
    LINE = 1
    SENTENCE = 2
    CLAUSE = 3
    WORD = 4
    GRAPHEME = 5


_SPACE = r"[^\S\u00a0\u2007\u202f]"
"""White space at which a line may end."""
_GAP = regex.compile(rf"{_SPACE}+")
_EMPTY_LINE = regex.compile(r"\n[^\S\n]*\n|\u2029")
_CLOSERS = "»”’\"')]}›"
_OPENERS = frozenset("«“(")
_ENDS_OF_OPENERS = frozenset("»”)")
_ENDERS = ".!?…؟।॥"
_SENTENCE_END = regex.compile(rf"[{_ENDERS}][{_ENDERS}]*(?:[\s\u00a0\u202f]?»|[”’\"')\]}}›])*$")
_CLAUSE_END = regex.compile(r"[,;:،؛)][»”’\"]*$")
_DASH = frozenset({"–", "—", "-"})
_STICKS_TO_THE_LEFT = regex.compile(r"[!?:;»%‰€$…]|[./](?:\s|$)")
_LAST_WORD = regex.compile(r"[^\s«“\"'(\[’]*$")
_WIDE = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
_WIDE_BREAK = regex.compile(
    rf"(?V1)(?<=[。！？｡][」』）〕】》〉\"”]*)(?![」』）〕】》〉\"”。！？｡])(?=\S)|(?<=[、，；：､])(?=\S)"
    rf"|(?<={_WIDE})(?={_WIDE})(?![ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ々〻])"
)


def find_breaks(text: str) -> dict[int, Level]:
    """Places at which a new part may begin, but for those within words. None cuts a link, a mention or a hashtag.

    A place may be within a sign where a mark stands after white space.
    """
    breaks = dict(_all_breaks(text))
    for span in find_unbreakable(text):
        for place in range(span.start + 1, span.end):
            breaks.pop(place, None)
    return breaks


def grapheme_breaks(text: str, start: int, end: int, whole: list[Span]) -> list[int]:
    """All the places between, where a sign begins and nothing is cut that must stay whole."""
    closed = {place for span in whole for place in range(max(span.start + 1, start), min(span.end, end))}
    place, places = start, []
    for cluster in clusters(text[start:end]):
        if place > start and place not in closed:
            places.append(place)
        place += len(cluster)
    return places


def _all_breaks(text: str) -> Iterator[tuple[int, Level]]:
    for found in _WIDE_BREAK.finditer(text):
        before = text[found.start() - 1]
        ends = before in '。！？｡」』）〕】》〉"”'
        yield found.start(), Level.SENTENCE if ends else Level.CLAUSE if before in "、，；：､" else Level.WORD
    depth, seen = 0, 0
    for gap in _GAP.finditer(text):
        if gap.start() > 0 and gap.end() < len(text):
            depth, seen = _depth_after(text[seen : gap.start()], depth), gap.start()
            level = _level(text, gap.start(), gap.end())
            if level is not None and level <= Level.LINE:
                depth = 0
            if level is not None:
                yield gap.end(), Level.CLAUSE if level is Level.SENTENCE and depth else level


def _depth_after(text: str, depth: int) -> int:
    """How many quotations and brackets are open after it."""
    for sign in text:
        if sign in _OPENERS:
            depth += 1
        elif sign in _ENDS_OF_OPENERS:
            depth = max(0, depth - 1)
    return depth


def _level(text: str, start: int, end: int) -> Level | None:
    """Of the white space between, or None where both sides belong together."""
    gap = text[start:end].replace("\r\n", "\n").replace("\r", "\n")
    if _EMPTY_LINE.search(gap):
        return Level.PARAGRAPH
    if "\n" in gap or "\u2028" in gap:
        return Level.LINE
    before, after = text[max(0, start - 60) : start], text[end : end + 20]
    if _belongs_together(before, after):
        return None
    if _ends_sentence(before, after):
        return Level.SENTENCE
    if _CLAUSE_END.search(before) or after[0] in _DASH or after[0] == "(":
        return Level.CLAUSE
    return Level.WORD


def _belongs_together(before: str, after: str) -> bool:
    """« Bonjour », 10 000, 5 %, M. Dupont, p. 12."""
    if before[-1] in "«‹(“" or _STICKS_TO_THE_LEFT.match(after) or after[0] in "»›":
        return True
    if before[-1].isdigit() and regex.match(r"\d{3}(?!\d)", after):
        return True
    return before[-1] == "." and _is_held(before[:-1], after)


def _is_held(before: str, after: str) -> bool:
    word = _last_word(before)
    return holds(word, before[: len(before) - len(word)], after)


def _ends_sentence(before: str, after: str) -> bool:
    found = _SENTENCE_END.search(before)
    if found is None:
        return False
    begins = regex.sub(r"^[«“”\"'’(\[\s\u00a0\u202f¿¡–—-]+", "", after)
    if begins[:1].islower():
        return False
    signs = found.group().rstrip(_CLOSERS + " \u00a0\u202f")
    return signs != "." or not _is_abbreviated(before[: found.start()], begins)


def _is_abbreviated(before: str, begins: str) -> bool:
    """Whether the full stop after `before` belongs to its last word."""
    word = _last_word(before)
    if _is_held(before, begins) or (len(word) == 1 and before[-1:].isupper()):
        return True
    if word in AT_EITHER_PLACE:
        return not begins[:1].isupper()
    starts_line = before.rstrip("0123456789").endswith("\n") or before.isdigit()
    return word.isdigit() and len(word) <= 2 and starts_line


def _last_word(before: str) -> str:
    found = _LAST_WORD.search(before)
    return found.group().lower() if found else ""
