"""What people write into files and rooms, as it is kept: one check for each shape."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from parvis.core.errors import BadInput, Conflict, FieldMissing, TextTooLong
from parvis.core.wording import Text

LONGEST_TEXT = 20_000
M = TypeVar("M", bound=Model)


def line_from(written: str, *, field: Text, limit: int) -> str:
    """One line, needed. Raises FieldMissing, TextTooLong."""
    return text_from(" ".join(written.split()), field=field, limit=limit)


def text_from(written: str, *, field: Text, limit: int = LONGEST_TEXT) -> str:
    """Needed. Raises FieldMissing, TextTooLong."""
    text = maybe_text(written, limit=limit)
    if not text:
        raise FieldMissing(field=field)
    return text


def maybe_text(written: str, *, limit: int = LONGEST_TEXT) -> str:
    """Raises TextTooLong."""
    text = written.replace("\0", "").strip()
    if len(text) > limit:
        raise TextTooLong(length=len(text), limit=limit)
    return text


def address_from(written: str) -> str:
    """Of a page, as it stands; nothing is fetched. Raises BadInput."""
    address = text_from(written, field=Text("address", "adresse"), limit=2_000)
    if not address.startswith(("http://", "https://")) or any(sign.isspace() for sign in address):
        raise BadInput(
            detail=Text(
                "an address begins with https:// and has no spaces",
                "une adresse commence par https:// et n’a pas d’espaces",
            )
        )
    return address


def language_tag(written: str) -> str:
    """As in "fr" or "de-CH"; "" where it is left open. Raises BadInput."""
    tag = written.strip()[:8]
    if tag and not all(part.isalnum() for part in tag.split("-")):
        raise BadInput(detail=Text("this is not a language", "ce n’est pas une langue"))
    return tag


def locked(rows: QuerySet[M], key: int) -> M:
    """The row as it stands, held until the caller's transaction ends."""
    row: M = rows.select_for_update(of=("self",), no_key=True).get(pk=key)
    return row


def must_be_newest(revision: int, seen: int | None) -> None:
    """Raises Conflict where somebody changed it since the member opened it; None: they did not look."""
    if seen is not None and revision != seen:
        raise Conflict(
            who=Text("Somebody else", "Quelqu’un d’autre"),
            detail=Text("this has been changed since you opened it", "ceci a changé depuis que vous l’avez ouvert"),
        )
