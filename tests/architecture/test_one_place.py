"""A connector is one folder: nothing outside it names it."""

import pkgutil
import re
from functools import cache
from pathlib import Path

import pytest

import parvis.connectors

SOURCE = Path(parvis.__file__).parent
SLUGS = [found.name for found in pkgutil.iter_modules(parvis.connectors.__path__)]
CONNECTORS = SOURCE / "connectors"
"""In another connector's folder the word means something else: a field of its platform's JSON, a form of file."""
DATA = {  # rows made for tests and demonstrations may say of which platform they are
    SOURCE / "testing",
    SOURCE / "flows" / "demo",
}


@cache
def sources():
    paths = [*SOURCE.rglob("*.py"), *SOURCE.rglob("*.html")]
    return {
        path: path.read_text(encoding="utf-8") for path in paths if not any(place in path.parents for place in DATA)
    }


def lines_outside(slug):
    """Only of the files in which the word stands at all."""
    own = SOURCE / "connectors" / slug
    for path, text in sources().items():
        if own not in path.parents and slug in text:
            yield from ((path, line) for line in text.splitlines())


@pytest.mark.parametrize("slug", SLUGS)
def test_no_connector_is_named_outside_its_folder(slug):
    imported = re.compile(rf"parvis\.connectors\.{slug}\b")
    named = re.compile(rf"""["']{slug}["']|{imported.pattern}""")
    guilty = [
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for path, line in lines_outside(slug)
        if (imported if CONNECTORS in path.parents else named).search(line)
    ]
    assert guilty == []


def test_the_test_sees_connectors_at_all():
    assert len(SLUGS) >= 3
