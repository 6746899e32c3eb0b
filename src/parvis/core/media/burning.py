"""Draws subtitles onto a film's pictures: white letters with a dark edge, in a strip at the foot.

FFmpeg's own means for this (libass, drawtext) are not in PyAV's build.
"""

from typing import TYPE_CHECKING

from parvis.core.media.captions import Captions
from parvis.core.media.lettering import lettering_for

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

LETTER_SHARE = 0.05
"""Of the film's shorter side."""
LEAST_LETTER = 10
MARGIN_SHARE = 0.06
FOOT_SHARE = 0.05
EDGE_SHARE = 0.1
"""Of a letter's height."""
MOST_LINES = 6


class Strip:
    """The foot of one film, with what is to be read there at each moment."""

    def __init__(self, captions: Captions, *, width: int, height: int) -> None:
        self.captions = captions
        self.letter = max(LEAST_LETTER, round(min(width, height) * LETTER_SHARE))
        self.letters = lettering_for((cue.text for cue in captions.cues), size=self.letter)
        self.width = width
        self.room = width * (1 - 2 * MARGIN_SHARE)
        lines = max((len(self._lines_at(cue.start_s)) for cue in captions.cues), default=0)
        self.line_height = round(self.letter * 1.3)
        self.height = min(height, _even(max(1, lines) * self.line_height + self.letter // 2))
        self.top = max(0, _even(height - self.height - round(height * FOOT_SHARE)))
        self._drawn: dict[tuple[str, ...], VideoFrame] = {}

    def at(self, time_s: float) -> "VideoFrame":
        """Drawn once for as long as it stays the same."""
        lines = tuple(self._lines_at(time_s))
        if lines not in self._drawn:
            self._drawn = {lines: self._draw(lines)}
        return self._drawn[lines]

    def _lines_at(self, time_s: float) -> list[str]:
        shown = [cue.text for cue in self.captions.cues if cue.start_s <= time_s < cue.end_s]
        lines = [line for text in shown for given in text.split("\n") for line in self._wrapped(given)]
        return lines[:MOST_LINES]

    def _wrapped(self, text: str) -> list[str]:
        lines: list[str] = []
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.letters.length(longer) <= self.room:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def _draw(self, lines: tuple[str, ...]) -> "VideoFrame":
        from av.video.frame import VideoFrame
        from PIL import Image, ImageDraw

        image = Image.new("RGBA", (self.width, self.height), (0, 0, 0, 0))
        pen = ImageDraw.Draw(image)
        edge = max(1, round(self.letter * EDGE_SHARE))
        first = self.height - len(lines) * self.line_height
        for number, line in enumerate(lines):
            middle = (self.width / 2, first + (number + 0.5) * self.line_height)
            self.letters.write(pen, line, middle=middle, edge=edge)
        frame = VideoFrame.from_bytes(image.tobytes(), self.width, self.height, format="rgba")
        return frame.reformat(format="yuva420p")


def _even(length: float) -> int:
    return int(length) // 2 * 2
