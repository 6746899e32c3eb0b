"""Whose host a link leads to: one's own, one that everybody links to, or a stranger's."""

import re
from functools import lru_cache
from pathlib import Path

_SECOND = frozenset(
    {"ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "gv", "id", "in", "info", "lg", "ltd", "me", "mil", "muni",
     "ne", "net", "nhs", "nom", "or", "org", "plc", "police", "sch", "web", "biz", "firm", "gen", "asso", "tm"}
)  # fmt: skip
"""Labels under which a country registers names, as in .co.uk and .gov.co."""


def _listed(name: str) -> frozenset[str]:
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return frozenset(label for line in lines if not line.startswith("#") for label in line.split())


_HOSTERS = _listed("hosters.txt")
KNOWN_LABELS = _listed("known_hosts.txt")
"""Names of hosts that so many pages link to that a link to them tells nothing."""

_HOST = re.compile(r"\s*(?:https?:)?[/\\]{2}(?:[^/?#@\\\s]*@)?([^/?#:@\\\s\"'<>]+)", re.IGNORECASE)
_PARTS = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=8192)
def domain_of(host: str) -> str:
    """The part of a host that somebody has registered, as far as its shape tells: `a.b.co.uk` gives `b.co.uk`."""
    labels = host.split(".")
    if len(labels) <= 2 or labels[-1].isdigit():
        return host
    second_is_public = labels[-2] in _SECOND and len(labels[-1]) == 2
    is_hosted = labels[-2] in _HOSTERS and len(labels) > 2
    return ".".join(labels[-3:] if second_is_public or is_hosted else labels[-2:])


@lru_cache(maxsize=8192)
def name_of(host: str) -> str:
    """The name in a domain: `example` for `www.example.co.uk`."""
    return domain_of(host).split(".")[0]


@lru_cache(maxsize=8192)
def host_of(url: str) -> str:
    """Of an absolute address, in small letters; empty where it has none or is of another sort."""
    found = _HOST.match(url)
    if found is None:
        return ""
    host = found[1].lower().rstrip(".").removeprefix("www.")
    return host if "." in host else ""


def is_known(host: str) -> bool:
    """A platform, a tool or an institution that pages of all kinds link to."""
    return name_of(host) in KNOWN_LABELS and not _is_hosted(host)


def _is_hosted(host: str) -> bool:
    """Somebody's own place at a hoster: `cheap-pills.blogspot.com`."""
    labels = domain_of(host).split(".")
    return len(labels) == 3 and labels[1] in _HOSTERS


def is_public_body(host: str) -> bool:
    """A university's or an authority's: hosts that are broken into to carry such links, as they weigh more."""
    return not {"gov", "go", "gob", "edu", "ac", "mil", "gouv"}.isdisjoint(domain_of(host).split(".")[1:])


def are_related(host: str, other: str) -> bool:
    """The same registered name, or one that begins or ends with the other: `bbc.com` and `bbc.co.uk`, `xyz-shop.com`."""
    one, two = name_of(host), name_of(other)
    if one == two or domain_of(host) == domain_of(other):
        return True
    shorter, longer = sorted((_PARTS.sub("", one), _PARTS.sub("", two)), key=len)
    return len(shorter) >= 5 and (longer.startswith(shorter) or longer.endswith(shorter))
