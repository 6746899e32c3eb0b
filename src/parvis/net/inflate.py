"""Unpacking a body while it arrives, in pieces of bounded size: a bomb is met before it goes off."""

import zlib
from collections.abc import Iterator, Sequence
from typing import Protocol

import brotli

PIECE_BYTES = 256 * 1024
ACCEPTED = "gzip, deflate, br"
_MOST_LAYERS = 3


class DamagedBody(ValueError):
    """The packed data is broken, cut short or packed in a way that nobody asked for."""


class Inflater(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]:
        """Pieces of about PIECE_BYTES at most. Raises DamagedBody."""
        ...

    def finish(self) -> None:
        """Raises DamagedBody where the data is not complete."""
        ...


def inflater_for(content_encoding: str) -> Inflater:
    """For the value of a Content-Encoding header. Raises DamagedBody on an unknown one."""
    names = [name.strip().lower() for name in content_encoding.split(",")]
    names = [name for name in names if name not in {"", "identity"}]
    if len(names) > _MOST_LAYERS or not _LAYERS.keys() >= set(names):
        raise DamagedBody(content_encoding[:80])
    return _Layers([_LAYERS[name]() for name in reversed(names)])


class _Layers:
    def __init__(self, layers: Sequence[Inflater]) -> None:
        self._layers = layers

    def feed(self, data: bytes) -> Iterator[bytes]:
        pieces: Iterator[bytes] = iter((data,))
        for layer in self._layers:
            pieces = _through(layer, pieces)
        return pieces

    def finish(self) -> None:
        for layer in self._layers:
            layer.finish()


def _through(layer: Inflater, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from layer.feed(piece)


class _Zlib:
    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._engine = zlib.decompressobj(window_bits)
        self._is_started = False
        self._is_over = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._is_over:
            if self._engine.eof and not self._next_member(data):
                return
            piece = self._decompress(data)
            while piece:
                yield piece
                piece = b"" if self._engine.eof else self._decompress(self._engine.unconsumed_tail)
            data = self._engine.unused_data

    def _decompress(self, data: bytes) -> bytes:
        try:
            piece = self._engine.decompress(data, PIECE_BYTES)
        except zlib.error as error:
            raise DamagedBody(str(error)) from error
        self._is_started = True
        return piece

    def _next_member(self, data: bytes) -> bool:
        """A gzip body may hold several; whatever else follows the end is padding."""
        self._is_over = not data.startswith(b"\x1f")
        self._engine = self._engine if self._is_over else zlib.decompressobj(self._window_bits)
        return not self._is_over

    def finish(self) -> None:
        if self._is_started and not self._engine.eof:
            raise DamagedBody("cut short")


class _Gzip(_Zlib):
    def __init__(self) -> None:
        super().__init__(zlib.MAX_WBITS | 16)


class _Deflate(_Zlib):
    """The word means zlib, but some servers send it bare (as Internet Explorer once wanted it)."""

    def __init__(self) -> None:
        super().__init__(zlib.MAX_WBITS)

    def _decompress(self, data: bytes) -> bytes:
        if not self._is_started and data[0] & 0x0F != 8:
            self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
        return super()._decompress(data)


class _Brotli:
    def __init__(self) -> None:
        self._engine = brotli.Decompressor()
        self._is_started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._engine.is_finished():
            return
        self._is_started = self._is_started or bool(data)
        # The engine may give nearly twice the limit.
        piece = self._process(data)
        while piece or not self._engine.can_accept_more_data():
            yield piece
            piece = self._process(b"")

    def _process(self, data: bytes) -> bytes:
        try:
            piece: bytes = self._engine.process(data, output_buffer_limit=PIECE_BYTES // 2)
        except brotli.error as error:
            raise DamagedBody(str(error)) from error
        return piece

    def finish(self) -> None:
        if self._is_started and not self._engine.is_finished():
            raise DamagedBody("cut short")


_LAYERS: dict[str, type[_Gzip | _Deflate | _Brotli]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
}
