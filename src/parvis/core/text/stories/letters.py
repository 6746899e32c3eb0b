"""What of a post is compared: its letters and digits alone, one byte each, without what is added on the way.

Case, accents, spaces, punctuation, emoji, invisible characters and look-alikes from other scripts make no
difference. Links, mentions and "RT @x:" or "via @x" are left out. The letters of scripts that fold to no
Latin letter become bytes above 127: one for an alphabet, two for an ideogram.
"""

import re
import unicodedata
from html import unescape
from typing import NamedTuple

MOST_CHARS = 40_000
"""What comes after them is not looked at."""
_ENOUGH_LETTERS = 8
"""With fewer, the mentions and links are all that a post says, and count."""

_CUT_SHORT = re.compile(rb"\.\.\.[^a-z0-9\x80-\xff]*\Z")
_HANDLE = rb"@ ?[\w-]+(?:[.@][\w-]+)*(?: *:)?"
_ON_THE_WAY = re.compile(
    rb"h(?<![a-z0-9]h)ttps?(?:[:/]\S*)?(?![a-z0-9])|w(?<![a-z0-9]w)ww\.\S+|h(?<![a-z0-9]h)(?:t(?:tp?)?)?(?=\.\.\.)"
    rb"|"
    + _HANDLE
    + rb"|r(?<![a-z0-9]r)t *"
    + _HANDLE
    + rb"|v(?<![a-z0-9]v)ia *"
    + _HANDLE
    + rb"|b(?<![a-z0-9]b)y *"
    + _HANDLE
    + rb"|p(?<![a-z0-9]p)ar *"
    + _HANDLE
    + rb"|r(?<![\s\S]r)t(?![a-z0-9])"
)
"""Links, also when they are cut, mentions, and what passes a post on. Each begins with a letter of its own: that is
what makes the search quick."""
_LATIN_NAME = re.compile(r"LATIN (?:LETTER )?(?:SMALL |CAPITAL |SCRIPT )*(?:LETTER )?(?:SCRIPT )?([A-Z])(?: |\Z)")
_LOOK_ALIKES = dict(
    zip(
        "аеорсхуіјѕԁһкмтвнгпзԛԝѵԍαοερικνυτχγηωϲϳ" + "օսոհցզ" + "ⲟⲥ",
        "aeopcxyijsdhkmtbhrn3qwvgaoepiknutxynwcj" + "ounhgq" + "oc",
        strict=True,
    )
)
"""Letters of other scripts that are drawn like Latin ones. Whole texts of those scripts fold alike, which does no harm."""
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters by their category that nobody can see."""
_LATIN_SIZE = 256
_FIRST_IDEOGRAM = 0x2E80
_NOT_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum() or chr(code).isupper())


class Letters(NamedTuple):
    """All that are compared, and where those of the sentence stand between its hashtags."""

    all: bytes
    start: int
    end: int
    is_cut: bool
    """The post says itself that it goes on elsewhere."""


def letters_of(text: str) -> Letters:
    """No letters where a post has neither letter nor digit."""
    if len(text) > MOST_CHARS:
        text = text[:MOST_CHARS]
    if "&" in text:
        text = unescape(text)
    folded = _folded(text)
    has_dots = b"..." in folded
    bare = folded
    if has_dots or b"@" in folded or b"http" in folded or b"www." in folded or folded.startswith(b"rt"):
        bare = _ON_THE_WAY.sub(b" ", folded)
    is_cut = has_dots and _CUT_SHORT.search(bare) is not None
    letters = bare.translate(None, _NOT_LETTERS)
    if len(letters) < _ENOUGH_LETTERS:
        letters = folded.translate(None, _NOT_LETTERS)
    elif b"#" in bare:
        return Letters(letters, *_between_hashtags(bare, letters), is_cut)
    return Letters(letters, 0, len(letters), is_cut)


def _between_hashtags(bare: bytes, letters: bytes) -> tuple[int, int]:
    """Where they start and end; everywhere, where there is nothing between them."""
    words = bare.split()
    start, end = 0, len(letters)
    for word in words:
        if not _is_no_word(word):
            break
        start += len(word.translate(None, _NOT_LETTERS))
    for word in reversed(words):
        if not _is_no_word(word):
            break
        end -= len(word.translate(None, _NOT_LETTERS))
    return (start, end) if start < end else (0, len(letters))


def _is_no_word(word: bytes) -> bool:
    return word.startswith(b"#") or not word.translate(None, _NOT_LETTERS)


def _folded(text: str) -> bytes:
    try:
        return text.encode("latin-1").translate(_LATIN, _UNSEEN)
    except UnicodeError:
        return text.translate(_FOLD).encode("latin-1")


class _Folding(dict[int, str]):
    """What each character folds to, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_char(chr(code))
        return folded


def _fold_char(char: str) -> str:
    if char.isascii():
        return char.lower() if char.isprintable() else " "
    if char == "…":
        return "..."
    category = unicodedata.category(char)
    if char in _FILLERS or category == "Cf" or category[0] == "M":
        return ""
    if category[0] not in "LN" and not _LATIN_NAME.search(unicodedata.name(char, "")):
        return " "
    folded = "".join(map(_fold_part, unicodedata.normalize("NFKD", char.casefold())))
    return folded[:1] if ord(char) < _LATIN_SIZE else folded


def _fold_part(part: str) -> str:
    """A letter or digit as it is compared; "" for what is neither."""
    if part.isascii():
        return part.lower() if part.isalnum() else ""
    if (look_alike := _LOOK_ALIKES.get(part)) is not None:
        return look_alike
    if (digit := unicodedata.digit(part, None)) is not None:
        return str(digit)
    if latin := _LATIN_NAME.search(unicodedata.name(part, "")):
        return latin[1].lower()
    if not part.isalnum():
        return ""
    code = ord(part)
    low = chr(128 | code & 127)
    return low if code < _FIRST_IDEOGRAM else chr(128 | code >> 7 & 127) + low


_FOLD = _Folding()
_LATIN = "".join((_fold_char(chr(code)) or "\xad") for code in range(_LATIN_SIZE)).encode("latin-1")
_UNSEEN = b"\xad"
