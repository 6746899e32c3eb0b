"""How long a text is there: at most 300 graphemes and 3,000 bytes (lexicon app.bsky.feed.post, read 2026-11).

Graphemes after UAX 29 as far as posts need it: marks, variation selectors, joiners, skin tones, flags,
Hangul and line ends. A server counts again, so that an odd script is refused there at worst.
"""

import unicodedata

MOST_GRAPHEMES = 300
MOST_BYTES = 3_000
_JOINER = "\u200d"


def grapheme_count(text: str) -> int:
    """What a reader takes for one sign counts once."""
    count, before, flags = 0, "", 0
    for sign in text:
        flags = flags + 1 if _is_flag_half(sign) else 0
        if not before or not _is_one_with(before, sign, flags):
            count += 1
        before = sign
    return count


def _is_one_with(before: str, sign: str, flags: int) -> bool:
    if before == "\r" and sign == "\n":
        return True
    if before in "\r\n" or sign in "\r\n":
        return False
    if _extends(sign) or (before == _JOINER and ord(sign) > 0x2000):
        return True
    if flags and flags % 2 == 0:
        return True
    return _is_hangul_part(sign)


def _extends(sign: str) -> bool:
    code = ord(sign)
    return (
        sign == _JOINER
        or unicodedata.category(sign) in {"Mn", "Me", "Mc"}
        or 0x1F3FB <= code <= 0x1F3FF
        or 0xE0020 <= code <= 0xE007F
    )


def _is_flag_half(sign: str) -> bool:
    return 0x1F1E6 <= ord(sign) <= 0x1F1FF


def _is_hangul_part(sign: str) -> bool:
    """Vowels and finals, which follow the consonant that they belong to."""
    return 0x1160 <= ord(sign) <= 0x11FF
