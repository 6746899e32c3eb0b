"""What the tests of the outbox share: a simulated platform, and delivery at a moment of the test's choosing."""

import asyncio
import queue
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from parvis.channels.delivery import InDatabase, deliver_due
from parvis.channels.models import Channel, Effect, Item
from parvis.channels.registry import added
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions
from parvis.testing.factories import make_channel, make_item
from parvis.testing.simulated import simulated
from parvis.testing.simulator import Simulator


@contextmanager
def platform(**declared: Any) -> Iterator[Simulator]:
    """The simulator, with its connector installed."""
    with Simulator() as simulator, added(simulated(**declared)):
        yield simulator


def channel_on(simulator: Simulator, department=None, **fields: Any) -> Channel:
    fields = {"connector": "simulated", "address": simulator.address, **fields}
    return make_channel(department, **fields)


def held_items(channel: Channel, count: int) -> list[Item]:
    return [make_item(channel, status="held", remote_id=f"comment:{number}") for number in range(1, count + 1)]


def deliver(now, **options: Any) -> int:
    """One worker carries out what is due at `now`, where time stands still, and is gone."""

    async def work(in_database):
        async with HttpClient(ClientOptions(allowed_private_hosts=frozenset({"127.0.0.1"}))) as client:
            return await deliver_due(
                client,
                **{"worker": "worker-a", "now": now, "clock": lambda: now, "in_database": in_database, **options},
            )

    return run_beside(work)


def run_beside(work: Callable[[InDatabase], Awaitable[Any]]) -> Any:
    """Runs the loop in a thread of its own, and what needs the database here, where the test's rows are seen."""
    asked: queue.Queue[Callable[[], None] | None] = queue.Queue()

    async def in_database(function, *arguments):
        answer: Future[Any] = Future()

        def call():
            try:
                answer.set_result(function(*arguments))
            except BaseException as error:  # noqa: BLE001 - raised again where it was asked for
                answer.set_exception(error)

        asked.put(call)
        return await asyncio.wrap_future(answer)

    with ThreadPoolExecutor(1) as executor:
        ended = executor.submit(lambda: asyncio.run(work(in_database)))
        ended.add_done_callback(lambda _: asked.put(None))
        while (call := asked.get()) is not None:
            call()
        return ended.result()


def state_of(effect: Effect) -> str:
    effect.refresh_from_db()
    return effect.state
