"""Taking in an answer without letting it grow beyond its bounds."""

from contextlib import aclosing

import httpcore2

from parvis.core.errors import AnswerNotUnderstood, AnswerTooLarge
from parvis.core.wording import Text
from parvis.net.failures import DAMAGED
from parvis.net.inflate import DamagedBody, Inflater, inflater_for
from parvis.net.options import Limits

_EXPANSION_FROM_BYTES = 1_000_000
_MOST_CRUMBS = 20_000
_CRUMB_BYTES = 32
_CRUMBLED = Text("a body in endless crumbs", "un corps en miettes sans fin")


def headers_of(response: httpcore2.Response) -> dict[str, str]:
    """Names in lower case; what is sent twice is joined by a comma, as RFC 9110, 5.3 reads it."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("ascii", "replace").lower(), _text(raw_value)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


async def read_body(response: httpcore2.Response, headers: dict[str, str], *, host: str, limits: Limits) -> bytes:
    """The body, unpacked. Raises AnswerTooLarge, AnswerNotUnderstood and what the pool raises."""
    announced = headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limits.max_body_bytes:
        raise _too_large(host, limits.max_body_bytes)
    try:
        intake = _Intake(inflater_for(headers.get("content-encoding", "")), host, limits)
        async with aclosing(response.aiter_stream()) as chunks:
            async for chunk in chunks:
                intake.take(chunk)
        return intake.finished()
    except DamagedBody as error:
        raise AnswerNotUnderstood(host=host, detail=DAMAGED) from error


class _Intake:
    def __init__(self, inflater: Inflater, host: str, limits: Limits) -> None:
        self._inflater = inflater
        self._host = host
        self._limits = limits
        self._pieces: list[bytes] = []
        self._chunks = 0
        self._packed_bytes = 0
        self._body_bytes = 0

    def take(self, chunk: bytes) -> None:
        self._chunks += 1
        self._packed_bytes += len(chunk)
        if self._chunks > _MOST_CRUMBS + self._packed_bytes // _CRUMB_BYTES:
            raise AnswerNotUnderstood(host=self._host, detail=_CRUMBLED)
        for piece in self._inflater.feed(chunk):
            self._body_bytes += len(piece)
            self._pieces.append(piece)
            self._check()
        self._check()

    def _check(self) -> None:
        most = self._limits.max_body_bytes
        if max(self._body_bytes, self._packed_bytes) > most:
            raise _too_large(self._host, most)
        is_large = self._body_bytes > _EXPANSION_FROM_BYTES
        if is_large and self._body_bytes > self._packed_bytes * self._limits.max_expansion:
            raise _too_large(self._host, self._body_bytes)

    def finished(self) -> bytes:
        self._inflater.finish()
        return b"".join(self._pieces)


def _too_large(host: str, size_bytes: int) -> AnswerTooLarge:
    return AnswerTooLarge(host=host, limit_mb=f"{size_bytes / 1e6:.3g}")
