"""How often somebody asks for one thing, counted by the span: for what is open without a sign-in."""

import hashlib

from django.core.cache import cache


def is_too_often(what: str, who: str, *, most: int, span_s: int) -> bool:
    """Counts this time too. `who` is kept as a hash alone."""
    name = f"often-{what}-{hashlib.sha256(who.encode()).hexdigest()[:24]}"
    if cache.add(name, 1, span_s):
        return False
    try:
        return cache.incr(name) > most
    except ValueError:  # it ran out this moment
        return False
