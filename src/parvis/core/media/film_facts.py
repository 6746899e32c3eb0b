"""What a film or a sound is, and what it carries besides."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from parvis.core.errors import MediaUnreadable
from parvis.core.media import boxes, ebml
from parvis.core.media.broken import cut_off, garbled, too_big
from parvis.core.media.film_opening import open_film, picture_stream, sound_stream
from parvis.core.media.looked import Looked
from parvis.core.wording import Text

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MOST_TRACKS = 24
MOST_PACKETS_TO_FIRST = 500
_ISO = {"video/mp4", "video/quicktime", "audio/mp4"}
_SILENT = {"major_brand", "minor_version", "compatible_brands", "language", "vendor_id", "alpha_mode", "stereo_mode"}
_HANDLERS = {"", "VideoHandler", "SoundHandler", "SubtitleHandler"}
_ENCODERS = ("Lavf", "Lavc")
_PLACE_TAGS = {"gpmd", "camm", "rtmd"}
"""Tracks of GoPro, Google and Sony that tell where each second was filmed."""
MANY = Text(
    "it has {tracks} tracks, and at most {most} are opened here",
    "il compte {tracks} pistes, et {most} au plus sont ouvertes ici",
)
NOTHING = Text("there is neither picture nor sound in it", "il ne contient ni image ni son")


def look_at_film(path: Path, mime: str, *, most_pixels: int) -> Looked:
    carries = _check_whole(path, mime)
    with open_film(path, mime) as film:
        if len(film.streams) > MOST_TRACKS:
            raise MediaUnreadable(detail=MANY.format(tracks=len(film.streams), most=MOST_TRACKS))
        picture = picture_stream(film)
        heard = sound_stream(film)
        if picture is None and heard is None:
            raise MediaUnreadable(detail=NOTHING)
        has_location = _tells_where(film)
        more = carries or has_location or _tells_more(film, picture)
        seconds = _duration_s(film)
        sound = None if heard is None else heard.codec_context.codec.canonical_name
        if picture is None:
            return Looked(
                kind="audio",
                mime={"video/mp4": "audio/mp4", "video/quicktime": "audio/mp4", "video/webm": "audio/webm"}.get(
                    mime, mime
                ),
                size_bytes=path.stat().st_size,
                duration_s=seconds,
                audio_codec=sound,
                has_sound=True,
                has_location=has_location,
                has_person_data=more,
            )
        width, height = shown_size(picture, _first_frame(film, picture, most_pixels=most_pixels))
        rate = picture.average_rate or picture.guessed_rate
        return Looked(
            kind="video",
            mime=mime,
            size_bytes=path.stat().st_size,
            width=width,
            height=height,
            duration_s=seconds,
            fps=float(rate) if rate else None,
            video_codec=picture.codec_context.codec.canonical_name,
            audio_codec=sound,
            pixel_format=picture.pix_fmt,
            has_sound=sound is not None,
            has_alpha=picture.metadata.get("alpha_mode") == "1" or (picture.pix_fmt or "").startswith("yuva"),
            is_animated=True,
            has_location=has_location,
            has_person_data=more,
        )


def shown_size(picture: "VideoStream", frame: "VideoFrame") -> tuple[int, int]:
    """With square points, and upright."""
    ratio = picture.sample_aspect_ratio or Fraction(1)
    width = round(frame.width * ratio) if ratio > 0 else frame.width
    if frame.rotation % 180 == 90:
        return frame.height, width
    return width, frame.height


def _first_frame(film: "InputContainer", picture: "VideoStream", *, most_pixels: int) -> "VideoFrame":
    """Decoded: what cannot show its first picture is no film."""
    context = picture.codec_context
    if context.width * context.height > most_pixels:
        raise too_big(context.width * context.height, most_pixels)
    if context.width < 2 or context.height < 2:
        raise garbled()
    context.thread_count = 1
    for number, packet in enumerate(film.demux(picture)):
        for frame in packet.decode():
            return frame
        if number > MOST_PACKETS_TO_FIRST:
            break
    raise garbled()


def _duration_s(film: "InputContainer") -> float | None:
    if film.duration is not None and film.duration > 0:
        return film.duration / 1_000_000
    return None


def _tells_where(film: "InputContainer") -> bool:
    keys = [key for told in _all_metadata(film) for key in told]
    tags = {stream.codec_tag.strip("\0") for stream in film.streams if stream.type == "data"}
    return any("location" in key.lower() or "xyz" in key.lower() for key in keys) or bool(tags & _PLACE_TAGS)


def _tells_more(film: "InputContainer", picture: "VideoStream | None") -> bool:
    if any(_is_telling(key, value) for told in _all_metadata(film) for key, value in told.items()):
        return True
    return bool(film.chapters()) or any(_is_besides(stream, picture) for stream in film.streams)


def _is_besides(stream: "Stream", picture: "VideoStream | None") -> bool:
    """A cover, an attachment, a track of data."""
    return stream.type in ("data", "attachment", "unknown") or (stream.type == "video" and stream is not picture)


def _all_metadata(film: "InputContainer") -> list[dict[str, str]]:
    return [film.metadata, *(stream.metadata for stream in film.streams)]


def _is_telling(key: str, value: str) -> bool:
    lowered = key.lower()
    if lowered == "handler_name":
        return value not in _HANDLERS
    if lowered == "encoder":
        return not value.startswith(_ENCODERS)
    return lowered not in _SILENT and not lowered.startswith("duration") and bool(value)


def _check_whole(path: Path, mime: str) -> bool:
    """Whether it has parts that no player shows; raises MediaUnreadable where it is cut off."""
    if mime in _ISO:
        return _check_boxes(path)
    if mime in ("video/webm", "video/x-matroska"):
        ebml.check_whole(path)
    elif mime == "audio/wav":
        _check_riff(path)
    elif mime == "audio/ogg":
        _check_ogg(path)
    return False


def _check_boxes(path: Path) -> bool:
    found = boxes.top_boxes(path)
    names = [box.name for box in found]
    if b"moov" not in names or not (b"mdat" in names or b"moof" in names):
        raise cut_off()
    inner = boxes.boxes_of(path, found[names.index(b"moov")])
    tracks = [box for box in inner if box.name == b"trak"]
    if len(tracks) > MOST_TRACKS:
        raise MediaUnreadable(detail=MANY.format(tracks=len(tracks), most=MOST_TRACKS))
    inside = [inner, *(boxes.boxes_of(path, track) for track in tracks)]
    told = [box for level in inside for box in level if box.name == b"udta" and _has_own_words(path, box)]
    return bool(told) or bool({b"uuid", b"meta"} & {*names, *(box.name for level in inside for box in level)})


def _has_own_words(path: Path, udta: boxes.Box) -> bool:
    """Beyond tags, which FFmpeg reads itself."""
    try:
        inner = [box.name for box in boxes.boxes_of(path, udta)]
    except MediaUnreadable:  # QuickTime ends such a list by four zero bytes
        return True
    return any(name != b"meta" for name in inner)


def _check_riff(path: Path) -> None:
    with path.open("rb") as file:
        told = int.from_bytes(file.read(8)[4:8], "little")
    if told not in (0, 0xFFFFFFFF) and told + 8 > path.stat().st_size + 1:
        raise cut_off()


def _check_ogg(path: Path) -> None:
    """The last page is whole."""
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size_bytes - 131_072))
        end = file.read()
    place = end.rfind(b"OggS")
    table = end[place + 27 : place + 27 + end[place + 26]] if 0 <= place < len(end) - 26 else b""
    if not table or place + 27 + len(table) + sum(table) > len(end):
        raise cut_off()
