"""A real worker that dies at a step of its own choosing, by a clock that may be turned; nothing of it is product code.

`python -m … LEASE_S STEP COUNT CLOCK-FILE`: it kills itself when it comes to the step for the COUNTth time. STEP is a
name of `parvis.jobs.steps`, or one of BESIDE. The clock file holds by how many seconds its clock is ahead.
"""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from parvis.cli import open_django

BESIDE = (
    "claim.before",
    "record.before",
    "failure.before",
    "release.before",
    "follow.before",
    "follow.after",
    "take_in.before",
)
"""Where no named step is: before a claim, before a record, at both ends of following."""


class Death:
    """Comes once, by SIGKILL."""

    def __init__(self, step: str, count: int) -> None:
        self.step, self.count = step, count
        self.seen: Counter[str] = Counter()

    def at(self, name: str) -> None:
        self.seen[name] += 1
        if name == self.step and self.seen[name] == self.count:
            os.kill(os.getpid(), signal.SIGKILL)


class Clock:
    def __init__(self, file: Path) -> None:
        self.file, self.ahead, self._looked_s = file, timedelta(), 0.0

    def __call__(self) -> datetime:
        if time.monotonic() - self._looked_s > 0.05:
            self._looked_s = time.monotonic()
            self.ahead = timedelta(seconds=float(self.file.read_text() or 0)) if self.file.exists() else timedelta()
        return datetime.now(UTC) + self.ahead


def patch(death: Death) -> None:
    """Every module that knows `at` gets the other; functions without a step get one at their ends."""
    from parvis.channels import delivery
    from parvis.jobs import lease_watch, steps
    from parvis.worker import process, publishing

    original = steps.at
    for module in list(sys.modules.values()):
        if getattr(module, "at", None) is original:
            module.at = death.at  # type: ignore[attr-defined]
    for place, name, before, after in (
        (delivery, "claim_errands", "claim.before", ""),
        (delivery, "record_all_done", "record.before", ""),
        (delivery, "record_failure", "failure.before", ""),
        (delivery, "_take_in", "take_in.before", ""),
        (publishing, "release_due", "release.before", ""),
        (publishing, "follow", "follow.before", "follow.after"),
    ):
        setattr(place, name, _stepped(death, getattr(place, name), before=before, after=after))
    # What takes minutes by design, so that no lease of an hour ahead holds up the bench.
    lease_watch.LONGEST = timedelta(seconds=20)
    process._RARE_EVERY_S = 4.0  # noqa: SLF001


def _stepped(death: Death, function: Callable[..., Any], *, before: str, after: str) -> Callable[..., Any]:
    @wraps(function)
    def stepped(*arguments: Any, **named: Any) -> Any:
        death.at(before)
        result = function(*arguments, **named)
        if after:
            death.at(after)
        return result

    return stepped


def main(lease_s: float, step: str, count: int, clock_file: Path) -> None:
    open_django()
    import parvis.channels.intake
    import parvis.flows.route
    from parvis.worker.process import Worker

    assert parvis.channels.intake and parvis.flows.route
    patch(Death(step, count))

    async def work() -> None:
        await Worker(lease_s=lease_s, clock=Clock(clock_file)).run()

    asyncio.run(work())


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
