"""The members of a JSON array, one at a time, out of a stream of any length."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO, Any

from parvis.connectors.archive.records import PACKED_WRONG, RECORD_LIMIT_BYTES, Broken

CHUNK_BYTES = 262_144
BETWEEN = re.compile(r"[\s,]*")


def members(stream: IO[bytes], *, key: str | None = None) -> Iterator[tuple[Any, int]]:
    """Each member with the number of bytes read so far.

    The array is the whole document, or what stands under `key`. Where the stream is cut off or
    breaks, the last one is a Broken.
    """
    text = _Text(stream)
    if not text.skip_to_array(key):
        yield Broken("no list of records was found"), text.read_bytes
        return
    while True:
        text.skip(BETWEEN)
        if text.starts_with("]"):
            return
        try:
            yield text.take_value(), text.read_bytes
        except (ValueError, RecursionError) as error:
            yield Broken(f"broken or cut off after {text.read_bytes} bytes: {error}"), text.read_bytes
            return


class _Text:
    """A window on the stream's text that grows as needed and forgets what was taken."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._scan = json.JSONDecoder(strict=False).raw_decode
        self._text = ""
        self._at = 0
        self._is_ended = False
        self.read_bytes = 0

    def skip_to_array(self, key: str | None) -> bool:
        opening = re.compile(r"\s*\[" if key is None else rf'"{re.escape(key)}"\s*:\s*\[')
        while True:
            found = opening.match(self._text) if key is None else opening.search(self._text)
            if found:
                self._at = found.end()
                return True
            if len(self._text) > RECORD_LIMIT_BYTES or not self._grow():
                return False

    def skip(self, pattern: re.Pattern[str]) -> None:
        while True:
            found = pattern.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text) or not self._grow():
                return

    def starts_with(self, sign: str) -> bool:
        return self._text.startswith(sign, self._at)

    def take_value(self) -> Any:
        """Raises ValueError where what follows is no JSON, or never ends."""
        while True:
            try:
                value, end = self._scan(self._text, self._at)
            except ValueError:
                if len(self._text) - self._at > RECORD_LIMIT_BYTES or not self._grow():
                    raise
                continue
            if end < len(self._text) or not self._grow():  # a number may go on in the next piece
                self._at = end
                return value

    def _grow(self) -> bool:
        if self._is_ended:
            return False
        wanted = max(CHUNK_BYTES, len(self._text) - self._at)
        try:
            piece = self._stream.read(wanted)
        except PACKED_WRONG:
            piece = b""  # a packed file that is cut off
        self._is_ended = not piece
        self.read_bytes += len(piece)
        self._text = self._text[self._at :] + self._decoder.decode(piece, final=self._is_ended)
        self._at = 0
        return not self._is_ended
