"""What was read of a wiki as plain records. Pure: the same payload always gives the same.

A change is an item "change:REVISION", the making of a page "page:ID" with its text, a deletion or move
"log:ID". What is written on discussion pages is a comment; the rest is a page.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from parvis.connectors.mediawiki.added import LONGEST, added_text, plain_wikitext
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import ItemRecord, Kind, Parsed, Payload, Problem, ProfileRecord, Status
from parvis.core.wording import Text

NO_CHANGES = Text("no list of changes", "pas de liste de modifications")
SECTION = re.compile(r"/\*\s*(.*?)\s*\*/\s*")
FATES = {"delete": Status.DELETED, "delete_redir": Status.DELETED, "restore": Status.PUBLISHED}
_Row = Mapping[str, Any]


def parse(payload: Payload) -> Parsed:
    """Raises AnswerNotUnderstood where there is no list of changes; one bad row is a Problem beside the others."""
    told = _decoded(payload)
    items: dict[str, ItemRecord] = {}
    problems: list[Problem] = []
    for place, row in enumerate(told["changes"]):
        try:
            items.update({item.remote_id: item for item in _items_of(row, told, payload)})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            problems.append(Problem(where=f"changes[{place}]", detail=f"{type(error).__name__}: {error}"))
    return Parsed(items=tuple(items.values()), problems=tuple(problems))


def _decoded(payload: Payload) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(payload.body)
    except (ValueError, RecursionError) as error:
        raise AnswerNotUnderstood(host=payload.url, detail=NO_CHANGES) from error
    if not isinstance(told, dict) or not isinstance(told.get("changes"), list):
        raise AnswerNotUnderstood(host=payload.url, detail=NO_CHANGES)
    return told


def _items_of(row: _Row, told: _Row, payload: Payload) -> Iterator[ItemRecord]:
    kind = row["type"]
    if kind == "log" and not row.get("actionhidden"):
        yield _logged(row, payload)
        yield from _fates(row)
    elif kind in ("edit", "new"):
        yield _change(row, told, payload)


def _change(row: _Row, told: _Row, payload: Payload) -> ItemRecord:
    revision, page, is_new = _number(row["revid"]), _number(row["pageid"]), row["type"] == "new"
    comment = _comment(row)
    text = _new_text(told, revision) if is_new else _added(told, revision)
    return ItemRecord(
        remote_id=f"page:{page}" if is_new else f"change:{revision}",
        kind=_kind(row),
        body="\n\n".join(part for part in (comment, text) if part),
        title=str(row["title"]),
        author=_author(row, payload),
        url=_page_url(row, payload) if is_new else _diff_url(row, payload),
        about_id="" if is_new else f"page:{page}",
        published_at=_moment(row.get("timestamp")),
        language=payload.facts.get("language", ""),
        facts=_facts(row, comment),
    )


def _facts(row: _Row, comment: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"change": row["type"], "revision": row["revid"]}
    if comment:
        facts["comment"] = comment
    if isinstance(row.get("newlen"), int) and isinstance(row.get("oldlen"), int):
        facts["bytes"] = row["newlen"] - row["oldlen"]
    if row.get("minor"):
        facts["minor"] = True
    if row.get("tags"):
        facts["tags"] = [str(tag) for tag in row["tags"]]
    return facts


def _new_text(told: _Row, revision: int) -> str:
    text = (told.get("texts") or {}).get(str(revision))
    return plain_wikitext(text)[:LONGEST] if isinstance(text, str) else ""


def _added(told: _Row, revision: int) -> str:
    table = (told.get("compared") or {}).get(str(revision))
    return added_text(table) if isinstance(table, str) else ""


def _logged(row: _Row, payload: Payload) -> ItemRecord:
    """A deletion, a restoration, a move, an upload: MediaWiki's own word for it, and the reason that was given."""
    action, params = str(row["logaction"]), row.get("logparams") or {}
    target = str(params.get("target_title") or "")
    said = f"({action} → {target})" if target else f"({action})"
    facts: dict[str, Any] = {"log": f"{row['logtype']}/{action}"}
    if target:
        facts["to"] = target
    page = row.get("pageid") or 0
    return ItemRecord(
        remote_id=f"log:{_number(row['logid'])}",
        kind=_kind(row),
        body=f"{said} {_comment(row)}".strip(),
        title=str(row["title"]),
        author=_author(row, payload),
        url=_page_url({"title": target} if target else row, payload),
        about_id=f"page:{page}" if page else "",
        published_at=_moment(row.get("timestamp")),
        language=payload.facts.get("language", ""),
        facts=facts,
    )


def _fates(row: _Row) -> Iterator[ItemRecord]:
    """What a deletion means for what is known already: the page, or single revisions that were hidden."""
    if row["logtype"] != "delete":
        return
    params = row.get("logparams") or {}
    if row["logaction"] == "revision":
        is_hidden = bool((params.get("new") or {}).get("content"))
        for revision in params.get("ids") or []:
            yield _fate(f"change:{_number(revision)}", row, Status.DELETED if is_hidden else Status.PUBLISHED)
    elif row["logaction"] in FATES and row.get("pageid"):
        yield _fate(f"page:{_number(row['pageid'])}", row, FATES[row["logaction"]])


def _fate(remote_id: str, row: _Row, status: Status) -> ItemRecord:
    """All but the status is as it was."""
    return ItemRecord(remote_id=remote_id, kind=_kind(row), status=status, facts={"status_only": True})


def _kind(row: _Row) -> Kind:
    """Namespaces with odd numbers are for discussion (https://www.mediawiki.org/wiki/Manual:Namespace)."""
    namespace = row.get("ns") or 0
    return Kind.COMMENT if namespace > 0 and namespace % 2 else Kind.PAGE


def _comment(row: _Row) -> str:
    """The summary of the edit, with the section that it names as readers see it."""
    return SECTION.sub(lambda found: f"→ {found[1]}: ", str(row.get("comment") or "")).strip().removesuffix(":")


def _author(row: _Row, payload: Payload) -> ProfileRecord | None:
    name = str(row.get("user") or "")
    if not name or row.get("userhidden"):
        return None
    number = row.get("userid") or 0
    url = f"{payload.facts.get('script', '')}?{urlencode({'title': f'Special:Contributions/{name}'})}"
    return ProfileRecord(
        remote_id=f"user:{number}" if number else f"name:{name}",
        name=name,
        handle=name,
        url=url if payload.facts.get("script") else "",
    )


def _diff_url(row: _Row, payload: Payload) -> str:
    script = payload.facts.get("script", "")
    asked = {"title": row["title"], "diff": row["revid"], "oldid": row.get("old_revid") or 0}
    return f"{script}?{urlencode(asked)}" if script else ""


def _page_url(row: _Row, payload: Payload) -> str:
    path = payload.facts.get("articles", "")
    return path.replace("$1", quote(str(row["title"]).replace(" ", "_"), safe="/:@!$()*,;~-._")) if path else ""


def _number(told: Any) -> int:
    if isinstance(told, bool) or not isinstance(told, int | str):
        raise TypeError(f"{told!r} is no number")
    return int(told)


def _moment(told: Any) -> datetime | None:
    if not isinstance(told, str) or not told:
        return None
    moment = datetime.fromisoformat(told)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
