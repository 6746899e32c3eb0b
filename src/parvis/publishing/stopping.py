"""Parts of a publication that are on their way are stopped, as far as that is still possible."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from parvis.channels.models import Effect, EffectState
from parvis.channels.outbox import take_back

_UNDER_WAY = (EffectState.SENDING, EffectState.UNSURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    taken_back: int
    too_late: int
    """Parts whose call has begun: they may appear all the same."""


def stop_parts(effects: Sequence[Effect], *, now: datetime, drops_stuck: bool = False) -> Stopped:
    """The caller holds the effects. `drops_stuck`: also what waits for a person and certainly did not happen."""
    untried = [one for one in effects if one.state == EffectState.WAITING and one.try_count == 0]
    taken = take_back(untried, now=now, partial=True) if untried else 0
    clear = Effect.objects.filter(pk__in=[one.pk for one in effects], is_in_doubt=False)
    states = [EffectState.WAITING, *([EffectState.NEEDS_PERSON] if drops_stuck else [])]
    taken += clear.filter(state__in=states).update(
        state=EffectState.CANCELLED, next_try_at=None, finished_at=now, leased_by="", leased_until=None
    )
    return Stopped(taken_back=taken, too_late=sum(one.state in _UNDER_WAY or one.is_in_doubt for one in effects))
