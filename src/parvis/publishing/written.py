"""A post's content as rows keep it, and back."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from parvis.core.errors import BadInput, ParvisError, TextTooLong
from parvis.core.post import Content
from parvis.core.wording import Text

LONGEST_TEXT = 100_000
FIELDS = frozenset(Content.__struct_fields__)


def as_json(content: Content) -> dict[str, Any]:
    """Raises TextTooLong where no platform would take so much."""
    longest = max(len(content.text), len(content.comment), sum(len(part) for part in content.thread))
    if longest > LONGEST_TEXT:
        raise TextTooLong(length=longest, limit=LONGEST_TEXT)
    found: dict[str, Any] = _clean(json.loads(msgspec.json.encode(content)))
    return found


def as_content(written: Mapping[str, Any]) -> Content:
    """Raises BadInput where a field has no such value."""
    try:
        return msgspec.convert(dict(written), Content)
    except msgspec.ValidationError as error:
        raise BadInput(
            detail=Text("the post cannot be read ({error})", "le contenu est illisible ({error})").format(error=error)
        ) from None


def with_changes(common: Mapping[str, Any], changes: Mapping[str, Any]) -> Content:
    """What is common, with what differs worked in. Raises BadInput."""
    if unknown := changes.keys() - FIELDS:
        raise BadInput(
            detail=Text("a post has no “{field}”", "un contenu n’a pas de «\u202f{field}\u202f»").format(
                field=min(unknown)
            )
        )
    return as_content({**common, **changes})


def as_of_today(written: Mapping[str, Any], changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What was written down earlier, with what a post has come to have since; `changes`: of them instead.

    What cannot be read stays as it is.
    """
    try:
        return as_json(as_content(written)) if changes is None else clean_changes(written, changes)
    except ParvisError:
        return dict(written if changes is None else changes)


def clean_changes(common: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Only what can be said, as rows keep it. Raises BadInput."""
    whole = as_json(with_changes(common, changes))
    return {name: whole[name] for name in changes}


def _clean(value: Any) -> Any:
    """PostgreSQL keeps no NUL."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {name: _clean(one) for name, one in value.items()}
    return value
