"""A film or a sound written anew around the same packets, without what else it carried."""

from pathlib import Path
from typing import TYPE_CHECKING

from parvis.core.media.broken import garbled
from parvis.core.media.film_opening import can_be_decoded, open_film, picture_stream
from parvis.core.media.looked import Looked

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

WRITERS = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "matroska",
    "audio/mp4": "ipod",
    "audio/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/aac": "adts",
}
TEXTS = {"mov_text", "webvtt", "subrip", "ass", "ssa"}
_FAST_START = {"mp4", "mov", "ipod"}


def remux(path: Path, into: Path, looked: Looked) -> None:
    """Raises MediaUnreadable."""
    import av

    writer = WRITERS[looked.mime]
    options = {"fflags": "+bitexact"}
    if writer in _FAST_START:
        options["movflags"] = "+faststart"
    if writer == "mp3":
        options |= {"id3v2_version": "0", "write_id3v1": "0"}
    with (
        open_film(path, looked.mime) as film,
        av.open(str(into), "w", format=writer, options=options) as out,
    ):
        _copy(film, out)
    if not into.exists():  # not one packet
        raise garbled()


def _copy(film: "InputContainer", out: "OutputContainer") -> None:
    kept = {stream.index: _like(stream, out) for stream in _streams(film)}
    for packet in film.demux([film.streams[index] for index in kept]):
        if packet.dts is None:
            continue
        packet.stream = kept[packet.stream_index]
        out.mux(packet)


def _streams(film: "InputContainer") -> list["Stream"]:
    picture = picture_stream(film)
    kept: list[Stream] = [] if picture is None else [picture]
    heard = [stream for stream in film.streams.audio if can_be_decoded(stream)]
    read = [
        stream for stream in film.streams.subtitles if can_be_decoded(stream) and stream.codec_context.name in TEXTS
    ]
    return [*kept, *heard, *read]


def _like(stream: "Stream", out: "OutputContainer") -> "Stream":
    """With its language alone of all that it told."""
    found = out.add_stream_from_template(stream)
    language = stream.metadata.get("language")
    found.metadata.clear()
    if language:
        found.metadata["language"] = language
    return found
