"""Fixtures of every test. The database is SQLite, or PostgreSQL where PARVIS_DATABASE names one."""

import os
from datetime import datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OF_SQLITE = (
    "src", "tests/core", "tests/net", "tests/architecture",
    "tests/worker/test_desk_under_stress.py", "tests/worker/test_disk_trouble.py",
)  # fmt: skip
OF_POSTGRESQL = (
    "tests/browser/test_axe_entrance.py", "tests/browser/test_hostile_watch.py", "tests/browser/test_keys.py",
    "tests/worker/test_run.py", "tests/real/test_oidc.py", "tests/real/test_website.py", "tests/real/test_wordpress_acts.py",
    "tests/real/test_wordpress_connector.py", "tests/real/test_wordpress_delivery.py",
)  # fmt: skip
"""What no database makes different: where script/test runs both halves side by side, it is in one of them.

SQLite's has the real servers besides, but for WordPress and the one that signs people in.
"""
SHARED_OUT = (
    "tests/browser/test_axe.py", "tests/browser/test_looks.py", "tests/browser/test_hostile_text.py",
    "tests/web/test_garbage.py", "tests/web/test_who_sees_what.py",
)  # fmt: skip
"""Every page and address once, each second one by either half; PARVIS_TEST_LONG runs them all on both."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "PARVIS_TEST_HALVES" not in os.environ or "PARVIS_TEST_LONG" in os.environ:
        return
    is_postgresql = bool(os.environ.get("PARVIS_DATABASE"))
    shared = [item for item in items if _is_in(item, SHARED_OUT)]
    left = set(shared[int(is_postgresql) :: 2])
    left.update(item for item in items if _is_in(item, OF_SQLITE if is_postgresql else OF_POSTGRESQL))
    config.hook.pytest_deselected(items=list(left))
    items[:] = [item for item in items if item not in left]


def _is_in(item: pytest.Item, places: tuple[str, ...]) -> bool:
    return any(item.path.is_relative_to(ROOT / place) for place in places)


@pytest.fixture
def now() -> datetime:
    from parvis.testing.clock import MONDAY

    return MONDAY


@pytest.fixture
def cast(db):
    from parvis.testing.cast import make_cast

    return make_cast()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    from parvis.testing.prepared import tests_begin_prepared

    with tests_begin_prepared():
        yield


@pytest.fixture(scope="module")
def shared_db(django_db_setup, django_db_blocker):
    """For rows that a whole module reads: each of its tests, marked django_db, is rolled back to them."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True, scope="session")
def _trail_is_emptied_between_tests():
    from parvis.testing.flushing import trail_is_emptied_between_tests

    with trail_is_emptied_between_tests():
        yield
