"""What must be made of a file so that a platform takes it; nothing where it is right already."""

import hashlib
import json
from dataclasses import asdict, dataclass
from fractions import Fraction

from parvis.core.errors import MediaUnfit
from parvis.core.media.looked import Looked
from parvis.core.post import MediaRule
from parvis.core.wording import Text

PICTURE_SIDE = 4_096
"""No platform shows more; a picture that is made anew is not larger, whatever may be sent."""
FILM_SIDE = 1_920
FILM_FPS = 60.0
RATIO_OFF = 0.01
"""A ratio that was asked for counts as met from so near, or from two points, since sides are whole and films' even."""
POINTS_OFF = 2
_PLAYED = {"video/mp4": {"h264"}, "video/quicktime": {"h264"}, "video/webm": {"vp8", "vp9", "av1"}}
_HEARD = {"video/mp4": {"aac", "mp3"}, "video/quicktime": {"aac", "mp3"}, "video/webm": {"opus", "vorbis"}}
_FORMATS_8_BIT = {"yuv420p", "yuvj420p"}
_TAKEN = {"image": {"image", "gif"}, "gif": {"gif"}, "video": {"video", "gif"}, "audio": {"audio", "video"}}
_STILL = ("image/jpeg", "image/webp", "image/png", "image/avif")
_CLEAR = ("image/png", "image/webp", "image/avif")
_SOUNDS = ("audio/mp4", "audio/mpeg", "audio/ogg", "audio/aac")

OTHER_KIND = Text("it is of another kind ({kind})", "il est d’un autre type ({kind})")
NO_FORMAT = Text(
    "of the formats taken there, none can be made here", "aucun des formats acceptés ne peut être produit ici"
)
TOO_SHORT = Text(
    "it lasts {found_s} s, and at least {least_s} s are needed", "il dure {found_s} s, et il en faut au moins {least_s}"
)
TOO_LONG = Text(
    "it lasts {found_s} s, and at most {most_s} s are taken; choose which part",
    "il dure {found_s} s, et {most_s} s au plus sont acceptées\u202f; choisissez un extrait",
)
NO_PART = Text(
    "the part from {start_s} to {end_s} s is not within its {found_s} s",
    "l’extrait de {start_s} à {end_s} s n’est pas compris dans ses {found_s} s",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One form of a file. None: no bound, or as it is."""

    name: str
    kind: str
    """image, gif, video or audio: what comes out."""
    mime: str
    most_width: int | None = None
    most_height: int | None = None
    ratio: tuple[int, int] | None = None
    """To be cut to, width to height."""
    ratios: tuple[float, float] | None = None
    """Within which the whole sides must be."""
    most_bytes: int | None = None
    focus: tuple[float, float] | None = None
    """What must stay in, from the left and the top, 0 to 1."""
    trim: tuple[float, float] | None = None
    """From … to …, in seconds."""
    most_duration_s: float | None = None
    most_fps: float | None = None
    is_progressive: bool = False
    """A JPEG that shows itself roughly before it is wholly there: some percent lighter, twice the work."""

    @property
    def key(self) -> str:
        """The same for all that would come out the same, whatever its name. 64 characters."""
        told = {name: value for name, value in asdict(self).items() if name != "name"}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def wanted_for(
    rule: MediaRule,
    looked: Looked,
    *,
    name: str,
    focus: tuple[float, float] | None = None,
    ratio: tuple[int, int] | None = None,
    trim: tuple[float, float] | None = None,
) -> Wanted | None:
    """None where the platform takes the file as it is, once it is cleaned.

    Raises MediaUnfit where nothing can be made of it without a person's choice: another kind,
    too short, or too long with no part chosen.
    """
    if looked.kind not in _TAKEN.get(rule.kind, set()) or (rule.kind == "audio" and not looked.has_sound):
        raise MediaUnfit(detail=OTHER_KIND.format(kind=looked.kind))
    _check_duration(rule, looked, trim)
    ratio = ratio or _allowed_ratio(rule, looked)
    if trim is None and _passes(rule, looked, ratio):
        return None
    width, height = _most_sides(rule)
    return Wanted(
        name=name,
        kind=rule.kind,
        mime=_mime(rule, looked),
        most_width=width,
        most_height=height,
        ratio=ratio,
        ratios=rule.ratios,
        most_bytes=rule.most_bytes,
        focus=focus if ratio else None,
        trim=trim,
        most_duration_s=rule.most_duration_s,
        most_fps=FILM_FPS if rule.kind == "video" else None,
    )


def _check_duration(rule: MediaRule, looked: Looked, trim: tuple[float, float] | None) -> None:
    whole_s = looked.duration_s
    if whole_s is None or rule.kind not in ("video", "audio"):
        return
    if trim is not None and not 0 <= trim[0] < min(trim[1], whole_s):
        raise MediaUnfit(detail=NO_PART.format(start_s=trim[0], end_s=trim[1], found_s=round(whole_s, 1)))
    found_s = whole_s if trim is None else min(trim[1], whole_s) - trim[0]
    if rule.least_duration_s is not None and found_s < rule.least_duration_s:
        raise MediaUnfit(detail=TOO_SHORT.format(found_s=round(found_s, 1), least_s=rule.least_duration_s))
    if rule.most_duration_s is not None and found_s > rule.most_duration_s:
        raise MediaUnfit(detail=TOO_LONG.format(found_s=round(found_s, 1), most_s=rule.most_duration_s))


def _allowed_ratio(rule: MediaRule, looked: Looked) -> tuple[int, int] | None:
    """The nearest, where the file's own is not taken."""
    if rule.ratios is None or not looked.width or not looked.height:
        return None
    least, most = rule.ratios
    found = looked.width / looked.height
    if least <= found <= most:
        return None
    nearest = Fraction(least if found < least else most).limit_denominator(1_000)
    return nearest.numerator, nearest.denominator


def _passes(rule: MediaRule, looked: Looked, ratio: tuple[int, int] | None) -> bool:
    if looked.mime not in rule.mimes or (rule.most_bytes is not None and looked.size_bytes > rule.most_bytes):
        return False
    if looked.kind == "audio" or rule.kind == "audio":
        return looked.kind == "audio"
    if not looked.width or not looked.height:
        return False
    if looked.width > (rule.most_width or looked.width) or looked.height > (rule.most_height or looked.height):
        return False
    if ratio is not None and not _has_ratio(looked.width, looked.height, ratio):
        return False
    return looked.kind != "video" or _plays(looked)


def _has_ratio(width: int, height: int, ratio: tuple[int, int]) -> bool:
    meant = height * ratio[0] / ratio[1]
    return abs(width - meant) <= max(RATIO_OFF * meant, POINTS_OFF)


def _plays(looked: Looked) -> bool:
    if looked.video_codec not in _PLAYED.get(looked.mime, set()):
        return False
    if looked.has_sound and looked.audio_codec not in _HEARD.get(looked.mime, set()):
        return False
    return looked.video_codec != "h264" or looked.pixel_format in _FORMATS_8_BIT


def _most_sides(rule: MediaRule) -> tuple[int | None, int | None]:
    if rule.kind == "audio":
        return None, None
    side = PICTURE_SIDE if rule.kind in ("image", "gif") else FILM_SIDE
    return min(rule.most_width or side, side), min(rule.most_height or side, side)


def _mime(rule: MediaRule, looked: Looked) -> str:
    for mime in _preferred(rule, looked):
        if mime in rule.mimes:
            return mime
    raise MediaUnfit(detail=NO_FORMAT)


def _preferred(rule: MediaRule, looked: Looked) -> tuple[str, ...]:
    if rule.kind == "gif":
        return ("image/gif",)
    if rule.kind == "video":
        return ("video/mp4",)
    if rule.kind == "audio":
        return _SOUNDS
    if looked.has_alpha:
        heavy = looked.mime == "image/png" and rule.most_bytes is not None and looked.size_bytes > rule.most_bytes
        return (*(_CLEAR[1:] if heavy else _CLEAR), *_CLEAR, *_STILL)
    drawn = looked.mime == "image/png" and (rule.most_bytes is None or looked.size_bytes <= rule.most_bytes)
    return ("image/png", *_STILL) if drawn else _STILL
