"""Languages that are known by their script alone."""

import re
from collections import Counter

_SCRIPTS = {
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "he": "\u0590-\u05ff",
    "hy": "\u0530-\u058f",
    "ka": "\u10a0-\u10ff",
    "hi": "\u0900-\u097f",
    "bn": "\u0980-\u09ff",
    "pa": "\u0a00-\u0a7f",
    "gu": "\u0a80-\u0aff",
    "ta": "\u0b80-\u0bff",
    "te": "\u0c00-\u0c7f",
    "kn": "\u0c80-\u0cff",
    "ml": "\u0d00-\u0d7f",
    "si": "\u0d80-\u0dff",
    "th": "\u0e00-\u0e7f",
    "lo": "\u0e80-\u0eff",
    "my": "\u1000-\u109f",
    "km": "\u1780-\u17ff",
    "am": "\u1200-\u137f",
    "ja": "\u3040-\u30ff",
    "zh": "\u4e00-\u9fff\u3400-\u4dbf",
    "ko": "\uac00-\ud7a3\u1100-\u11ff",
}
_ANY = re.compile("[\u0370-\u03ff\u0530-\u05ff\u0900-\u137f\u1780-\u17ff\u1f00-\u1fff\u3040-\u9fff\uac00-\ud7a3]")
_RANGES = [(language, re.compile(f"[{letters}]")) for language, letters in _SCRIPTS.items()]
_SERBIAN = re.compile("[\u0458\u0459\u045a\u045b\u0452\u045f]")
"""Letters of Cyrillic that neither Russian nor Ukrainian has."""
LANGUAGES = frozenset(_SCRIPTS) | {"sr"}
MOST_IDEOGRAMS_A_KANA = 12


def language_by_script(bared: str) -> str | None:
    """The language where most letters are of a script that it has for itself; None where they are not."""
    if bared.isascii():
        return None
    if _SERBIAN.search(bared):
        return "sr"
    if not _ANY.search(bared):
        return None
    counts = Counter({language: len(letters.findall(bared)) for language, letters in _RANGES})
    if counts["ja"] * MOST_IDEOGRAMS_A_KANA >= counts["zh"]:
        counts["ja"] += counts.pop("zh") if counts["ja"] else 0
    language, count = counts.most_common(1)[0]
    letter_count = sum(map(str.isalpha, bared))
    return language if count * 2 > letter_count else None
