"""Colours as style sheets write them, as far as it takes to see that two look alike."""

import re
from typing import NamedTuple


class Colour(NamedTuple):
    red: int
    green: int
    blue: int
    alpha: float = 1.0

    @property
    def is_clear(self) -> bool:
        return self.alpha <= 0.02


_NAMED = {
    "white": (255, 255, 255), "black": (0, 0, 0), "red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255),
    "yellow": (255, 255, 0), "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192),
    "snow": (255, 250, 250), "ivory": (255, 255, 240), "whitesmoke": (245, 245, 245), "ghostwhite": (248, 248, 255),
    "floralwhite": (255, 250, 240), "azure": (240, 255, 255), "mintcream": (245, 255, 250), "navy": (0, 0, 128),
    "seashell": (255, 245, 238), "honeydew": (240, 255, 240), "aliceblue": (240, 248, 255), "lavender": (230, 230, 250),
}  # fmt: skip
_HEX = re.compile(r"#([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+([\d.]+)(%?))?\s*\)")
_BARE = re.compile(r"[0-9a-f]{6}\b")
_WORD = re.compile(r"[a-z]+")
_ALIKE = 24
"""At most so far apart in all three together."""


def colour_of(written: str) -> Colour | None:
    """The first colour in a value; None where there is none that we know."""
    written = written.strip().lower()
    if found := _HEX.search(written):
        digits = found[1]
        if len(digits) <= 4:
            digits = "".join(digit * 2 for digit in digits)
        alpha = int(digits[6:8], 16) / 255 if len(digits) == 8 else 1.0
        return Colour(int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16), alpha)
    if found := _RGB.search(written):
        alpha = float(found[4].rstrip(".") or 1) if found[4] else 1.0
        return Colour(int(found[1]), int(found[2]), int(found[3]), alpha / 100 if found[5] else alpha)
    for word in _WORD.findall(written):
        if word == "transparent":
            return Colour(0, 0, 0, 0.0)
        if word in _NAMED:
            return Colour(*_NAMED[word])
    if found := _BARE.match(written):
        return colour_of("#" + found[0])
    return None


def look_alike(one: Colour, other: Colour) -> bool:
    return abs(one.red - other.red) + abs(one.green - other.green) + abs(one.blue - other.blue) <= _ALIKE
