"""Folding of what queries look for: nearly always one plain word."""

import sys

from parvis.core.query.words import folded


def folded_once(text: str) -> tuple[str, ...]:
    """The folded words of a leaf."""
    return tuple(folded(text))


def starred(piece: str) -> str:
    """A piece of text as the pattern of a need: ` cli` begins a word, so it is `cli*`; `tio` is `*tio*`.

    Whether it ends a word is left open: where pieces are looked for, long words are not cut yet.
    """
    return sys.intern(f"{'' if piece[0] == ' ' else '*'}{piece.strip()}*")


def bare(literal: str) -> str:
    """What the text must contain, spaces included, for a word or for what `starred` gave."""
    begin = "" if literal[0] == "*" else " "
    end = "" if literal[-1] == "*" else " "
    return f"{begin}{literal.strip('*')}{end}"
