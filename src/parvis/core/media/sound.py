"""A film's sound, or a sound by itself: copied where it passes, else encoded once, cut to the sample."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from parvis.core.errors import MediaUnfit
from parvis.core.media.broken import garbled
from parvis.core.media.film_opening import open_film, sound_stream
from parvis.core.media.looked import Looked, look
from parvis.core.media.made import ENDINGS, Made
from parvis.core.media.wanted import Wanted
from parvis.core.wording import Text

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.filter.graph import Graph

BEST_BITS = 128_000
"""A second, of two channels."""
LEAST_BITS = 24_000
MOST_COPIED_BITS = 200_000
RATE = 48_000
FILLED = 0.96
"""Of the bytes that there are, for the sound itself; the rest is the container's."""
_WRITTEN = {
    "audio/mp4": ("ipod", "aac"),
    "audio/mpeg": ("mp3", "libmp3lame"),
    "audio/ogg": ("ogg", "libopus"),
    "audio/aac": ("adts", "aac"),
}
"""Container and encoder."""
NO_ROOM = Text(
    "its sound alone would weigh more than {most_kb} kB; choose a shorter part",
    "à lui seul, le son pèserait plus de {most_kb} ko\u202f; choisissez un extrait plus court",
)


def render_sound(path: Path, looked: Looked, wanted: Wanted, into: Path) -> Made:
    """Raises MediaUnfit, MediaUnreadable."""
    start_s, end_s = part_of(looked, wanted)
    bits = BEST_BITS
    if wanted.most_bytes is not None:
        bits = int(min(bits, wanted.most_bytes * 8 * FILLED / max(0.1, end_s - start_s)))
    if bits < LEAST_BITS:
        raise MediaUnfit(detail=NO_ROOM.format(most_kb=(wanted.most_bytes or 0) // 1000))
    made = into / (wanted.name + ENDINGS[wanted.mime])
    encode_sound(path, looked, made, part=(start_s, end_s), bits=bits, mime=wanted.mime)
    if not made.exists():
        raise garbled()
    size_bytes = made.stat().st_size
    if wanted.most_bytes is not None and size_bytes > wanted.most_bytes:
        encode_sound(path, looked, made, part=(start_s, end_s), bits=max(LEAST_BITS, bits // 2), mime=wanted.mime)
        size_bytes = made.stat().st_size
        if size_bytes > wanted.most_bytes:
            raise MediaUnfit(detail=NO_ROOM.format(most_kb=wanted.most_bytes // 1000))
    return Made(name=wanted.name, path=made, mime=wanted.mime, size_bytes=size_bytes, duration_s=look(made).duration_s)


def part_of(looked: Looked, wanted: Wanted) -> tuple[float, float]:
    """From … to …, in seconds of the original."""
    whole_s = looked.duration_s if looked.duration_s is not None else float("inf")
    start_s, end_s = wanted.trim or (0.0, whole_s)
    end_s = min(end_s, whole_s)
    if wanted.most_duration_s is not None:
        end_s = min(end_s, start_s + wanted.most_duration_s)
    return start_s, end_s


def film_sound(path: Path, looked: Looked, into: Path, *, part: tuple[float, float] | None, bits: int) -> bool:
    """AAC, of its own: each form of the film takes its packets from there. `part` None: all of it.

    False where nothing is heard in that part.
    """
    if part is None and looked.audio_codec == "aac" and _copied(path, looked, into):
        return into.exists()
    encode_sound(path, looked, into, part=part or (0.0, float("inf")), bits=bits, mime="audio/mp4")
    return into.exists()


def _copied(path: Path, looked: Looked, into: Path) -> bool:
    import av

    with open_film(path, looked.mime) as film:
        stream = sound_stream(film)
        assert stream is not None
        begins_late = (stream.start_time or 0) * (stream.time_base or Fraction(1)) > 0.1
        context = stream.codec_context
        is_heavy = (context.bit_rate or 0) > MOST_COPIED_BITS
        if context.layout.nb_channels > 2 or context.sample_rate > RATE or begins_late or is_heavy:
            return False
        with av.open(str(into), "w", format="ipod", options={"fflags": "+bitexact"}) as out:
            copy = out.add_stream_from_template(stream)
            copy.metadata.clear()
            for packet in film.demux(stream):
                if packet.dts is not None:
                    packet.stream = copy
                    out.mux(packet)
    return True


def encode_sound(path: Path, looked: Looked, into: Path, *, part: tuple[float, float], bits: int, mime: str) -> None:
    import av

    writer, encoder = _WRITTEN[mime]
    with (
        open_film(path, looked.mime) as film,
        av.open(str(into), "w", format=writer, options={"fflags": "+bitexact"}) as out,
    ):
        stream = sound_stream(film)
        assert stream is not None
        channels = min(2, stream.codec_context.layout.nb_channels)
        copy = cast(
            "AudioStream",
            out.add_stream(encoder, rate=RATE, bit_rate=bits if channels == 2 else max(LEAST_BITS, bits * 5 // 8)),
        )
        copy.codec_context.layout = "stereo" if channels == 2 else "mono"
        copy.codec_context.time_base = Fraction(1, RATE)
        _encode(film, stream, out, copy, part=part)


def _encode(
    film: "InputContainer",
    stream: "AudioStream",
    out: "OutputContainer",
    copy: "AudioStream",
    *,
    part: tuple[float, float],
) -> None:
    start_s, end_s = part
    zero_s = (film.start_time or 0) / 1_000_000
    if start_s > 1:
        film.seek(int((start_s - 1 + zero_s) * 1_000_000))
    graph: Graph | None = None
    done = False
    for packet in film.demux(stream):
        for frame in packet.decode() if not done else ():
            graph = graph or _graph(stream, frame, copy, start_s=start_s + zero_s, end_s=end_s + zero_s)
            if frame.time is not None and frame.time > end_s + zero_s:
                done = True
                break
            graph.push(frame)
            _drain(graph, out, copy)
        if done:
            break
    if graph is not None:
        graph.push(None)
        _drain(graph, out, copy)
        out.mux(copy.encode(None))


def _graph(stream: "AudioStream", frame: "AudioFrame", copy: "AudioStream", *, start_s: float, end_s: float) -> "Graph":
    from av.filter import Graph

    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=stream.time_base,
    )
    bounds = f"start={start_s}" + ("" if end_s == float("inf") else f":end={end_s}")
    steps = [
        source,
        graph.add("atrim", bounds),
        graph.add("asetpts", f"PTS-({start_s})/TB"),
        graph.add("aresample", f"{RATE}:async=1:first_pts=0"),
        graph.add(
            "aformat",
            f"sample_fmts={copy.codec_context.format.name}:sample_rates={RATE}:"
            f"channel_layouts={copy.codec_context.layout.name}",
        ),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*steps).configure()
    return graph


def _drain(graph: "Graph", out: "OutputContainer", copy: "AudioStream") -> None:
    from av.error import BlockingIOError as NothingYet
    from av.error import EOFError as NoMore

    while True:
        try:
            frame = graph.pull()
        except (NothingYet, NoMore):
            return
        out.mux(copy.encode(frame))  # type: ignore[arg-type]
