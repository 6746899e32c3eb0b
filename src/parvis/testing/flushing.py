"""Lets transactional tests empty the audit trail between them, which the database otherwise refuses."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from django.db import connection
from django.test import TransactionTestCase

from parvis.orgs.audit_guard import lower_guard


@contextmanager
def trail_is_emptied_between_tests() -> Iterator[None]:
    """The guard stands again after each flush: `post_migrate` raises it."""
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]  # noqa: SLF001

    def lowered(case: TransactionTestCase) -> None:
        lower_guard(connection)
        flush(case)

    with patch.object(TransactionTestCase, "_fixture_teardown", lowered):
        yield
