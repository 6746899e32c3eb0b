"""What an article shows beside its words: pictures, films and sounds, in the order in which they stand in it."""

import re
from collections.abc import Iterator
from html import unescape
from itertools import islice

from parvis.core.types import MediaRecord

MOST = 50
_TAG = re.compile(r"<(?P<name>img|video|audio|source)\b(?P<inside>[^<>]*)>", re.IGNORECASE)
_HAS = re.compile(r"""\b(src|alt|class|type)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_SIGNS = frozenset({"emoji", "wp-smiley"})
"""Classes of pictures that stand for a letter."""


def media_in(html: str) -> list[MediaRecord]:
    """Each address once; without the pictures that are inside of the page itself (data:)."""
    if "<" not in html:
        return []
    once: dict[str, MediaRecord] = {}
    for one in islice(_found(html), MOST):
        once.setdefault(one.url, one)
    return list(once.values())


def _found(html: str) -> Iterator[MediaRecord]:
    for tag in _TAG.finditer(html):
        has = {one[1].lower(): unescape(one[2] or one[3] or "").strip() for one in _HAS.finditer(tag["inside"])}
        url = has.get("src", "")
        if not url or url.startswith("data:") or _SIGNS & set(has.get("class", "").split()):
            continue
        yield MediaRecord(url=url, kind=has.get("type", ""), alt=has.get("alt", ""))
