"""Folding of what queries look for: the same few words come back in many of them."""

import sys
from functools import lru_cache

from parvis.core.query.words import folded
from parvis.core.text.normalise import LONGEST_WORD

_KEPT = 16_384
"""Texts; some 4 MB."""


@lru_cache(_KEPT)
def folded_once(text: str) -> tuple[str, ...]:
    """The folded words of a leaf, each the one string that all queries share."""
    if len(text) <= LONGEST_WORD and text.isascii() and text.isalnum():
        return (sys.intern(text.lower()),)
    return tuple(map(sys.intern, folded(text)))


def starred(piece: str) -> str:
    """A piece of text as the pattern that it is: ` cli` begins a word, so it is `cli*`; `tio` is `*tio*`."""
    begins, ends = piece[0] == " ", piece[-1] == " "
    return sys.intern(f"{'' if begins else '*'}{piece.strip()}{'' if ends else '*'}")


def bare(literal: str) -> str:
    """What the text must contain, spaces included, for a word or for what `starred` gave."""
    begin = "" if literal[0] == "*" else " "
    end = "" if literal[-1] == "*" else " "
    return f"{begin}{literal.strip('*')}{end}"
