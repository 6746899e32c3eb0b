"""Grams: hashes of seven letters in a row, and the sample of them that stands for a long text."""

import hashlib
import re
import sys
from array import array
from collections.abc import Iterable

GRAM_LETTERS = 7
GRAM_BYTES = 4
LEVELS = 8
MOST_SAMPLED = 128

_TABLES = [hashlib.shake_256(b"parvis story %d" % table).digest(256) for table in range(GRAM_BYTES)]
"""Fixed for ever: rows hold what follows from them."""
_SAMPLES = [
    re.compile(rb"(?s)(?=([\x00-" + re.escape(bytes([(256 >> level) - 1])) + rb"]...))") for level in range(LEVELS)
]
"""Grams whose first byte is small: half of them at level 1, a quarter at level 2, …"""


def lowest_grams(letters: bytes, count: int) -> list[int]:
    """The first by size, each once: two texts that share most grams share most of these."""
    hashed = _hashed(letters)
    size = len(hashed)
    grams = array("I", b"".join(hashed[start : size - (size - start) % GRAM_BYTES] for start in range(GRAM_BYTES)))
    if sys.byteorder == "little":
        grams.byteswap()
    ordered = sorted(grams)
    lowest = list(dict.fromkeys(ordered[: 2 * count]))
    return (lowest if len(lowest) >= count else list(dict.fromkeys(ordered)))[:count]


def sampled_grams(letters: bytes) -> tuple[int, set[bytes]]:
    """The lowest level at which few enough grams remain, and these."""
    hashed = _hashed(letters)
    level = min(LEVELS - 1, max(0, (len(hashed) // MOST_SAMPLED).bit_length() - 1))
    grams = set(_SAMPLES[level].findall(hashed))
    while len(grams) > MOST_SAMPLED and level < LEVELS - 1:
        level += 1
        grams = grams_below(grams, level)
    return level, set(sorted(grams)[:MOST_SAMPLED])


def places_of_pieces(letters: bytes) -> dict[int, int]:
    """Where each piece of three letters stands (one of the places, where it stands several times).

    A piece is a number of 16 bits that says nothing outside of this process.
    """
    hashed = _mixed(letters, 2)
    even, odd = hashed[: len(hashed) & ~1], hashed[1 : len(hashed) - 1 + (len(hashed) & 1)]
    places = dict(zip(memoryview(even).cast("H"), range(0, len(letters), 2), strict=False))
    places.update(zip(memoryview(odd).cast("H"), range(1, len(letters), 2), strict=False))
    return places


def grams_at(letters: bytes, level: int) -> set[bytes]:
    return set(_SAMPLES[level].findall(_hashed(letters)))


def grams_below(grams: Iterable[bytes], level: int) -> set[bytes]:
    """What remains at a higher level."""
    below = 256 >> level
    return {gram for gram in grams if gram[0] < below}


def _hashed(letters: bytes) -> bytes:
    """One byte for every four letters in a row, so that four such bytes stand for seven."""
    return _mixed(letters.ljust(GRAM_LETTERS, b"\0"), GRAM_BYTES)


def _mixed(letters: bytes, width: int) -> bytes:
    """One byte for every so many letters in a row (simple tabulation).

    Each table is applied to all letters at once, and the results meet as whole numbers: no loop in Python.
    """
    count = len(letters) - width + 1
    if count <= 0:
        return b""
    mixed = 0
    for shift, table in enumerate(_TABLES[:width]):
        mixed ^= int.from_bytes(letters[shift : shift + count].translate(table))
    return mixed.to_bytes(count)
