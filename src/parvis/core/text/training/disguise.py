"""Spam as it is disguised: copies of known spam in mathematical letters, spaced, with look-alikes or invisible signs."""

import random
from collections.abc import Sequence

_LOOK_ALIKES = str.maketrans("aeopcxyiAEOPCXTHKMB", "аеорсхуіАЕОРСХТНКМВ")
_INVISIBLE = "\u200b\u200c\u2060\u00ad"
_FENCES = "🔥💰🎰💸✅👉⭐🎁💯🤑"
_SANS_BOLD, _BOLD, _FULL_WIDTH = (0x1D5D4, 0x1D5EE, 0x1D7EC), (0x1D400, 0x1D41A, 0x1D7CE), (0xFF21, 0xFF41, 0xFF10)


def disguised(text: str, chance: random.Random) -> str:
    """The same words for whoever looks, in one of several disguises."""
    words = text.split()
    start = chance.randrange(max(1, len(words) - 4))
    end = min(len(words), start + chance.randint(2, 8))
    way = chance.choice((_in_other_letters, _spaced, _with_look_alikes, _with_invisible, _in_capitals))
    changed = [way(word, chance) for word in words[start:end]]
    result = " ".join([*words[:start], *changed, *words[end:]])
    return f"{chance.choice(_FENCES)} {result} {chance.choice(_FENCES)}" if chance.random() < 0.3 else result


def _in_other_letters(word: str, chance: random.Random) -> str:
    first = chance.choice((_SANS_BOLD, _BOLD, _FULL_WIDTH))
    return "".join(_shifted(char, first) for char in word)


def _shifted(char: str, first: Sequence[int]) -> str:
    for begin, end, base in zip("Aa0", "Zz9", first, strict=True):
        if begin <= char <= end:
            return chr(base + ord(char) - ord(begin))
    return char


def _spaced(word: str, chance: random.Random) -> str:
    return chance.choice((" ", ".", "-", " ")).join(word.upper()) if len(word) > 2 else word


def _with_look_alikes(word: str, chance: random.Random) -> str:
    return "".join(char.translate(_LOOK_ALIKES) if chance.random() < 0.5 else char for char in word)


def _with_invisible(word: str, chance: random.Random) -> str:
    return "".join(char + (chance.choice(_INVISIBLE) if chance.random() < 0.4 else "") for char in word)


def _in_capitals(word: str, _: random.Random) -> str:
    return f"{word.upper()}!!"
