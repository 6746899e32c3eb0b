"""What of a text tells its language: its letters with their accents, without links, mentions, hashtags and figures."""

import re
from collections.abc import Iterator, Sequence

from parvis.core.text.classify.hashing import Numbers, letters_of, numbers_of, runs, words

BITS = 15
LONGEST_RUN = 4
MOST_CHARS = 160
"""Some 25 words: what comes after them hardly changes the answer."""
_READ_CHARS = 400
_NO_LANGUAGE = re.compile(r"https?\S*|www\.\S+|[@#]\S+|&#?\w+;")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*'?")
_CODES = frozenset({"rt", "url", "http", "https"})


def bare(text: str) -> str:
    """` words in small letters `, at most MOST_CHARS of them; "" where nothing is left."""
    text = text[:_READ_CHARS].replace("’", "'")
    if "http" in text or "@" in text or "#" in text or "&" in text or "www." in text:
        text = _NO_LANGUAGE.sub(" ", text)
    joined = " ".join([word for word in _WORD.findall(text.lower()) if word not in _CODES])
    if len(joined) > MOST_CHARS:
        joined = joined[:MOST_CHARS].rpartition(" ")[0] or joined[:MOST_CHARS]
    return f" {joined} " if joined else ""


def features_of(bared: Sequence[str]) -> Iterator[tuple[Numbers, Numbers]]:
    """Owners, ascending, and numbers of the runs of each length and of the words, as often as they stand there."""
    letters = letters_of(bared)
    for owners, hashed in [*runs(letters, 1, LONGEST_RUN), words(letters)]:
        yield owners, numbers_of(hashed, BITS)
