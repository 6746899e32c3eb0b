"""Holidays of countries and of their parts, by name, in the reader's language.

The library that knows them weighs 6 MB and more: what it says is kept in the cache, so that a process seldom loads it.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.cache import cache

from parvis.core.errors import BadInput
from parvis.core.wording import Text

MOST_REGIONS = 12
_KEPT_S = 30 * 24 * 3600
_FORM = 2
"""Of what is kept: another number forgets what an earlier version wrote."""
_SEPARATOR = re.compile(r"[,;\s]+")


def regions_from(written: str) -> tuple[str, ...]:
    """“CH-VD, FR” as codes. Raises BadInput with the first that is not known, and what is."""
    found = tuple(dict.fromkeys(code.upper() for code in _SEPARATOR.split(written.strip()) if code))
    if len(found) > MOST_REGIONS:
        detail = Text("{count} regions at most", "{count} régions au plus").format(count=MOST_REGIONS)
        raise BadInput(detail=detail)
    if not found:
        return ()
    known = _known()
    for code in found:
        country, _sign, part = code.partition("-")
        if country not in known:
            raise BadInput(detail=_NO_COUNTRY.format(code=code))
        if part and part not in known[country]:
            raise BadInput(detail=_NO_PART.format(code=code, parts=", ".join(known[country]) or "–"))
    return found


def holidays_between(regions: Iterable[str], first: date, last: date, *, language: str) -> dict[date, list[str]]:
    """By day, each name with where it is one: “Noël (CH-VD, FR)”. What the library does not know any more is left out."""
    found: dict[date, dict[str, list[str]]] = {}
    for region in regions:
        for year in range(first.year, last.year + 1):
            for written, name in _of_year(region, year, language).items():
                day = date.fromisoformat(written)
                if first <= day <= last:
                    found.setdefault(day, {}).setdefault(name, []).append(region)
    return {day: [f"{name} ({', '.join(places)})" for name, places in names.items()] for day, names in found.items()}


def _of_year(region: str, year: int, language: str) -> dict[str, str]:
    key = f"holidays-{_FORM}-{region}-{year}-{language}"
    kept: dict[str, str] | None = cache.get(key)
    if kept is None:
        kept = _asked(region, year, language)
        cache.set(key, kept, _KEPT_S)
    return kept


def _asked(region: str, year: int, language: str) -> dict[str, str]:
    import holidays

    country, _sign, part = region.partition("-")
    try:
        spoken = _spoken(holidays.country_holidays(country), language)
        days = holidays.country_holidays(country, subdiv=part or None, years=year, language=spoken)
    except (NotImplementedError, AttributeError):
        return {}
    return {day.isoformat(): days[day] for day in sorted(days)}


def _spoken(country: Any, language: str) -> str | None:
    """The reader's language as the country's calendar has it; None: the country's own."""
    wanted = language.partition("-")[0]
    return next((one for one in country.supported_languages if one.partition("_")[0] == wanted), None)


def _known() -> dict[str, list[str]]:
    import holidays

    return {
        code: [part for part in parts if part.isupper()] for code, parts in holidays.list_supported_countries().items()
    }


_NO_COUNTRY = Text(
    "no holidays are known of “{code}”; write a country or a part of one: CH, CH-VD, FR",
    "aucun jour férié n’est connu pour «\u202f{code}\u202f»\u202f; écrivez un pays ou une de ses parties\u202f: CH, CH-VD, FR",
)
_NO_PART = Text(
    "no holidays are known of “{code}”; known there: {parts}",
    "aucun jour férié n’est connu pour «\u202f{code}\u202f»\u202f; on y connaît\u202f: {parts}",
)
