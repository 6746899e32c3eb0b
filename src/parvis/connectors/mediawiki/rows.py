"""From rows of a list of changes to payloads: with what each change added, and the texts of new pages."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from parvis.connectors.mediawiki.wiki import Wiki, error_code
from parvis.core.errors import CredentialsRejected, Refused, RightMissing
from parvis.core.types import Payload

BATCH_BYTES = 2_000_000
BATCH_IDS = 50
"""What one request may ask for without special rights (https://www.mediawiki.org/wiki/API:Etiquette, read 2026-11)."""
LARGEST_PAGE_BYTES = 1_000_000
"""The text of a larger new page is not asked for; its title and comment are enough to find it."""


class RowReader:
    """Completes rows of one wiki. After a failure `payloads_so_far` has what was complete by then."""

    def __init__(self, wiki: Wiki, facts: Mapping[str, str]) -> None:
        self.wiki = wiki
        self._facts = {name: facts[name] for name in ("language", "articles") if facts.get(name)}
        self._facts["script"] = wiki.scope.script
        self._rows: Sequence[Mapping[str, Any]] = ()
        self._compared: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self.done_count = 0
        """How many of the rows are complete."""

    async def payloads(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Payload, ...]:
        """One payload with all the rows, none where there are none."""
        self._rows, self._compared, self._texts, self.done_count = rows, {}, {}, 0
        await self._read_texts()
        for row in rows:
            if row.get("type") == "edit" and not row.get("texthidden"):
                await self._compare(row)
            self.done_count += 1
        return self.payloads_so_far()

    def payloads_so_far(self) -> tuple[Payload, ...]:
        rows = self._rows[: self.done_count]
        if not rows:
            return ()
        told = {"changes": rows, "compared": self._compared, "texts": self._texts}
        return (
            Payload(
                endpoint="changes",
                url=self.wiki.scope.address,
                body=msgspec.json.encode(told),
                content_type="application/json",
                facts=self._facts,
            ),
        )

    async def _compare(self, row: Mapping[str, Any]) -> None:
        """What one edit changed, as MediaWiki's table; nothing where a revision is hidden or gone by now."""
        asked = {"fromrev": row.get("old_revid") or 0, "torev": row["revid"], "prop": "diff"}
        try:
            said = await self.wiki.ask(action="compare", **asked)
        except (CredentialsRejected, RightMissing):
            raise
        except Refused as error:
            if not error_code(error):
                raise
            return
        compared = said.get("compare") or {}
        table = compared.get("body")
        if isinstance(table, str):
            self._compared[str(row["revid"])] = table

    async def _read_texts(self) -> None:
        new = [row for row in self._rows if row.get("type") == "new" and _size(row) <= LARGEST_PAGE_BYTES]
        for batch in _batches(new):
            asked: dict[str, str | int] = {"prop": "revisions", "rvprop": "ids|content", "rvslots": "main"}
            said = await self.wiki.query(**asked, revids="|".join(str(row["revid"]) for row in batch))
            for page in said["query"].get("pages") or []:
                for revision in page.get("revisions") or []:
                    self._keep_text(revision)

    def _keep_text(self, revision: Mapping[str, Any]) -> None:
        """Since MediaWiki 1.32 in its main slot, before that in the revision itself."""
        slot = (revision.get("slots") or {}).get("main") or revision
        if isinstance(text := slot.get("content"), str):
            self._texts[str(revision["revid"])] = text


def _batches(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    batch: list[Mapping[str, Any]] = []
    size_bytes = 0
    for row in rows:
        if batch and (len(batch) >= BATCH_IDS or size_bytes + _size(row) > BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(row)
        size_bytes += _size(row)
    if batch:
        yield batch


def _size(row: Mapping[str, Any]) -> int:
    return int(row.get("newlen") or row.get("size") or 0)
