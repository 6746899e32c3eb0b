"""Opens films and sounds with FFmpeg's libraries: only as what their bytes say, and nothing but the file itself."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from parvis.core.media.broken import garbled

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

READERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "audio/mp4": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "audio/webm": "matroska",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/aac": "aac",
    "image/gif": "gif",
}
"""Given by name, so that no playlist is followed to other files or addresses."""
OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.EMFILE, errno.ENOENT}


@contextmanager
def telling_apart() -> Iterator[None]:
    """FFmpeg's errors: of the disk and the memory as Python's own, the file's as MediaUnreadable."""
    from av.error import FFmpegError

    try:
        yield
    except FFmpegError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError from None
        if error.errno in OF_THE_MACHINE:
            raise OSError(error.errno, error.strerror or "", error.filename) from None
        raise garbled() from None


@contextmanager
def open_film(path: Path, mime: str) -> Iterator["InputContainer"]:
    """Errors within are told apart. Only the file itself is read, as what its bytes say."""
    import av

    reader = READERS.get(mime)
    if reader is None:
        raise garbled()
    options = {"protocol_whitelist": "file"}
    with (
        telling_apart(),
        av.open(str(path.resolve()), "r", format=reader, metadata_errors="replace", container_options=options) as film,
    ):
        yield film


def picture_stream(film: "InputContainer") -> "VideoStream | None":
    """The film's own; a cover that a sound carries is none."""
    from av.stream import Disposition

    for stream in film.streams.video:
        if not stream.disposition & Disposition.attached_pic and can_be_decoded(stream):
            return stream
    return None


def sound_stream(film: "InputContainer") -> "AudioStream | None":
    return next((stream for stream in film.streams.audio if can_be_decoded(stream)), None)


def can_be_decoded(stream: "Stream") -> bool:
    """A codec that is not known has no context, whatever the types say."""
    return getattr(stream, "codec_context", None) is not None
