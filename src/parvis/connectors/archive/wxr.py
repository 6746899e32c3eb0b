"""WordPress's export format: posts, pages and comments out of an XML stream of any length.

Read with expat itself: no document type, no entities but XML's own five, nothing kept but the record
being read. https://wordpress.org/documentation/article/tools-export-screen/ (WXR 1.2).
"""

from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat  # bare expat fetches nothing, and every declaration is refused below

from parvis.connectors.archive.records import RECORD_LIMIT_BYTES, Broken, Read, Record
from parvis.core.errors import FileNotUnderstood
from parvis.core.wording import Text

CHUNK_BYTES = 65_536
CONTROL_SIGNS = bytes(sign for sign in range(32) if sign not in (9, 10, 13))
DECLARATIONS = Text("it declares entities of its own", "il déclare ses propres entités")

POST_FIELDS = {
    "wp:post_id": "id",
    "title": "title",
    "link": "link",
    "pubDate": "published",
    "dc:creator": "login",
    "content:encoded": "content",
    "wp:post_date_gmt": "date_gmt",
    "wp:post_modified_gmt": "modified_gmt",
    "wp:status": "status",
    "wp:post_type": "type",
}
COMMENT_FIELDS = {
    "wp:comment_id": "id",
    "wp:comment_author": "author",
    "wp:comment_author_email": "email",
    "wp:comment_author_url": "author_url",
    "wp:comment_date_gmt": "date_gmt",
    "wp:comment_content": "content",
    "wp:comment_approved": "approved",
    "wp:comment_type": "type",
    "wp:comment_parent": "parent",
    "wp:comment_user_id": "user_id",
}
AUTHOR_FIELDS = {"wp:author_id": "id", "wp:author_login": "login", "wp:author_display_name": "name"}
GROUPS = {"item": POST_FIELDS, "wp:comment": COMMENT_FIELDS, "wp:author": AUTHOR_FIELDS}


class _Refused(Exception):
    pass


def read_items(path: Path) -> Iterator[Read]:
    """Each post, page and comment as it ends; a comment stands before the post that it is about."""
    handler = _Handler()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = handler.refuse
    parser.EntityDeclHandler = handler.refuse
    read_bytes, is_first = 0, True
    with path.open("rb") as file:
        while True:
            piece = file.read(CHUNK_BYTES)
            read_bytes += len(piece)
            clean = piece.translate(None, CONTROL_SIGNS)
            clean = clean.removeprefix(b"\xef\xbb\xbf").lstrip() if is_first else clean
            is_first = False
            try:
                parser.Parse(clean, not piece)
            except _Refused as error:
                raise FileNotUnderstood(name=path.name, detail=DECLARATIONS) from error
            except (expat.ExpatError, ValueError) as error:
                yield from ((record, read_bytes) for record in handler.taken())
                yield Broken(f"broken or cut off near byte {read_bytes}: {error}"), read_bytes
                return
            yield from ((record, read_bytes) for record in handler.taken())
            if not piece:
                return


class _Handler:
    """Collects the fields of the innermost group that is open."""

    def __init__(self) -> None:
        self._found: list[Record] = []
        self._groups: list[tuple[str, dict[str, str]]] = []
        self._field: str | None = None
        self._pieces: list[str] = []
        self._length = 0
        self._names: dict[str, dict[str, str]] = {}

    def taken(self) -> list[Record]:
        found, self._found = self._found, []
        return found

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        if tag in GROUPS:
            self._groups.append((tag, {}))
        elif self._groups and (field := GROUPS[self._groups[-1][0]].get(tag)):
            self._field, self._pieces, self._length = field, [], 0

    def text(self, piece: str) -> None:
        if self._field:
            self._length += len(piece)
            if self._length > RECORD_LIMIT_BYTES:
                raise ValueError("a field without end")
            self._pieces.append(piece)

    def end(self, tag: str) -> None:
        if self._groups and tag == self._groups[-1][0]:
            self._close(*self._groups.pop())
        elif self._groups and self._field and GROUPS[self._groups[-1][0]].get(tag) == self._field:
            self._groups[-1][1][self._field] = "".join(self._pieces)
            self._field = None

    def refuse(self, *_declaration: object) -> None:
        raise _Refused

    def _close(self, tag: str, fields: dict[str, str]) -> None:
        if tag == "wp:author":
            self._names[fields.get("login", "")] = fields
        elif tag == "wp:comment":
            about = self._groups[-1][1].get("id", "") if self._groups else ""
            self._found.append({"comment": {**fields, "post": about, "is_staff": self._is_staff(fields)}})
        else:
            known = self._names.get(fields.get("login", ""), {})
            self._found.append({"post": {**fields, "user_id": known.get("id", ""), "name": known.get("name", "")}})

    def _is_staff(self, comment: dict[str, str]) -> bool:
        return any(known.get("id") == comment.get("user_id") for known in self._names.values())
