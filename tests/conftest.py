"""Fixtures of every test. The database is SQLite, or PostgreSQL where PARVIS_DATABASE names one."""

import os
from datetime import datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ONCE_IS_ENOUGH = (
    "src", "tests/core", "tests/net", "tests/architecture",
    "tests/browser/test_axe_entrance.py", "tests/browser/test_hostile_watch.py", "tests/browser/test_keys.py",
)  # fmt: skip
"""What no database makes different: where script/test runs both halves side by side, they are PostgreSQL's.

SQLite's has the real servers instead.
"""
SHARED_OUT = (
    "tests/browser/test_axe.py", "tests/browser/test_looks.py", "tests/browser/test_hostile_text.py",
    "tests/web/test_garbage.py", "tests/web/test_who_sees_what.py",
)  # fmt: skip
"""Every page and address once, each second one by either half; PARVIS_TEST_LONG runs them all on both."""


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    if "PARVIS_TEST_HALVES" not in os.environ or os.environ.get("PARVIS_DATABASE") or "PARVIS_TEST_LONG" in os.environ:
        return None
    return True if any(collection_path == ROOT / place for place in ONCE_IS_ENOUGH) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "PARVIS_TEST_HALVES" not in os.environ or "PARVIS_TEST_LONG" in os.environ:
        return
    if not os.environ.get("PARVIS_DATABASE"):  # pytest asks who may ignore a place only beside it
        left = [item for item in items if item.path.is_relative_to(ROOT / "src")]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not item.path.is_relative_to(ROOT / "src")]
    shared = [item for item in items if any(item.path == ROOT / place for place in SHARED_OUT)]
    others = set(shared[(1 if os.environ.get("PARVIS_DATABASE") else 0) :: 2])
    config.hook.pytest_deselected(items=list(others))
    items[:] = [item for item in items if item not in others]


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
