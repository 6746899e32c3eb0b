"""The one thread of an asynchronous process in which the database is used."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from django.db import close_old_connections, connections

R = TypeVar("R")


class DatabaseThread:
    """`await in_database(function, *arguments, **named)` runs a plain function there, one after the other."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")

    async def __call__(self, function: Callable[..., R], *arguments: Any, **named: Any) -> R:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(_with_live_connection, function, *arguments, **named))

    async def aclose(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, connections.close_all)
        self._executor.shutdown(wait=False)


def _with_live_connection(function: Callable[..., R], *arguments: Any, **named: Any) -> R:
    """A connection that the server closed is opened anew, never used."""
    close_old_connections()
    return function(*arguments, **named)
