"""A file as the body of a request: read in pieces beside the event loop, as often as it must be sent."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from typing import BinaryIO

from parvis.core.connector import File
from parvis.core.errors import BadInput, FileNotUnderstood
from parvis.core.wording import Text

PIECE_BYTES = 256 * 1024
_CHANGED = Text("it has changed since it was chosen", "il a changé depuis qu’il a été choisi")
_NOT_THERE = Text("it is not there any more", "il n’est plus là")


class FileBody:
    """With `field`, a form (RFC 7578) of `data` and the file; without, the file alone. Its length is known."""

    def __init__(self, file: File, *, field: str | None, data: Mapping[str, str]) -> None:
        self._file = file
        self._head = self._tail = b""
        self.content_type = file.mime
        if field is None:
            if data:
                raise BadInput(detail="fields beside a file want a form")
            return
        boundary = f"parvis-{secrets.token_hex(16)}"
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._head = _form_head(boundary, file, field=field, data=data)
        self._tail = f"\r\n--{boundary}--\r\n".encode()

    def __len__(self) -> int:
        return len(self._head) + self._file.size_bytes + len(self._tail)

    async def check(self) -> None:
        """Raises FileNotUnderstood before anything is sent."""
        try:
            size_bytes = (await asyncio.to_thread(self._file.path.stat)).st_size
        except OSError as error:
            raise self._unusable(_NOT_THERE) from error
        if size_bytes != self._file.size_bytes:
            raise self._unusable(_CHANGED)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """From the beginning, each time."""
        if self._head:
            yield self._head
        opened = await asyncio.to_thread(self._opened)
        try:
            left_bytes = self._file.size_bytes
            while left_bytes:
                piece = await asyncio.to_thread(self._piece, opened, min(PIECE_BYTES, left_bytes))
                left_bytes -= len(piece)
                yield piece
        finally:
            opened.close()
        if self._tail:
            yield self._tail

    def _opened(self) -> BinaryIO:
        try:
            return self._file.path.open("rb")
        except OSError as error:
            raise self._unusable(_NOT_THERE) from error

    def _piece(self, opened: BinaryIO, size_bytes: int) -> bytes:
        """A fault of this machine's disk must not look like one of the other side."""
        try:
            piece = opened.read(size_bytes)
        except OSError as error:
            raise self._unusable(Text(str(error), str(error))) from error
        if not piece:
            raise self._unusable(_CHANGED)
        return piece

    def _unusable(self, detail: Text) -> FileNotUnderstood:
        return FileNotUnderstood(name=self._file.name, detail=detail)


def _form_head(boundary: str, file: File, *, field: str, data: Mapping[str, str]) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
        for name, value in data.items()
    ]
    place = f'form-data; name="{_quoted(field)}"; filename="{_quoted(file.name)}"'
    kind = "".join(file.mime.split())
    parts.append(f"--{boundary}\r\nContent-Disposition: {place}\r\nContent-Type: {kind}\r\n\r\n")
    return "".join(parts).encode("utf-8", "replace")


def _quoted(name: str) -> str:
    """As browsers write it: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data."""
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
