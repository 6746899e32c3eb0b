"""Where in foreign JSON the parts of an item are: a line each, such as `title = data.headline`.

A path is names between dots, a list's place in brackets: `entries[0].link`. `items` names the list that
holds the items; the other paths start at each of its elements.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from parvis.core.errors import BadInput
from parvis.core.wording import Text

LIST = "items"
FIELDS = (
    *("id", "title", "text", "html", "author", "author_url", "url", "published_at", "updated_at", "lang", "kind"),
    *("parent_id", "media"),
)
_LINE = re.compile(r"\s*([a-z_]+)\s*[=:]\s*(\S.*?)\s*")
_PATH = re.compile(r"[^\s.\[\]]+(?:\[\d{1,4}\])*(?:\.[^\s.\[\]]+(?:\[\d{1,4}\])*)*")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_MOST_LINES = 40
_LONGEST_PATH = 200
_NOT_A_LINE = Text(
    "the line “{line}” is not of the form title = data.headline",
    "la ligne « {line} » n’est pas de la forme title = data.headline",
)
_NO_FIELD = Text(
    "“{name}” is none of the fields {fields}",
    "« {name} » n’est aucun des champs {fields}",
)


def mapping_of(written: str) -> dict[str, str]:
    """Field → path; empty where nothing is written. Raises BadInput at the first line that is none."""
    found: dict[str, str] = {}
    for line in [one for one in written.splitlines() if one.strip()][:_MOST_LINES]:
        read = _LINE.fullmatch(line)
        if read is None or len(read[2]) > _LONGEST_PATH or not _PATH.fullmatch(read[2]):
            raise BadInput(detail=_NOT_A_LINE.format(line=line.strip()[:80]))
        if read[1] not in {LIST, *FIELDS}:
            raise BadInput(detail=_NO_FIELD.format(name=read[1][:40], fields=", ".join((LIST, *FIELDS))))
        found[read[1]] = read[2]
    return found


def facts_of(written: str) -> dict[str, str]:
    """Raises BadInput."""
    found = mapping_of(written)
    return {"mapping": json.dumps(found) if found else ""}


def kept_mapping(facts: Mapping[str, str]) -> dict[str, str]:
    try:
        found = json.loads(facts.get("mapping") or "{}")
    except ValueError:
        return {}
    return {str(name): str(path) for name, path in found.items()} if isinstance(found, dict) else {}


def written(facts: Mapping[str, str]) -> str:
    return "\n".join(f"{name} = {path}" for name, path in kept_mapping(facts).items())


def at_path(thing: Any, path: str) -> Any:
    """What is there, or None."""
    for name, place in _STEP.findall(path):
        if name:
            thing = thing.get(name) if isinstance(thing, dict) else None
        else:
            thing = thing[int(place)] if isinstance(thing, list) and int(place) < len(thing) else None
        if thing is None:
            return None
    return thing


def mapped(thing: Any, mapping: Mapping[str, str]) -> dict[str, Any]:
    """One element in our own form."""
    found = {name: at_path(thing, path) for name, path in mapping.items() if name in FIELDS}
    return {name: value for name, value in found.items() if value is not None}
