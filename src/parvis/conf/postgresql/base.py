"""Django's PostgreSQL backend, with a cheaper look at a kept connection and a faster way to read times.

Before a page, Django asks a kept connection for `SELECT 1`. A server that ended or was started again has
closed its end, and that can be seen without asking: only a connection that was long idle is asked, since
a network may have dropped it in silence.
"""

import select
import time
from functools import lru_cache
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.adapt import AdaptersMap
from psycopg.pq import ConnStatus, TransactionStatus
from psycopg.types.datetime import TimestamptzLoader

ASKED_AFTER_S = 30.0
"""Idle for so long, a connection is asked whether it is still there."""


class DatabaseWrapper(base.DatabaseWrapper):
    _used_at_s = 0.0

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        params["context"] = _adapters(params["context"])
        return params

    def create_cursor(self, name: str | None = None) -> Any:
        """Every connection speaks UTC (TIME_ZONE), so that no cursor needs a zone of its own."""
        if name:
            return self.connection.cursor(name, scrollable=False, withhold=self.connection.autocommit)
        return self.connection.cursor()

    def is_usable(self) -> bool:
        if self.connection is None:
            return False
        now_s = time.monotonic()
        is_fresh, self._used_at_s = now_s - self._used_at_s < ASKED_AFTER_S, now_s
        if is_fresh and not self.errors_occurred and _is_quiet(self.connection):
            return True
        return bool(super().is_usable())


def _is_quiet(connection: psycopg.Connection[Any]) -> bool:
    """Open, between transactions, and nothing has come unasked: a server that goes says so, then closes."""
    try:
        pgconn = connection.pgconn
        if pgconn.status != ConnStatus.OK or pgconn.transaction_status != TransactionStatus.IDLE:
            return False
        looking = select.poll()
        looking.register(pgconn.socket, select.POLLIN)
        return not looking.poll(0)
    except (psycopg.Error, OSError, ValueError):
        return False


@lru_cache
def _adapters(django: AdaptersMap) -> AdaptersMap:
    """Django's own, but times read by psycopg's compiled loader: a list of fifty rows holds a hundred of them."""
    adapters = AdaptersMap(django)
    adapters.register_loader("timestamptz", TimestamptzLoader)
    return adapters


__all__ = ["DatabaseWrapper"]
