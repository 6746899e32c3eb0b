"""Hashed runs of characters and words of many texts at once: no loop in Python over letters.

Every text becomes a row of sorted feature numbers, each with how often it stands there. Nothing here depends on the
process: the numbers are kept in models.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

BITS = 20
"""Of a feature's number. Two features of one number are told apart by nobody; at 2**20 that is rare."""
SPACE = 32
_PRIME = 0x9E3779B97F4A7C15
_INVERSE = pow(_PRIME, -1, 1 << 64)
_MIX = 0xD6E8FEB86659FD93
_WORD_SALT = 0x632BE59BD9B4E019
_PAIR_SALT = 0x94D049BB133111EB
_MOST_CHARS = 1 << 20
Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Floats = NDArray[np.float64]


class Rows(NamedTuple):
    """Feature numbers of row i: `ids[starts[i]:starts[i + 1]]`, ascending, each once, with its count."""

    starts: Numbers
    ids: Numbers
    counts: Floats

    @property
    def row_count(self) -> int:
        return len(self.starts) - 1


class Letters(NamedTuple):
    """Texts laid end to end, as code points."""

    codes: NDArray[Any]
    starts: Numbers
    """Where each text begins, and at last the length of all."""
    owners: Numbers
    """Which text each code point is of."""


def letters_of(texts: Sequence[str]) -> Letters:
    joined = "".join(texts)
    if joined.isascii():
        codes: NDArray[Any] = np.frombuffer(joined.encode(), dtype=np.uint8)
    else:
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    starts = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    owners = np.repeat(np.arange(len(texts), dtype=np.int64), lengths)
    return Letters(codes, starts, owners)


def runs(letters: Letters, shortest: int, longest: int) -> list[tuple[Numbers, Hashes]]:
    """For each length the owners and hashes of all runs of so many characters within one text."""
    codes, _, owners = letters
    wide = codes.astype(np.uint64) + np.uint64(1)
    hashed = wide
    found = []
    for length in range(1, longest + 1):
        if length > 1:
            hashed = hashed[:-1] * np.uint64(_PRIME) + wide[length - 1 :]
        if length >= shortest and len(hashed):
            inside = owners[: len(hashed)] == owners[length - 1 :] if length > 1 else slice(None)
            found.append((owners[: len(hashed)][inside], hashed[inside] + np.uint64(length)))
    return found


def words(letters: Letters) -> tuple[Numbers, Hashes]:
    """Owners and hashes of what stands between spaces; a text begins and ends with a space."""
    codes, _, owners = letters
    inside = codes != SPACE
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    begins, ends = edges[::2], edges[1::2]
    if not len(begins):
        return np.zeros(0, np.int64), np.zeros(0, np.uint64)
    powers, inverses = _powers(_ceiling(len(codes) + 1))
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum((codes.astype(np.uint64) + np.uint64(1)) * powers[: len(codes)], out=sums[1:])
    return owners[begins], (sums[ends] - sums[begins]) * inverses[begins] ^ np.uint64(_WORD_SALT)


def pairs(owners: Numbers, hashed: Hashes) -> tuple[Numbers, Hashes]:
    """Two words in a row."""
    inside = owners[1:] == owners[:-1]
    return owners[1:][inside], (hashed[:-1] * np.uint64(_PAIR_SALT) + hashed[1:])[inside]


def numbers_of(hashed: Hashes, bits: int = BITS) -> Numbers:
    """The high bits of a second mixing: they depend on all of the hash."""
    mixed = (hashed ^ (hashed >> np.uint64(29))) * np.uint64(_MIX)
    return (mixed >> np.uint64(64 - bits)).astype(np.int64)


def counted(owners: Sequence[Numbers], ids: Sequence[Numbers], row_count: int, bits: int = BITS) -> Rows:
    """Rows of features, ascending."""
    keys = np.concatenate(owners) << bits | np.concatenate(ids)
    keys.sort()
    is_first = np.empty(len(keys), dtype=bool)
    is_first[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
    places = np.flatnonzero(is_first)
    keys = keys[places]
    counts = np.diff(places, append=len(is_first)).astype(np.float64)
    starts = np.searchsorted(keys >> bits, np.arange(row_count + 1))
    return Rows(starts, keys & ((1 << bits) - 1), counts)


def sums_of_rows(starts: Numbers, values: NDArray[Any]) -> Floats:
    """The sum of each row's values, which are `values[starts[i]:starts[i + 1]]`; 0 for an empty one."""
    sums = np.zeros(len(starts) - 1)
    full = np.flatnonzero(np.diff(starts))
    if len(full):
        sums[full] = np.add.reduceat(values, starts[full])
    return sums


def _ceiling(length: int) -> int:
    return max(1 << 12, 1 << (length - 1).bit_length())


@cache
def _powers(length: int) -> tuple[Hashes, Hashes]:
    return _power_row(_PRIME, length), _power_row(_INVERSE, length)


def _power_row(base: int, length: int) -> Hashes:
    row = np.full(length, base, dtype=np.uint64)
    row[0] = 1
    return np.multiply.accumulate(row)
