"""Categories and tags by their names, made where they are missing and the account may."""

from collections.abc import Mapping
from typing import Any

from parvis.connectors.wordpress.decode import plain, record, records
from parvis.connectors.wordpress.site import Site
from parvis.core.errors import RemoteError, RightMissing
from parvis.core.wording import Text

PAGE = 100
_NO_NEW = {
    "categories": Text(
        "there is no category “{name}”, and its role does not allow it to make one",
        "il n’y a pas de catégorie «\u202f{name}\u202f», et son rôle ne permet pas d’en créer",
    ),
    "tags": Text(
        "there is no tag “{name}”, and its role does not allow it to make one",
        "il n’y a pas d’étiquette «\u202f{name}\u202f», et son rôle ne permet pas d’en créer",
    ),
}


async def term_ids(site: Site, body: Mapping[str, Any]) -> dict[str, list[int]]:
    """By "categories" and "tags", those that the body names. Whatever fails here, nothing was published by it."""
    try:
        return {
            kind: [await _id_of(site, kind, str(name)) for name in body[kind]]
            for kind in ("categories", "tags")
            if body.get(kind)
        }
    except RemoteError as error:
        error.maybe_done = False
        raise


async def known_categories(site: Site) -> tuple[list[str], bool]:
    """The most used, and whether they are all."""
    asked: dict[str, str | int] = {"per_page": PAGE, "orderby": "count", "order": "desc", "_fields": "id,name"}
    answer = await site.read("wp/v2/categories", params=asked)
    rows = [row for row in records(answer.body, host=site.host) if isinstance(row, dict)]
    return [_name_of(row) for row in rows], len(rows) < PAGE


async def _id_of(site: Site, kind: str, name: str) -> int:
    found = await _found(site, kind, name)
    return found if found is not None else await _made(site, kind, name)


async def _found(site: Site, kind: str, name: str) -> int | None:
    """Among those that its letters bring; a name with signs in it may not be found so, and is then asked for by making it."""
    asked: dict[str, str | int] = {"search": name, "per_page": PAGE, "_fields": "id,name"}
    answer = await site.read(f"wp/v2/{kind}", params=asked)
    for row in records(answer.body, host=site.host):
        if isinstance(row, dict) and _name_of(row).casefold() == name.casefold():
            return int(row["id"])
    return None


async def _made(site: Site, kind: str, name: str) -> int:
    """WordPress makes none twice: it tells the number of the one that is there."""
    answer = await site.ask("POST", f"wp/v2/{kind}", json={"name": name})
    if answer.status < 400:
        return int(record(answer.body, host=site.host)["id"])
    told = record(answer.body, host=site.host)
    data = told.get("data")
    if told.get("code") == "term_exists" and isinstance(data, dict) and str(data.get("term_id")).isdigit():
        return int(data["term_id"])
    if answer.status == 403:
        raise RightMissing(host=site.host, detail=_NO_NEW[kind].format(name=name), answer=answer)
    raise site.refusal(answer)


def _name_of(row: Mapping[str, Any]) -> str:
    return plain(str(row.get("name") or ""))
