"""Fixtures of every test. The database is SQLite, or PostgreSQL where PARVIS_DATABASE names one."""

import os
from datetime import datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ONCE_IS_ENOUGH = (
    "src", "tests/core", "tests/net", "tests/architecture",
    "tests/browser/test_axe.py", "tests/browser/test_axe_entrance.py", "tests/browser/test_looks.py",
    "tests/browser/test_hostile_text.py", "tests/browser/test_hostile_watch.py", "tests/browser/test_keys.py",
)  # fmt: skip
"""What no database makes different: where script/test runs both halves side by side, they are PostgreSQL's.

SQLite's has the real servers instead.
"""


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    if "PARVIS_TEST_HALVES" not in os.environ or os.environ.get("PARVIS_DATABASE"):
        return None
    return True if any(collection_path == ROOT / place for place in ONCE_IS_ENOUGH) else None


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
