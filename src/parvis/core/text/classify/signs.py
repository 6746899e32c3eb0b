"""Shapes of texts that no word tells: links, capitals, figures, repeated signs, what is invisible or in disguise."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from parvis.core.text.classify.hashing import Floats, letters_of

_KINDS = (
    "other", "upper", "lower", "digit", "space", "sign", "exclamation", "question", "invisible", "disguised", "emoji",
    "mark", "money", "cyrillic", "greek", "arabic", "far",
)  # fmt: skip
_KIND = {name: number for number, name in enumerate(_KINDS)}
_ARE_LETTERS = np.array([name in {"upper", "lower", "cyrillic", "greek", "arabic", "other"} for name in _KINDS])
SIGN_NAMES = (
    "length", "capitals", "figures", "exclamations", "questions", "signs", "invisible", "disguised", "emoji", "marks",
    "money", "other script", "repeated letters", "repeated signs", "spaced letters", "mixed scripts", "links",
    "mentions", "hashtags", "long figures", "all capitals", "very short", "glad signs", "sad signs",
)  # fmt: skip
_LINK = re.compile(
    r"https?\W|www\.|(?<=\w)\s?(?:\.|\[dot\]|\(dot\))\s?(?:com|net|org|info|biz|ru|xyz|top|club|shop|online|site|io|me|ly|tk|cc|vip)\b",
    re.IGNORECASE,
)
_LONG_FIGURE = re.compile(r"\d[\d\s().-]{5,}\d")
_GLAD = re.compile(
    "[😀😁😂😃😄😅😆😊😋😍😘🤣🥰🤗🤩😎👍👏🙏💪🎉🎊❤💕💖💙💚💛💜🧡😻☺🥳🌹🔥💯✨😉😜]|[:;=]-?[)D]|<3|\\^\\^"
)
_SAD = re.compile("[😞😟😠😡😢😣😥😩😪😫😭😰😱😲😳😷😒😓😔😕🙁☹🤬🤮🤢👎💔🙄😤😖😨😾🖕🤡💩]|[:;=]'?-?[(]|:/|-_-")
_MOST_BMP = 0x10000
_INVISIBLE = frozenset(
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f\u2060\u2061\u2062\u2063\u3164\ufeff\uffa0"
)
_JOINERS = frozenset("\u200d\ufe0f\ufe0e")
_LEAST_LETTERS = 8
_BY_SIGN = {
    "!": "exclamation", "?": "question", **dict.fromkeys(_JOINERS, "other"), **dict.fromkeys(_INVISIBLE, "invisible"),
}  # fmt: skip
_BY_CATEGORY = {
    "Cf": "invisible", "Cc": "space", "Z": "space", "Sc": "money", "N": "digit", "P": "sign", "S": "sign",
}  # fmt: skip


def signs_of(texts: Sequence[str]) -> Floats:
    """One row a text, one column a name of SIGN_NAMES."""
    letters = letters_of(texts)
    codes, starts, owners = letters
    count = len(texts)
    kinds = _kinds_of(codes)
    width = len(_KINDS)
    tally = np.bincount(owners * width + kinds, minlength=count * width).reshape(count, width).astype(np.float64)

    def of(*names: str) -> Floats:
        total: Floats = tally[:, [_KIND[name] for name in names]].sum(axis=1)
        return total

    lengths = np.diff(starts).astype(np.float64)
    latin = of("upper", "lower")
    shouted = np.where(latin >= _LEAST_LETTERS, of("upper") / np.maximum(latin, 1), 0.0)
    rest = np.maximum(lengths, 1.0)
    thrice_letters, thrice_signs = _thrice(codes, owners, kinds, count)
    columns = [
        np.log1p(lengths) / 2, shouted, 3 * of("digit") / rest + 0.2 * np.log1p(of("digit")),
        np.log1p(of("exclamation")), np.log1p(of("question")), 3 * of("sign") / rest, np.log1p(of("invisible")),
        np.log1p(of("disguised")), np.log1p(of("emoji")), np.log1p(of("mark")), np.log1p(of("money")),
        of("cyrillic", "greek", "arabic", "far") / rest, np.log1p(thrice_letters), np.log1p(thrice_signs),
        np.log1p(_spaced(owners, kinds, count)), np.log1p(_mixed(owners, kinds, count)),
        np.log1p([len(_LINK.findall(text)) if "." in text or ":" in text or "dot" in text else 0 for text in texts]),
        np.log1p([text.count("@") for text in texts]), np.log1p([text.count("#") for text in texts]),
        np.where(of("digit") >= 7, np.log1p([len(_LONG_FIGURE.findall(text)) for text in texts]), 0.0),
        (shouted > 0.7).astype(np.float64), (lengths < 15).astype(np.float64),
        np.log1p([len(_GLAD.findall(text)) for text in texts]), np.log1p([len(_SAD.findall(text)) for text in texts]),
    ]  # fmt: skip
    return np.stack(columns, axis=1)


def _thrice(
    codes: NDArray[np.uint32], owners: NDArray[np.int64], kinds: NDArray[np.uint8], count: int
) -> tuple[Floats, Floats]:
    """How often a letter, and how often a sign, stands three times in a row."""
    if len(codes) < 3:
        return np.zeros(count), np.zeros(count)
    same = (codes[2:] == codes[1:-1]) & (codes[1:-1] == codes[:-2]) & (owners[2:] == owners[:-2])
    places = np.flatnonzero(same)
    if not len(places):
        return np.zeros(count), np.zeros(count)
    is_letter = _ARE_LETTERS[kinds[places]]
    is_sign = ~is_letter & (kinds[places] != _KIND["space"])
    return (
        np.bincount(owners[places[is_letter]], minlength=count).astype(np.float64),
        np.bincount(owners[places[is_sign]], minlength=count).astype(np.float64),
    )


def _spaced(owners: NDArray[np.int64], kinds: NDArray[np.uint8], count: int) -> Floats:
    """Letters that stand alone three times in a row: A X L."""
    if len(owners) < 5:
        return np.zeros(count)
    edge = np.ones(len(owners) + 2, dtype=bool)
    edge[1:-1] = kinds == _KIND["space"]
    starts = np.append(True, owners[1:] != owners[:-1])
    before, after = edge[:-2] | starts, edge[2:] | np.append(starts[1:], True)
    alone = ~edge[1:-1] & before & after
    found = alone[:-4] & alone[2:-2] & alone[4:] & (owners[4:] == owners[:-4])
    return np.bincount(owners[:-4][found], minlength=count).astype(np.float64)


def _mixed(owners: NDArray[np.int64], kinds: NDArray[np.uint8], count: int) -> Floats:
    """Latin letters that touch a Cyrillic or Greek one."""
    foreign = (kinds == _KIND["cyrillic"]) | (kinds == _KIND["greek"])
    if not foreign.any():
        return np.zeros(count)
    latin = (kinds == _KIND["upper"]) | (kinds == _KIND["lower"])
    touch = ((foreign[1:] & latin[:-1]) | (latin[1:] & foreign[:-1])) & (owners[1:] == owners[:-1])
    return np.bincount(owners[1:][touch], minlength=count).astype(np.float64)


def _kinds_of(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    table = _table()
    if codes.dtype == np.uint8:
        return table[codes]
    kinds = table[np.minimum(codes, _MOST_BMP - 1)]
    high = codes >= _MOST_BMP
    if high.any():
        kinds[high] = [_kind_of(chr(code)) for code in codes[high].tolist()]
    return kinds


@cache
def _table() -> NDArray[np.uint8]:
    return np.array([_kind_of(chr(code)) for code in range(_MOST_BMP)], dtype=np.uint8)


@cache
def _kind_of(char: str) -> int:
    return _KIND[_kind_name(char)]


def _kind_name(char: str) -> str:
    code, category = ord(char), unicodedata.category(char)
    if char in _BY_SIGN:
        return _BY_SIGN[char]
    if _is_disguised(code):
        return "disguised"
    if 0x1F000 <= code <= 0x1FBFF or 0x2600 <= code <= 0x27BF or 0x2B00 <= code <= 0x2BFF:
        return "emoji"
    if category[0] == "M":
        return "mark" if code < 0x370 or 0x1AB0 <= code <= 0x20FF else "far"
    if category[0] == "L":
        return _script(code, category)
    return _BY_CATEGORY.get(category) or _BY_CATEGORY.get(category[0]) or "other"


def _is_disguised(code: int) -> bool:
    """Letters and figures that are drawn as something else: mathematical, enclosed, full-width, small capitals."""
    return (
        0x1D400 <= code <= 0x1D7FF
        or 0x1F110 <= code <= 0x1F189
        or 0x2460 <= code <= 0x24FF
        or 0xFF10 <= code <= 0xFF5A
        or 0x1D00 <= code <= 0x1D2B
        or 0x2070 <= code <= 0x209C
        or 0x2776 <= code <= 0x2793
    )


def _script(code: int, category: str) -> str:
    if code < 0x370 or 0x1E00 <= code <= 0x1EFF:
        return "upper" if category in {"Lu", "Lt"} else "lower"
    if 0x400 <= code <= 0x52F:
        return "cyrillic"
    if 0x370 <= code <= 0x3FF or 0x1F00 <= code <= 0x1FFF:
        return "greek"
    return "arabic" if 0x600 <= code <= 0x8FF else "far"
