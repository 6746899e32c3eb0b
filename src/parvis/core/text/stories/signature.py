"""A post in a few hundred bytes, and the numbers by which likely partners of it are found.

A short post's signature holds its letters; a long one's holds its first letters and a sample of its grams
(hashes of seven letters in a row), the same ones from every text that has them.
"""

import struct
from collections.abc import Iterable
from typing import NewType

from parvis.core.text.stories.grams import GRAM_BYTES, grams_at, grams_below, lowest_grams, sampled_grams
from parvis.core.text.stories.letters import letters_of

Signature = NewType("Signature", bytes)
"""Rows keep it as bytes. It holds words of the post: what deletes the post deletes it."""

MOST_BANDS = 12
HEAD_LETTERS = 128
FEW_LETTERS = 24

_SHORT_LETTERS = 255
_HEAD_BANDS = 4
_LONG, _CUT = 1, 2
_SHORT_HEADER_BYTES = 3
_LONG_HEADER = struct.Struct(">BBI")


def signature_of(text: str) -> Signature:
    """Empty for a post without letter or digit, which is like no other."""
    letters, start, end, says_more = letters_of(text)
    if not letters:
        return Signature(b"")
    flags = _CUT if says_more else 0
    if len(letters) <= _SHORT_LETTERS:
        return Signature(bytes((flags, start, end)) + letters)
    level, grams = sampled_grams(letters)
    header = _LONG_HEADER.pack(flags | _LONG, level, len(letters))
    return Signature(header + letters[:HEAD_LETTERS] + b"".join(sorted(grams)))


def bands_of(signature: Signature) -> tuple[int, ...]:
    """At most MOST_BANDS numbers that fit a signed column of 32 bits.

    Posts that tell the same share several (one where there are few): they are the candidates to compare.
    """
    if not signature:
        return ()
    if not is_long(signature):
        sentence = sentence_in(signature)
        letters = sentence if len(sentence) >= FEW_LETTERS else letters_in(signature)
        lowest = lowest_grams(letters, MOST_BANDS)
        if len(letters) <= HEAD_LETTERS:
            return _as_bands(lowest)
        head = letters[:HEAD_LETTERS]
    else:
        lowest = [int.from_bytes(gram) for gram in _grams_kept(signature)[:MOST_BANDS]]
        head = head_of(signature)
    of_head = lowest_grams(head, _HEAD_BANDS)
    return _as_bands(dict.fromkeys(lowest[: MOST_BANDS - _HEAD_BANDS] + of_head))


def is_long(signature: Signature) -> bool:
    return bool(signature[0] & _LONG)


def is_cut(signature: Signature) -> bool:
    """True where the post says itself that it goes on elsewhere."""
    return bool(signature[0] & _CUT)


def letters_in(short: Signature) -> bytes:
    return short[_SHORT_HEADER_BYTES:]


def sentence_in(short: Signature) -> bytes:
    return short[_SHORT_HEADER_BYTES + short[1] : _SHORT_HEADER_BYTES + short[2]]


def has_hashtags(short: Signature) -> bool:
    return short[2] - short[1] < len(short) - _SHORT_HEADER_BYTES


def letter_count(signature: Signature) -> int:
    count: int = _LONG_HEADER.unpack_from(signature)[2] if is_long(signature) else len(signature) - _SHORT_HEADER_BYTES
    return count


def level_of(signature: Signature) -> int:
    return signature[1] if is_long(signature) else 0


def head_of(signature: Signature) -> bytes:
    return signature[_LONG_HEADER.size : _LONG_HEADER.size + HEAD_LETTERS]


def grams_of(signature: Signature, level: int) -> set[bytes]:
    if not is_long(signature):
        return grams_at(letters_in(signature), level)
    return grams_below(_grams_kept(signature), level)


def _grams_kept(signature: Signature) -> list[bytes]:
    start = _LONG_HEADER.size + HEAD_LETTERS
    return [signature[at : at + GRAM_BYTES] for at in range(start, len(signature), GRAM_BYTES)]


def _as_bands(grams: Iterable[int]) -> tuple[int, ...]:
    return tuple([gram - 0x8000_0000 for gram in grams])
