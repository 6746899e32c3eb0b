"""One form of a film while it is written: cut, turned, made smaller, subtitled and encoded, frame by frame."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from parvis.core.media.burning import Strip
from parvis.core.media.captions import Captions
from parvis.core.media.framing import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer, OutputContainer
    from av.filter.graph import Graph
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

PRESET = "veryfast"
QUALITY = 21
"""x264's constant rate factor: below, files grow and nobody sees a difference."""
CLOCK = Fraction(1, 90_000)
KEY_EVERY_S = 2
UNTOLD = 2
HIGH_LINES = 720
"""From here up, colours that are not told are those of high definition."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one form is to come out."""

    path: Path
    frame: Frame
    shown: tuple[int, int]
    """Of the original: what `frame` was reckoned for."""
    part: tuple[float, float]
    fps: float | None
    """The most."""
    rate: Fraction
    """Of the original."""
    bits: int | None
    """A second, at most, of the picture alone."""
    captions: Captions | None
    threads: int


class Form:
    """`take` every frame from the part's beginning on, then `end`. To be closed whatever happens."""

    def __init__(self, plan: Plan, *, sound: Path | None) -> None:
        import av

        self.plan = plan
        self._graph: Graph | None = None
        self._strip: Strip | None = None
        if plan.captions is not None and plan.captions.cues:
            captions = plan.captions.within(*plan.part)
            self._strip = Strip(captions, width=plan.frame.out_width, height=plan.frame.out_height)
        self._out: OutputContainer = av.open(
            str(plan.path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}
        )
        self._stream = self._video_stream()
        self._sound = None if sound is None else _Sound(sound, self._out)
        self.frames = 0

    def _video_stream(self) -> "VideoStream":
        plan = self.plan
        rate = plan.rate if plan.fps is None or plan.rate <= plan.fps else Fraction(plan.fps).limit_denominator(1001)
        options = {"preset": PRESET, "crf": str(QUALITY), "profile": "high"}
        if plan.bits is not None:
            options |= {"maxrate": str(plan.bits), "bufsize": str(plan.bits)}
        stream = self._out.add_stream("libx264", rate=rate, options=options)
        context = stream.codec_context
        context.width, context.height = plan.frame.out_width, plan.frame.out_height
        context.pix_fmt = "yuv420p"
        context.time_base = CLOCK
        context.gop_size = max(1, round(rate * KEY_EVERY_S))
        context.thread_count = plan.threads
        context.color_range, context.colorspace = 1, 1  # limited; BT.709, which the filters bring it to
        return stream

    def take(self, frame: "VideoFrame", time_s: float) -> None:
        """`time_s`: in the original. What lies outside of the part is passed over."""
        start_s, end_s = self.plan.part
        if not start_s - 1e-6 <= time_s < end_s - 1e-6:
            return
        if self._graph is None:
            self._graph = self._made_graph(frame)
        kept = frame.pts, frame.time_base
        frame.pts, frame.time_base = round((time_s - start_s) / CLOCK), CLOCK
        self._graph.vpush(frame, 0)
        if self._strip is not None:
            words = self._strip.at(time_s - start_s)
            words.pts, words.time_base = frame.pts, CLOCK
            self._graph.vpush(words, 1)
        frame.pts, frame.time_base = kept
        self._drain()

    def end(self) -> None:
        if self._graph is not None:
            self._graph.push(None)
            self._drain()
        self._write(self._stream.encode(None))
        if self._sound is not None:
            self._sound.write_until(None)

    def close(self) -> None:
        self._out.close()
        if self._sound is not None:
            self._sound.close()

    def _drain(self) -> None:
        from av.error import BlockingIOError as NothingYet
        from av.error import EOFError as NoMore

        assert self._graph is not None
        while True:
            try:
                frame = self._graph.vpull()
            except (NothingYet, NoMore):
                return
            frame.pict_type = 0  # the encoder chooses its own key frames
            self.frames += 1
            self._write(self._stream.encode(frame))

    def _write(self, packets: "list[Packet[VideoStream]]") -> None:
        for packet in packets:
            if self._sound is not None and packet.dts is not None:
                self._sound.write_until(float(packet.dts * packet.time_base))
            self._out.mux(packet)

    def _made_graph(self, first: "VideoFrame") -> "Graph":
        from av.filter import Graph

        graph = Graph()
        graph.threads = 1
        steps = [
            graph.add(
                "buffer",
                video_size=f"{first.width}x{first.height}",
                pix_fmt=first.format.name,
                time_base=str(CLOCK),
                pixel_aspect="1/1",
                colorspace=str(int(first.colorspace)),
                range=str(int(first.color_range)),
            )
        ]
        steps += [graph.add(name, told) for name, told in self._filters(first)]
        graph.link_nodes(*steps)
        last = steps[-1]
        if self._strip is not None:
            words = graph.add(
                "buffer",
                video_size=f"{self._strip.width}x{self._strip.height}",
                pix_fmt="yuva420p",
                time_base=str(CLOCK),
                pixel_aspect="1/1",
            )
            over = graph.add("overlay", f"x=0:y={self._strip.top}:format=yuv420:eof_action=pass")
            last.link_to(over, 0, 0)
            words.link_to(over, 0, 1)
            last = over
        even = graph.add("format", "yuv420p")
        last.link_to(even)
        even.link_to(graph.add("buffersink"))
        graph.configure()
        return graph

    def _filters(self, first: "VideoFrame") -> "Iterator[tuple[str, str]]":
        plan, frame = self.plan, self.plan.frame
        stored = first.width, first.height
        turn = round(first.rotation) % 360
        if plan.fps is not None and plan.rate > plan.fps:
            yield "fps", f"fps={plan.fps}"
        # cut before turning: less is turned
        part = [
            frame.left / plan.shown[0],
            frame.top / plan.shown[1],
            frame.width / plan.shown[0],
            frame.height / plan.shown[1],
        ]
        left, top, width, height = _unturned(part, turn)
        sides = max(2, round(width * stored[0])), max(2, round(height * stored[1]))
        yield "crop", f"{sides[0]}:{sides[1]}:{round(left * stored[0])}:{round(top * stored[1])}"
        sides = (frame.out_height, frame.out_width) if turn in (90, 270) else (frame.out_width, frame.out_height)
        told = first.colorspace != UNTOLD
        matrix = "auto" if told else ("bt709" if min(stored) >= HIGH_LINES else "smpte170m")
        yield (
            "scale",
            f"{sides[0]}:{sides[1]}:flags=bicubic:in_color_matrix={matrix}:out_color_matrix=bt709:out_range=tv",
        )
        yield "format", "yuv420p"
        yield from _TURNS.get(turn, ())
        yield "setsar", "1"


_TURNS = {
    90: (("transpose", "cclock"),),
    180: (("hflip", ""), ("vflip", "")),
    270: (("transpose", "clock"),),
}
"""By how far the picture is to be turned to the left."""


def _unturned(part: list[float], turn: int) -> tuple[float, float, float, float]:
    """A part of the picture as shown, in shares, as it lies in the picture as stored."""
    left, top, width, height = part
    if turn == 90:
        return 1 - top - height, left, height, width
    if turn == 180:
        return 1 - left - width, 1 - top - height, width, height
    if turn == 270:
        return top, 1 - left - width, height, width
    return left, top, width, height


class _Sound:
    """Packets of a sound that is right already, written between those of the picture."""

    def __init__(self, path: Path, out: "OutputContainer") -> None:
        import av

        self._film: InputContainer = av.open(str(path), "r", format="mov")
        stream = self._film.streams.audio[0]
        self._copy = out.add_stream_from_template(stream)
        self._copy.metadata.clear()
        self._out = out
        self._packets = self._film.demux(stream)
        self._next = next(self._packets, None)

    def write_until(self, time_s: float | None) -> None:
        while self._next is not None and self._next.dts is not None:
            if time_s is not None and float(self._next.dts * self._next.time_base) > time_s:
                return
            self._next.stream = self._copy
            self._out.mux(self._next)
            self._next = next(self._packets, None)

    def close(self) -> None:
        self._film.close()
