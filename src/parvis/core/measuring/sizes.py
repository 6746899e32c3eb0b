"""What one piece of a text weighs in each unit."""

from collections.abc import Callable
from itertools import pairwise

from parvis.core.measuring.graphemes import EMOJI, grapheme_count
from parvis.core.measuring.rules import TextRules, Unit, Weights

EMOJI_WEIGHT = 2
Sizer = Callable[[str], int]


def sizer(unit: Unit, rules: TextRules) -> Sizer:
    """0 for things that are counted one by one: those are no property of a piece."""
    size = _sizers(rules).get(unit, _nothing)
    if not rules.escaped or size is _nothing:
        return size
    escaped = frozenset(rules.escaped)
    return lambda piece: size(piece) + sum(character in escaped for character in piece)


def _sizers(rules: TextRules) -> dict[Unit, Sizer]:
    weights = rules.weights
    return {
        Unit.CHARACTERS: _with_emoji_in_bytes if rules.emoji_in_bytes else len,
        Unit.UTF16: utf16_count,
        Unit.GRAPHEMES: grapheme_count,
        Unit.BYTES: byte_count,
        Unit.WEIGHTED: len if weights is None else lambda piece: _weight(piece, weights),
    }


def _nothing(_piece: str) -> int:
    return 0


def byte_count(text: str) -> int:
    """In UTF-8; half a surrogate pair, which no platform takes, as three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def utf16_count(text: str) -> int:
    return len(text) if text.isascii() else sum(2 if character > "\uffff" else 1 for character in text)


def _weight(piece: str, weights: Weights) -> int:
    emoji_count = 0 if piece.isalnum() else len(EMOJI.findall(piece))
    rest = EMOJI.sub("", piece) if emoji_count else piece
    return EMOJI_WEIGHT * emoji_count + sum(weights.weight_of(character) for character in rest)


def _with_emoji_in_bytes(piece: str) -> int:
    if piece.isascii():
        return len(piece)
    edges = [0, *(edge for found in EMOJI.finditer(piece) for edge in found.span()), len(piece)]
    return sum(
        byte_count(piece[start:end]) if number % 2 else end - start
        for number, (start, end) in enumerate(pairwise(edges))
    )
