"""Subtitles as plain data: read from SRT, WebVTT and ASS, changed cue by cue, written as SRT and WebVTT.

https://www.w3.org/TR/webvtt1/, read 2026-11; SRT has no standard, only habits.
"""

import re
from dataclasses import dataclass, replace

from parvis.core.errors import CaptionsFaulty
from parvis.core.wording import Text

MOST_CUES = 20_000
_SECOND_MS = 1_000
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&nbsp;": "\u00a0", "&lrm;": "\u200e", "&rlm;": "\u200f", "&amp;": "&"}
_TAG = re.compile(r"</?(?:[biuscv]|c\.[^>]*|ruby|rt|lang|font|v)(?:[ .\t][^>]*)?>|<\d+:[\d:.]+>", re.IGNORECASE)
_PLACED = re.compile(r"\{\\[^}]*\}")
"""SRT has borrowed it from ASS, to say where on the screen."""
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES = re.compile(rf"{_TIME}[ \t]*-->[ \t]*{_TIME}(?:[ \t].*)?")
_NUMBER = re.compile(r"\d+")
_BLOCK = re.compile(r"(NOTE|STYLE|REGION)([ \t].*)?")

NO_CAPTIONS = Text("these are neither SRT nor WebVTT subtitles", "ce ne sont ni des sous-titres SRT ni WebVTT")
NO_TIMES = Text(
    "times are expected here, like 00:00:01,000 --> 00:00:03,500",
    "des temps sont attendus ici, comme 00:00:01,000 --> 00:00:03,500",
)
BACKWARDS = Text("it ends before it begins", "la fin précède le début")
ODD_TIME = Text(
    "there is no such time: minutes and seconds end at 59",
    "ce temps n’existe pas\u202f: minutes et secondes vont jusqu’à 59",
)
NOT_TEXT = Text("this is no text", "ce n’est pas du texte")
TOO_MANY = Text("there are more than {most} cues", "il y a plus de {most} sous-titres")


@dataclass(frozen=True, slots=True)
class Cue:
    start_s: float
    end_s: float
    text: str
    """Plain; lines parted by \\n, none empty."""


@dataclass(frozen=True, slots=True)
class Captions:
    """In the order of their beginnings; two may be shown at once."""

    cues: tuple[Cue, ...]

    @property
    def duration_s(self) -> float:
        return max((cue.end_s for cue in self.cues), default=0.0)

    def with_cue(self, cue: Cue, *, instead_of: int | None = None) -> "Captions":
        """`instead_of`: the place of the one that it replaces. Raises CaptionsFaulty, which names the place as line."""
        kept = [old for place, old in enumerate(self.cues) if place != instead_of]
        if cue.end_s <= cue.start_s or cue.start_s < 0:
            raise CaptionsFaulty(line=(len(kept) if instead_of is None else instead_of) + 1, detail=BACKWARDS)
        return _ordered([*kept, cue])

    def without_cue(self, place: int) -> "Captions":
        return Captions(tuple(cue for at, cue in enumerate(self.cues) if at != place))

    def shifted(self, by_s: float) -> "Captions":
        """All of them earlier or later; what would begin before the film begins with it, or falls away."""
        moved = (replace(cue, start_s=max(0.0, cue.start_s + by_s), end_s=cue.end_s + by_s) for cue in self.cues)
        return _ordered([cue for cue in moved if cue.end_s > cue.start_s])

    def within(self, start_s: float, end_s: float) -> "Captions":
        """Those of a part, reckoned from its beginning."""
        cut = (replace(cue, end_s=min(cue.end_s, end_s)) for cue in self.cues if cue.start_s < end_s)
        return Captions(tuple(cut)).shifted(-start_s)


def read_captions(data: bytes, name: str = "") -> Captions:  # noqa: ARG001 - a name is not to be trusted
    """Raises CaptionsFaulty with the line. Empty cues are left out, as is what only decorates.

    `name` decides nothing: SRT, WebVTT and ASS are told apart by their text.
    """
    text = _decoded(data).replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.lower() == "[script info]":
        return _read_ass(text)
    is_vtt = first == "WEBVTT" or first.startswith(("WEBVTT ", "WEBVTT\t"))
    if not is_vtt and not any("-->" in line for line in lines):
        raise CaptionsFaulty(line=1, detail=NO_CAPTIONS)
    return _ordered(_read(lines, is_vtt=is_vtt))


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:  # old programs on Windows write this, and every byte means something in it
            text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise CaptionsFaulty(line=text[: text.index("\0")].count("\n") + 1, detail=NOT_TEXT)
    return text.removeprefix("\ufeff")


def _read(lines: list[str], *, is_vtt: bool) -> list[Cue]:
    cues: list[Cue] = []
    place = _after_header(lines) if is_vtt else 0
    while place < len(lines):
        line = lines[place].strip()
        if not line:
            place += 1
        elif is_vtt and _BLOCK.fullmatch(line):
            place = _end_of_block(lines, place)
        else:
            place = _to_times(lines, place, is_vtt=is_vtt)
            cue = _times(lines[place], place + 1)
            end = _end_of_text(lines, place + 1, is_vtt=is_vtt)
            cues.append(replace(cue, text=_plain(lines[place + 1 : end], is_vtt=is_vtt)))
            place = end
    return cues


def _after_header(lines: list[str]) -> int:
    first = next(place for place, line in enumerate(lines) if line.strip())
    return _end_of_block(lines, first)


def _end_of_block(lines: list[str], place: int) -> int:
    while place < len(lines) and lines[place].strip():
        place += 1
    return place


def _to_times(lines: list[str], place: int, *, is_vtt: bool) -> int:
    """Past the cue's number or name; raises where no times follow it."""
    if "-->" in lines[place]:
        return place
    is_name = is_vtt or _NUMBER.fullmatch(lines[place].strip())
    if is_name and place + 1 < len(lines) and "-->" in lines[place + 1]:
        return place + 1
    raise CaptionsFaulty(line=place + (2 if is_name and place + 1 < len(lines) else 1), detail=NO_TIMES)


def _end_of_text(lines: list[str], place: int, *, is_vtt: bool) -> int:
    """In SRT a text may hold empty lines: it goes on until the next number with times."""
    while place < len(lines):
        if not lines[place].strip() and (is_vtt or _begins_cue(lines, place + 1)):
            return place
        if "-->" in lines[place]:  # somebody forgot the empty line
            return place - 1 if not is_vtt and _NUMBER.fullmatch(lines[place - 1].strip()) else place
        place += 1
    return place


def _begins_cue(lines: list[str], place: int) -> bool:
    while place < len(lines) and not lines[place].strip():
        place += 1
    here = lines[place : place + 2]
    if not here or "-->" in here[0]:
        return True
    return bool(_NUMBER.fullmatch(here[0].strip()))


def _times(line: str, number: int) -> Cue:
    found = _TIMES.fullmatch(line.strip())
    if found is None:
        raise CaptionsFaulty(line=number, detail=NO_TIMES)
    start_ms, end_ms = _ms(found.groups()[:4], number), _ms(found.groups()[4:], number)
    if end_ms < start_ms:
        raise CaptionsFaulty(line=number, detail=BACKWARDS)
    return Cue(start_ms / _SECOND_MS, end_ms / _SECOND_MS, "")


def _ms(parts: tuple[str | None, ...], number: int) -> int:
    hours, minutes, seconds = (int(part or 0) for part in parts[:3])
    if minutes > 59 or seconds > 59:
        raise CaptionsFaulty(line=number, detail=ODD_TIME)
    return ((hours * 60 + minutes) * 60 + seconds) * _SECOND_MS + int((parts[3] or "0").ljust(3, "0"))


def _plain(lines: list[str], *, is_vtt: bool) -> str:
    text = _TAG.sub("", "\n".join(lines))
    if is_vtt:
        for entity, letter in _ENTITIES.items():
            text = text.replace(entity, letter)
    else:
        text = _PLACED.sub("", text)
    return _tidy(text)


def _tidy(text: str) -> str:
    return "\n".join(line.strip(" \t") for line in text.splitlines() if line.strip())


def _ordered(cues: list[Cue]) -> Captions:
    if len(cues) > MOST_CUES:
        raise CaptionsFaulty(line=1, detail=TOO_MANY.format(most=MOST_CUES))
    tidied = (
        Cue(round(cue.start_s, 3), round(cue.end_s, 3), _tidy(cue.text)) for cue in cues if cue.end_s > cue.start_s
    )
    return Captions(tuple(sorted((cue for cue in tidied if cue.text), key=lambda cue: (cue.start_s, cue.end_s))))


def _read_ass(text: str) -> Captions:
    import pysubs2

    try:
        found = pysubs2.SSAFile.from_string(text, format_="ass")
    except (pysubs2.Pysubs2Error, ValueError, KeyError, IndexError):
        raise CaptionsFaulty(line=1, detail=NO_CAPTIONS) from None
    return _ordered(
        [
            Cue(event.start / _SECOND_MS, event.end / _SECOND_MS, event.plaintext)
            for event in found
            if not event.is_comment and event.start >= 0
        ]
    )


def as_vtt(captions: Captions) -> str:
    pieces = ["WEBVTT\n"]
    for cue in captions.cues:
        text = cue.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        pieces.append(f"{_written(cue.start_s, '.')} --> {_written(cue.end_s, '.')}\n{text}\n")
    return "\n".join(pieces)


def as_srt(captions: Captions) -> str:
    """The arrow of the times cannot stand in a text; it is drawn otherwise there."""
    pieces = []
    for number, cue in enumerate(captions.cues, start=1):
        text = cue.text.replace("-->", "→")
        pieces.append(f"{number}\n{_written(cue.start_s, ',')} --> {_written(cue.end_s, ',')}\n{text}\n")
    return "\n".join(pieces)


def _written(seconds: float, point: str) -> str:
    minutes, ms = divmod(round(seconds * _SECOND_MS), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}{point}{ms % 1000:03}"
