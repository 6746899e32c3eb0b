"""How often a source is asked that does not say so itself: learned from how often something new came.

Multiplicative, so that a source that wakes up is asked often again after a few answers, and one that
falls silent is soon left alone. In the long run about one reading in four brings something new: one
that changes every hour is asked three to five times an hour, one that changes every week once a day.
"""

SHORTEST_S = 60.0
LONGEST_S = 86_400.0
_AFTER_NEWS = 0.5
_AFTER_NOTHING = 1.25
_MOST_AT_ONCE = 4.0


def adapted_s(interval_s: float, *, elapsed_s: float, new_count: int) -> float:
    """The next interval, in seconds, between SHORTEST_S and LONGEST_S.

    `elapsed_s` is the time since the reading before, `new_count` what this one found that was not there
    then. Several at once tell more than one: 24 within a day make it an hour at most.
    """
    if elapsed_s < 0:
        elapsed_s = 0.0
    if new_count > 0:
        return _within(min(interval_s * _AFTER_NEWS, max(elapsed_s, SHORTEST_S) / new_count))
    # A reading that somebody asked for in between tells less than a whole interval of silence does.
    intervals = min(elapsed_s / max(interval_s, 1.0), _MOST_AT_ONCE)
    return _within(interval_s * _AFTER_NOTHING**intervals)


def spread_s(interval_s: float, share: float) -> float:
    """The same give or take a tenth, by a share from 0 to 1: sources added together are not asked together for ever."""
    return interval_s * (0.9 + 0.2 * min(max(share, 0.0), 1.0))


def _within(interval_s: float) -> float:
    return min(max(interval_s, SHORTEST_S), LONGEST_S)
