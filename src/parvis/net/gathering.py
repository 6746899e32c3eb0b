"""What comes one by one from a connection, given on in batches: a step a message would cost a transaction each."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Generic, TypeVar

T = TypeVar("T")

GATHER_S = 0.4
"""Between two batches, at least: what comes alone is given on at once, and what comes fast in so many steps a second."""
TOGETHER_S = 0.02
"""What is sent as one thing may arrive in several pieces."""
MOST_A_BATCH = 2_000
MOST_WAITING_BYTES = 16_000_000
"""Of what has arrived and is not taken yet; beyond it nothing is read, so that the other side has to wait."""


class _Waiting(Generic[T]):
    """Between the connection and those who take: bounded, in order, with how it ended at its end."""

    def __init__(self, size_of: Callable[[T], int], gather_s: float) -> None:
        self._size_of = size_of
        self._gather_s = gather_s
        self._pieces: deque[T] = deque()
        self._size_bytes = 0
        self._is_over = False
        self._error: BaseException | None = None
        self._changed = asyncio.Condition()

    @property
    def _is_full(self) -> bool:
        return len(self._pieces) >= MOST_A_BATCH or self._size_bytes >= MOST_WAITING_BYTES

    async def fill(self, source: AsyncIterator[T]) -> None:
        try:
            async for piece in source:
                await self._put(piece)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where the batches are taken
            self._error = error
        finally:
            self._is_over = True
            async with self._changed:
                self._changed.notify_all()

    async def _put(self, piece: T) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: not self._is_full)
            self._pieces.append(piece)
            self._size_bytes += self._size_of(piece)
            self._changed.notify_all()

    async def batches(self) -> AsyncGenerator[tuple[T, ...], None]:
        """What came since the last one, `gather_s` after it at the earliest; then what ended it is raised."""
        loop = asyncio.get_running_loop()
        not_before_s = loop.time()
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._pieces or self._is_over)
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(max(not_before_s, loop.time() + TOGETHER_S)):
                        await self._changed.wait_for(lambda: self._is_full or self._is_over)
                not_before_s = loop.time() + self._gather_s
                batch = tuple(self._pieces)
                self._pieces.clear()
                self._size_bytes = 0
                self._changed.notify_all()
            if batch:
                yield batch
            elif self._error is not None:
                raise self._error
            else:
                return


@asynccontextmanager
async def gathered(
    source: AsyncIterator[T], *, size_of: Callable[[T], int], gather_s: float = GATHER_S
) -> AsyncGenerator[AsyncIterator[tuple[T, ...]], None]:
    """The source's pieces in batches, read by a task of its own that ends with the block."""
    waiting = _Waiting(size_of, gather_s)
    reading = asyncio.create_task(waiting.fill(source))
    try:
        yield waiting.batches()
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
