"""How alike two posts are.

Likeness is the share of the shorter one's three-letter pieces that the longer one has too, in the same order,
less where the longer one says much more, unless the shorter one is cut short.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from operator import sub

from parvis.core.text.stories.grams import GRAM_LETTERS, places_of_pieces
from parvis.core.text.stories.signature import (
    FEW_LETTERS,
    HEAD_LETTERS,
    Signature,
    grams_of,
    has_hashtags,
    head_of,
    is_cut,
    is_long,
    letter_count,
    letters_in,
    level_of,
    sentence_in,
)

SAME_FROM = 0.7
"""Likeness from which two posts tell the same thing."""

_LIKE_LENGTH, _LIKE_LENGTH_CUT, _LIKE_LENGTH_LONG = 0.9, 0.5, 0.5
"""How much shorter one may be before it counts against likeness: reprints of long texts lose paragraphs."""
_TELLING_LETTERS, _TELLING_LETTERS_CUT = 40, 16
"""A beginning of that length is one; the second where a sign says that the post was cut."""
_ENOUGH_LETTERS, _LETTERS_AN_EXPONENT = 48, 40
_EXPONENT_FEW, _EXPONENT_CUT = 4.0, 1.5
"""Few letters must agree nearly all: nine tenths of them become two thirds."""
_LEAST_OF_SENTENCE = 0.4
"""Posts that have hardly more than hashtags in common do not tell the same."""
_LEAST_DRIFT = 8
"""Letters by which what is alike may stand elsewhere, and an eighth of the length."""
_FEWEST_SAMPLED = 8
_EXPONENT_LONG = 3 / GRAM_LETTERS
"""A change spoils seven grams of seven letters where it spoils three of three: this makes the shares comparable."""


def likeness(a: Signature, b: Signature) -> float:
    """0 (nothing in common) to 1 (the same letters)."""
    if not a or not b:
        return 0.0
    if is_long(a) or is_long(b):
        return _likeness_of_long(a, b)
    shorter, longer = (a, b) if (len(a), a) <= (len(b), b) else (b, a)
    letters, others = letters_in(shorter), letters_in(longer)
    says_more = is_cut(shorter)
    if _is_beginning(letters, others, least=_TELLING_LETTERS_CUT if says_more else _TELLING_LETTERS):
        return _length_factor(_piece_ratio(letters, others), _LIKE_LENGTH_CUT)
    if says_more and len(letters) >= _TELLING_LETTERS:
        share = _share_held(letters, others[: len(letters) + _LEAST_DRIFT])
        nearness = _length_factor(_piece_ratio(letters, others), _LIKE_LENGTH_CUT) * math.pow(share, _EXPONENT_CUT)
    else:
        nearness = _length_factor(_piece_ratio(letters, others), _LIKE_LENGTH) * _share_held(letters, others)
    if nearness < SAME_FROM:
        return nearness
    if has_hashtags(shorter) or has_hashtags(longer):
        nearness *= min(1.0, _share_held(sentence_in(shorter), sentence_in(longer)) / _LEAST_OF_SENTENCE)
    return math.pow(nearness, _strictness(len(letters)))


def same(a: Signature, b: Signature) -> bool:
    """True where two posts tell the same thing."""
    return likeness(a, b) >= SAME_FROM


def _strictness(letters: int) -> float:
    """An exponent: the fewer letters there are, the more of them must agree."""
    if letters < FEW_LETTERS:
        return _EXPONENT_FEW
    return 1.0 + max(0, _ENOUGH_LETTERS - letters) / _LETTERS_AN_EXPONENT


def _length_factor(ratio: float, like_length: float) -> float:
    factor = min(1.0, ratio / like_length)
    return factor * factor


def _is_beginning(shorter: bytes, longer: bytes, *, least: int) -> bool:
    return longer.startswith(shorter) and (len(shorter) >= least or len(shorter) == len(longer))


def _piece_ratio(a: bytes, b: bytes) -> float:
    """Of distinct pieces: what is repeated adds nothing."""
    ours, theirs = len(_places(a)), len(_places(b))
    more = max(ours, theirs)
    return min(ours, theirs) / more if more else float(a == b)


def _share_held(shorter: bytes, longer: bytes) -> float:
    """Of the pieces of three letters of the first, how many the second has."""
    places, others = _places(shorter), _places(longer)
    fewer = min(len(places), len(others))
    if shorter == longer or not fewer:
        return float(shorter == longer)
    common = places.keys() & others.keys()
    if len(common) < fewer * SAME_FROM:
        return len(common) / fewer
    moves = sorted(map(sub, map(others.__getitem__, common), map(places.__getitem__, common)))
    return _count_alike(moves, drift=_LEAST_DRIFT + len(shorter) // 8) / fewer


def _count_alike(moves: Sequence[int], *, drift: int) -> int:
    """How many pieces moved about as far as the one in the middle: the same words in another order say something else."""
    middle = moves[len(moves) // 2]
    return bisect_right(moves, middle + drift) - bisect_left(moves, middle - drift)


@lru_cache(maxsize=512)
def _places(letters: bytes) -> dict[int, int]:
    """Where each piece stands. Kept for a while, as stories come in waves; never changed."""
    return places_of_pieces(letters)


def _likeness_of_long(a: Signature, b: Signature) -> float:
    (shorter_count, shorter), (longer_count, longer) = sorted((letter_count(one), one) for one in (a, b))
    if not is_long(shorter):
        letters = letters_in(shorter)[:HEAD_LETTERS]
        if len(letters) >= _TELLING_LETTERS and (is_cut(shorter) or head_of(longer).startswith(letters)):
            return _share_held(letters, head_of(longer)[: len(letters) + _LEAST_DRIFT])
    level = max(level_of(shorter), level_of(longer))
    grams, others = grams_of(shorter, level), grams_of(longer, level)
    fewer = min(len(grams), len(others))
    if fewer < _FEWEST_SAMPLED:
        return 0.0
    share = math.pow(len(grams & others) / fewer, _EXPONENT_LONG)
    return share * _length_factor(shorter_count / longer_count, _LIKE_LENGTH_LONG)
