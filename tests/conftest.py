"""Fixtures of every test. The database is SQLite, or PostgreSQL where PARVIS_DATABASE names one."""

from datetime import datetime

import pytest


@pytest.fixture
def now() -> datetime:
    from parvis.testing.clock import MONDAY

    return MONDAY


@pytest.fixture
def cast(db):
    from parvis.testing.cast import make_cast

    return make_cast()


@pytest.fixture(autouse=True, scope="session")
def _trail_is_emptied_between_tests():
    from parvis.testing.flushing import trail_is_emptied_between_tests

    with trail_is_emptied_between_tests():
        yield
