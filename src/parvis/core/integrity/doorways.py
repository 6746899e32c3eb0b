"""Shapes of addresses under which pages for search engines are put on hosts that were broken into."""

import re
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

_PHRASE = re.compile(r"[^\W\d_]{2,}(?:[-+_ ][^\W_]{2,})+")
_NUMBER = re.compile(r"\d{2,}")
_PLAIN_KEYS = frozenset(
    {"node", "art", "article", "cat", "game", "slot", "keyword", "kw", "tunnel", "daftar", "dewa", "item"}
)
_ALSO_ORDINARY = frozenset(
    {"p", "id", "page", "q", "s", "key", "product", "goods", "topic", "news", "read", "go", "url"}
)
_ROOTS = frozenset({"", "/", "/index.php", "/index.html", "/default.aspx", "/home.php"})
_FILE_PLACES = re.compile(
    r"/(?:wp-content/(?:uploads|plugins|themes)|wp-includes|wp-admin|vendor|xampp|\.tmb|\.well-known|\.git|cgi-bin|"
    r"tinymce|ckfinder|node_modules|sites/default/files|components/com_\w+|images/stories|tmp|cache|fckeditor)/"
)
_WITH_ENDING = re.compile(r"\.(?!html?$|php$)[A-Za-z0-9]{2,5}$")
_DASHED = re.compile(r"/-/[\w-]+/?$")
_NUMBERED_NEWS = re.compile(r"^/(?:[a-z]+/)?\d{3,}/?$")


@lru_cache(maxsize=4096)
def doorway_strength(url: str) -> int:
    """0: an ordinary address; 1: the shape is known, and ordinary too; 2: hardly anybody else writes so."""
    if "?" not in url and "/-/" not in url and not _FILE_PLACES.search(url):
        return 0
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, max_num_fields=20)
    except ValueError:
        return 0
    path = unquote(parts.path)
    strength = 0
    if _FILE_PLACES.search(path) and not _WITH_ENDING.search(path):
        strength = 2
    elif _DASHED.search(path):
        strength = 1
    for key, value in query:
        name = key.lower()
        is_phrase = _PHRASE.fullmatch(value) is not None
        if name in _PLAIN_KEYS and (is_phrase or _NUMBER.fullmatch(value)):
            strength = max(strength, 2 if path in _ROOTS or _NUMBERED_NEWS.match(path) else 1)
        elif name in _ALSO_ORDINARY and path in _ROOTS:
            strength = max(strength, 1)
    names = {key.lower() for key, _ in query}
    if {"p", "id"} <= names and path in _ROOTS:
        strength = 2
    return strength


@lru_cache(maxsize=4096)
def slug_of(url: str) -> str:
    """The words in an address: its path and what its query says."""
    try:
        parts = urlsplit(url)
        values = " ".join(value for _, value in parse_qsl(parts.query, max_num_fields=20))
    except ValueError:
        return ""
    return f"{unquote(parts.path)} {values}".strip()
