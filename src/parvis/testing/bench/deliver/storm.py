"""One house in the storm, in a process of its own: JSON on standard input, what was done and what came of it on standard output."""

import json
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from parvis.testing.bench.deliver import house  # opens Django
from parvis.testing.bench.deliver.relay import FAULTS
from parvis.testing.bench.deliver.worker import BESIDE

# isort: split
from django.db import OperationalError

from parvis.channels.models import Attempt, Channel, Effect, EffectState
from parvis.jobs.steps import STEPS
from parvis.publishing.models import Publication, PublicationState

LEASE_S = 8.0
RATE = 0.02
"""Of each fault."""
MANY = frozenset({"deliver.before_call", "deliver.after_call", "take_in.before"})
"""Steps that come once an order, not once a turn."""
LONGEST_LIFE_S = 16.0
OPEN = (PublicationState.PLANNED, PublicationState.RELEASED, PublicationState.HELD)
_NAMED = [step for prefix in ("publish.", "deliver.", "intake.") for step in STEPS if step.startswith(prefix)]
STEPS_TO_DIE_AT = [*_NAMED, *BESIDE]
CALM_AFTER_S, LONGEST_S = 600.0, 2400.0
_WORKER = "parvis.testing.bench.deliver.worker"


@dataclass
class Slot:
    """One place for a worker; what dies there is followed by another."""

    clock: Path
    process: "subprocess.Popen[bytes] | None" = None
    step: str = ""
    ends_s: float = 0.0
    is_stopped: bool = False


@dataclass
class Storm:
    chance: random.Random
    place: Path
    relay: str
    most_workers: int
    most_kills: int
    kills: int = 0
    killed_at: Counter[str] = field(default_factory=Counter)
    clock: Counter[str] = field(default_factory=Counter)
    slots: list[Slot] = field(default_factory=list)
    next_step: int = 0
    never_reached: set[str] = field(default_factory=set)
    """Steps that a whole life went by without: this platform has them seldom or not at all."""

    def run(self) -> None:
        try:
            self.blow()
        finally:
            for slot in self.slots:
                if slot.process is not None and slot.process.poll() is None:
                    slot.process.send_signal(signal.SIGCONT)
                    slot.process.terminate()
                    slot.process.wait(60)

    def blow(self) -> None:
        """Until all is sent or stuck, and so many workers were killed; the end of it is calm."""
        began_s = time.monotonic()
        self.rates(RATE)
        turned_s = time.monotonic()
        while time.monotonic() - began_s < LONGEST_S:
            share = self.share_done()
            is_calm = self.kills >= self.most_kills or time.monotonic() - began_s > CALM_AFTER_S
            if is_calm and share >= 1.0:
                break
            self.keep(1 if share < 0.2 else min(2, self.most_workers) if share < 0.55 else self.most_workers, is_calm)
            if is_calm:
                self.rates(0.0)
                self.turn(0)
            elif time.monotonic() - turned_s > 5:
                turned_s = time.monotonic()
                self.turn(self.chance.choice((0, 0, 3600, -3600)))
            hurry()
            time.sleep(0.25)

    def share_done(self) -> float:
        rows = Publication.objects.all()
        return 1 - rows.filter(state__in=OPEN).count() / max(rows.count(), 1)

    def keep(self, count: int, is_calm: bool) -> None:
        """So many at work. The one that dies is the oldest step's; some are put to sleep beyond their leases first."""
        while len(self.slots) < count:
            self.slots.append(Slot(self.place / f"clock{len(self.slots)}"))
        for slot in self.slots:
            now_s = time.monotonic()
            if slot.process is not None and slot.process.poll() is None:
                if now_s < slot.ends_s or is_calm:
                    if is_calm and slot.is_stopped:
                        slot.process.send_signal(signal.SIGCONT)
                        slot.is_stopped = False
                    continue
                if not slot.is_stopped and self.chance.random() < 0.2:
                    slot.process.send_signal(signal.SIGSTOP)
                    slot.is_stopped, slot.ends_s = True, now_s + LEASE_S + 2
                    self.killed_at["slept beyond its lease, woke"] += 1
                    continue
                if slot.is_stopped:
                    slot.process.send_signal(signal.SIGCONT)
                    slot.is_stopped, slot.ends_s = False, now_s + 2
                    continue
                slot.process.kill()
                self.never_reached.add(slot.step)
                slot.step = "anywhere"
            if slot.process is not None:
                self.note(slot, slot.process.wait(20))
            self.start(slot, is_calm)

    def note(self, slot: Slot, code: int) -> None:
        if code == -signal.SIGKILL:
            self.kills += 1
            self.killed_at[slot.step] += 1
        else:
            self.killed_at[f"ended with {code}"] += 1

    def start(self, slot: Slot, is_calm: bool) -> None:
        steps = [step for step in STEPS_TO_DIE_AT if step not in self.never_reached] or ["anywhere"]
        slot.step = "none" if is_calm else steps[self.next_step % len(steps)]
        self.next_step += 1
        count = self.chance.randint(1, 20 if slot.step in MANY else 3)
        command = [sys.executable, "-m", _WORKER, str(LEASE_S), slot.step, str(count), str(slot.clock)]
        with (self.place / "log").open("ab") as log:
            slot.process = subprocess.Popen(command, stderr=log, stdout=log)
        slot.ends_s, slot.is_stopped = time.monotonic() + LONGEST_LIFE_S * self.chance.uniform(0.5, 1.5), False

    def turn(self, ahead_s: int) -> None:
        """The clock of one worker, or of all, as one machine's is turned."""
        chosen = self.slots if not ahead_s or self.chance.random() < 0.5 else self.chance.sample(self.slots, 1)
        for slot in chosen:
            before = slot.clock.read_text() if slot.clock.exists() else "0"
            if before != str(ahead_s):
                slot.clock.write_text(str(ahead_s))
                self.clock["clock_turns"] += 1

    def rates(self, rate: float) -> None:
        body = json.dumps({"rates": dict.fromkeys(FAULTS, rate)}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.relay}/_relay", data=body), timeout=30).close()

    def faults(self) -> dict[str, int]:
        with urllib.request.urlopen(f"{self.relay}/_relay", timeout=30) as answer:
            return dict(json.loads(answer.read()))


def hurry() -> None:
    """The backoff and the pace are not what is tried here. What is unsure keeps its time: that is what is."""
    try:
        now = datetime.now(UTC)
        soon = now + timedelta(seconds=2)
        rows = Effect.objects.filter(state=EffectState.WAITING, try_count__gt=0, next_try_at__gt=soon)
        rows.update(next_try_at=soon)
        Channel.objects.filter(next_send_at__gt=soon).update(next_send_at=soon)
        Channel.objects.filter(state="needs_person").update(state="active", error=None)
    except OperationalError:
        pass  # the workers have it


def main(
    places: list[dict[str, Any]], relay: str, publications: int, seed: int, most_workers: int, kills: int, place: str
) -> dict[str, Any]:
    chance = random.Random(seed)
    mark = f"storm{seed}x{chance.randrange(10**6)}"
    house.fill(places, publications, mark=mark, facts={"requests_per_minute": "6000"})
    due_from = datetime.now(UTC) + timedelta(seconds=5)
    by_second: dict[int, list[int]] = {}
    for number, key in enumerate(Publication.objects.order_by("pk").values_list("pk", flat=True)):
        by_second.setdefault(0 if number % 3 == 0 else chance.randrange(60), []).append(key)
    for second, keys in by_second.items():  # a third at once, the others over a minute
        Publication.objects.filter(pk__in=keys).update(due_at=due_from + timedelta(seconds=second))
    storm = Storm(chance=chance, place=Path(place), relay=relay, most_workers=most_workers, most_kills=kills)
    storm.run()
    return {
        "publications": [
            [one.channel.name.rpartition(" ")[2], one.content["text"], one.state, (one.error or {}).get("code", "")]
            for one in Publication.objects.select_related("channel")
        ],
        "kills": storm.kills, "killed_at": storm.killed_at, "clock": storm.clock, "faults": storm.faults(),
        "attempts": Attempt.objects.count(),
    }  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(**json.loads(sys.stdin.read()))))
