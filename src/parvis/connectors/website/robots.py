"""What a site asks of programs: robots.txt (RFC 9309), and the two lines beside it that many write.

Our own reading: Python's knows neither wildcards nor the longest match, and reads without end.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

OWN_NAME = "parvis"
"""Our name, as a site may address us by."""
MOST_BYTES = 500_000
"""RFC 9309 asks for 500 KiB at least; what comes after is not read."""
MOST_RULES = 1000
MOST_SITEMAPS = 50
LONGEST_DELAY_S = 30.0
_LONGEST_PATTERN = 500
_MOST_AGENTS = 100
"""That share one group."""
_LINE = re.compile(r"\s*([A-Za-z-]{1,30})\s*:\s*([^#\r\n]{0,2000})")


@dataclass(frozen=True, slots=True)
class Robots:
    """`rules` are (allows, path); `delay_s` None where the site does not ask for one."""

    rules: tuple[tuple[bool, str], ...] = ()
    delay_s: float | None = None
    sitemaps: tuple[str, ...] = ()

    def allows(self, url: str) -> bool:
        """The longest rule that fits decides, and of two equally long ones the one that allows."""
        path = path_of(url)
        fitting = ((len(rule), allows) for allows, rule in self.rules if _fits(rule, path))
        return max(fitting, default=(0, True))[1]


def read_robots(body: bytes) -> Robots:
    """The group that names us, else the one for all. Never fails: a line that is none is passed over."""
    groups: dict[str, list[tuple[bool, str]]] = {}
    delays: dict[str, float] = {}
    sitemaps: dict[str, None] = {}
    agents: list[str] = []
    is_naming = False
    for name, value in _lines(body):
        if name == "user-agent":
            agents = agents if is_naming else []
            is_naming = True
            if len(agents) < _MOST_AGENTS:
                agents.append(_agent(value))
                groups.setdefault(agents[-1], [])
            continue
        if name == "sitemap":
            sitemaps.setdefault(value)
            continue
        is_naming = False
        for agent in set(agents):
            if name in {"allow", "disallow"} and value and len(groups[agent]) < MOST_RULES:
                groups[agent].append((name == "allow", _pattern(value)))
            elif name == "crawl-delay" and (delay_s := _seconds(value)) is not None:
                delays.setdefault(agent, delay_s)
    own = OWN_NAME if OWN_NAME in groups else "*"
    return Robots(
        rules=tuple(groups.get(own, ())),
        delay_s=delays.get(own),
        sitemaps=tuple(sitemaps)[:MOST_SITEMAPS],
    )


def _lines(body: bytes) -> Iterator[tuple[str, str]]:
    for line in re.split(r"\r\n|\n|\r", body[:MOST_BYTES].decode("utf-8-sig", "replace")):
        if found := _LINE.match(line):
            yield found[1].lower(), found[2].strip()


def _agent(value: str) -> str:
    """The product alone: "Parvis/1.0 (x)" means us too."""
    found = re.match(r"[A-Za-z_*-]+", value)
    return found[0].lower() if found else ""


def _pattern(value: str) -> str:
    """Runs of * mean one."""
    return re.sub(r"\*+", "*", _even(value[:_LONGEST_PATTERN]))


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return _even((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _even(path: str) -> str:
    """The same whether it was written with escapes or without."""
    return quote(unquote(path), safe="/*$?&=;:@!,+~'()%")


def _fits(rule: str, path: str) -> bool:
    """Without a regular expression: a rule of many stars must not cost more than its length times the path's."""
    ends = rule.endswith("$")
    first, *rest = rule.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    place = len(first)
    if not rest:
        return not ends or place == len(path)
    for piece in rest[:-1]:
        found = path.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    if ends:
        return path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= place
    return path.find(rest[-1], place) >= 0


def _seconds(value: str) -> float | None:
    try:
        delay_s = float(value)
    except ValueError:
        return None
    return min(delay_s, LONGEST_DELAY_S) if delay_s >= 0 else None
