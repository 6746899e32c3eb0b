"""The messages of the program and their French: `python -m parvis.testing.messages` brings django.po up to date."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).resolve().parents[1]
FRENCH = SOURCE / "locale" / "fr" / "LC_MESSAGES" / "django.po"
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def used_messages() -> Catalog:
    """Every message in the Python files and templates."""
    catalog = Catalog()
    for path, source in _sources():
        for line, message, _comments, context in extract("python", BytesIO(source), keywords=KEYWORDS):
            catalog.add(message, context=context, locations=[(str(path.relative_to(SOURCE)), line)])
    return catalog


def french() -> Catalog:
    with FRENCH.open("rb") as file:
        return read_po(file, locale="fr", domain="django")


def faults() -> Iterator[str]:
    """What is missing, fuzzy, left over, or has other places than the original."""
    known, used = french(), used_messages()
    for message in used:
        if not message.id:
            continue
        translation = known.get(message.id, message.context)
        strings = _strings(translation.string) if translation else ()
        if not strings or not all(strings):
            yield f"missing: {message.id!r}"
        elif translation and translation.fuzzy:
            yield f"fuzzy: {message.id!r}"
        elif _places(message.id) != _places(translation.string if translation else ""):
            yield f"other places: {message.id!r}"
    for message in known:
        if message.id and used.get(message.id, message.context) is None:
            yield f"left over: {message.id!r}"


def update() -> None:
    """Adds what is new (empty, to be translated), takes out what is no longer used; parts/*.po are taken in."""
    known, used = french() if FRENCH.exists() else Catalog(locale="fr"), used_messages()
    parts = []
    for path in sorted((SOURCE / "locale" / "fr" / "parts").glob("*.po")):
        with path.open("rb") as file:
            parts.append(read_po(file, locale="fr"))
    fresh = Catalog(locale="fr", domain="django", project="Parvis", fuzzy=False)
    for message in used:
        if not message.id:
            continue
        for source in (known, *parts):
            found = source.get(message.id, message.context)
            if found and all(_strings(found.string)) and isinstance(found.string, str) == isinstance(message.id, str):
                break
        else:
            found = None
        fresh.add(message.id, found.string if found else None, context=message.context, locations=message.locations)
    FRENCH.parent.mkdir(parents=True, exist_ok=True)
    with FRENCH.open("wb") as file:
        write_po(file, fresh, sort_output=True, include_lineno=False, omit_header=False, width=120)


def _sources() -> Iterator[tuple[Path, bytes]]:
    from django.utils.translation.template import templatize

    for path in sorted(SOURCE.rglob("*.py")):
        if "migrations" not in path.parts and not path.name.startswith("test_"):
            yield path, path.read_bytes()
    for path in sorted([*SOURCE.rglob("*.html"), *SOURCE.rglob("*.txt")]):
        if "static" not in path.parts and "vendor_src" not in path.parts and "connectors" not in path.parts:
            source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
            yield path, "\n".join(line.lstrip() for line in source.split("\n")).encode()  # no Python indentation


def _strings(string: object) -> tuple[str, ...]:
    if isinstance(string, (list, tuple)):
        return tuple(string)
    return (str(string or ""),)


def _places(message: object) -> set[str]:
    return {place for string in _strings(message) for place in PLACE.findall(string)}


if __name__ == "__main__":
    from parvis.cli import open_django

    open_django()
    update()
