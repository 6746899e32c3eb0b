"""When a channel is read again: what its source says, else its own interval, which a source's channel learns."""

import random
from datetime import datetime

from parvis.channels.models import Channel
from parvis.channels.registry import is_streamed
from parvis.core.interval import adapted_s, spread_s


def is_source(channel: Channel) -> bool:
    """Nothing of it waits for somebody by itself; a presence is read as often as its connector says."""
    return not channel.opens_conversations


def interval_after_s(channel: Channel, *, new_count: int, now: datetime, told_s: float | None) -> float:
    """The channel's interval after a reading that came to its end; `told_s` is what the source itself asked for."""
    if told_s or not is_source(channel) or is_streamed(channel) or not _is_rereading(channel):
        return float(channel.interval_s)
    assert channel.last_success_at is not None
    elapsed_s = (now - channel.last_success_at).total_seconds()
    return adapted_s(channel.interval_s, elapsed_s=elapsed_s, new_count=new_count)


def _is_rereading(channel: Channel) -> bool:
    """False for the first reading and the turns that go on with it: all that they bring is new to us, not to the world."""
    if channel.last_success_at is None:
        return False
    return channel.next_sync_at is None or channel.next_sync_at > channel.last_success_at


def wait_s(channel: Channel, interval_s: float, *, told_s: float | None) -> float:
    if told_s:
        return told_s
    return spread_s(interval_s, random.random()) if is_source(channel) else interval_s  # noqa: S311 - no secret
