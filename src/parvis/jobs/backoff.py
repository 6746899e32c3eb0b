"""How long to wait before the next try."""

import random


def backoff_s(
    failure_count: int,
    *,
    retry_after_s: float | None = None,
    first_s: float = 5.0,
    longest_s: float = 3600.0,
    share: float | None = None,
) -> float:
    """Seconds until the next try after so many failures in a row: doubling, up to `longest_s`.

    A part of up to a quarter is added by chance (`share`, 0 to 1, fixes it), so that what failed
    together does not come back together. Never less than the other side asked for.
    """
    doubled_s = min(first_s * 2.0 ** min(max(failure_count - 1, 0), 30), longest_s)
    part = random.random() if share is None else share  # noqa: S311
    return max(doubled_s, retry_after_s or 0.0) * (1 + part / 4)
