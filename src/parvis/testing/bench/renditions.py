"""Renditions: five forms of a 24-megapixel photo, and two of a 10-second film, each out of one decode."""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from parvis.core.media.films import render_film
from parvis.core.media.looked import Looked, look
from parvis.core.media.made import Made
from parvis.core.media.photos import render_photo
from parvis.core.media.wanted import Wanted, wanted_for
from parvis.core.post import MediaRule

Row = dict[str, object]
PHOTO = (6_000, 4_000)
FILM = (1_920, 1_080)
FILM_S = 10
FPS = 30
GRAIN = 12
"""Standard deviation of the sensor's noise that is laid over the photo."""
OFF_S = 0.1
_JPEG = ("image/jpeg",)
_MP4 = ("video/mp4",)


def _picture(width: int, height: int, ratio: tuple[int, int], most_bytes: int) -> tuple[MediaRule, tuple[int, int]]:
    rule = MediaRule(kind="image", mimes=_JPEG, most=1, most_bytes=most_bytes, most_width=width, most_height=height)
    return rule, ratio


def _film(width: int, height: int, ratio: tuple[int, int]) -> tuple[MediaRule, tuple[int, int]]:
    rule = MediaRule(
        kind="video", mimes=_MP4, most=1, most_bytes=100_000_000, most_width=width, most_height=height,
        most_duration_s=60.0,
    )  # fmt: skip
    return rule, ratio


PHOTO_RULES = {
    "portrait": _picture(1_080, 1_350, (4, 5), 8_388_608),
    "square": _picture(1_080, 1_080, (1, 1), 1_000_000),
    "story": _picture(1_080, 1_920, (9, 16), 8_388_608),
    "wide": _picture(1_600, 900, (16, 9), 5_242_880),
    "card": _picture(1_200, 628, (300, 157), 1_000_000),
}
FILM_RULES = {"tall": _film(1_080, 1_920, (9, 16)), "square": _film(1_080, 1_080, (1, 1))}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=3, help="of which the quickest counts")
    parser.add_argument("--threads", type=int, default=2, help="for each decoder and encoder of the film")
    parser.add_argument("--only", choices=("photo", "video"), help="leave the other out")


def run(args: argparse.Namespace) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="parvis-renditions-") as folder:
        place = Path(folder)
        if args.only != "video":
            yield from _photo(place, args.rounds)
        if args.only != "photo":
            yield from _video(place, threads=args.threads)


def _photo(place: Path, rounds: int) -> Iterator[Row]:
    path = place / "photo.jpg"
    make_photo(path, *PHOTO)
    looked = look(path)
    wanted = _wanted(PHOTO_RULES, looked)
    into = place / "photo"
    into.mkdir()
    together = min((_timed(lambda: render_photo(path, wanted, into)) for _ in range(rounds)), key=lambda one: one[0])
    _check(together[2], PHOTO_RULES)
    apart = min((_timed(lambda: _each(path, wanted, into)) for _ in range(rounds)), key=lambda one: one[0])
    of: Row = {
        "megapixels": 24,
        "megabytes": round(looked.size_bytes / 1e6, 1),
        "forms": {one.name: [one.width, one.height, one.size_bytes, one.quality] for one in together[2]},
    }
    yield {"figure": "renditions.photo_cpu_s", "value": round(together[0], 3), "unit": "s", "of": of}
    yield {"figure": "renditions.photo_wall_s", "value": round(together[1], 3), "unit": "s", "of": {}}
    yield {
        "figure": "renditions.photo_decode_each_cpu_s",
        "value": round(apart[0], 3),
        "unit": "s",
        "of": {"times_ours": round(apart[0] / together[0], 2)},
    }


def _each(path: Path, wanted: Sequence[Wanted], into: Path) -> list[Made]:
    """The same forms, the picture decoded whole for each, as programs do that make one at a time."""
    from PIL import Image, ImageOps
    from PIL.Image import Resampling

    made = []
    for one in wanted:
        assert one.most_width is not None
        assert one.most_height is not None
        with Image.open(path) as picture:
            form = ImageOps.fit(picture, (one.most_width, one.most_height), Resampling.LANCZOS)
        out = into / f"each-{one.name}.jpg"
        form.save(out, "JPEG", quality=88, progressive=True)
        made.append(Made(name=one.name, path=out, mime="image/jpeg", size_bytes=out.stat().st_size))
    return made


def _video(place: Path, *, threads: int) -> Iterator[Row]:
    path = place / "film.mp4"
    make_film(path, *FILM, duration_s=FILM_S, fps=FPS)
    looked = look(path)
    wanted = _wanted(FILM_RULES, looked)
    into = place / "film"
    into.mkdir()
    together = _timed(lambda: render_film(path, wanted, into, threads=threads))
    _check(together[2], FILM_RULES)
    for one in together[2]:
        _check_film(one, looked)
    apart = _timed(lambda: [made for one in wanted for made in render_film(path, [one], into, threads=threads)])
    of: Row = {
        "seconds": FILM_S,
        "megabytes": round(looked.size_bytes / 1e6, 1),
        "threads": threads,
        "forms": {one.name: [one.width, one.height, one.size_bytes] for one in together[2]},
    }
    yield {"figure": "renditions.video_cpu_s", "value": round(together[0], 2), "unit": "s", "of": of}
    yield {"figure": "renditions.video_wall_s", "value": round(together[1], 2), "unit": "s", "of": {}}
    yield {
        "figure": "renditions.video_decode_each_cpu_s",
        "value": round(apart[0], 2),
        "unit": "s",
        "of": {"times_ours": round(apart[0] / together[0], 2)},
    }


def _wanted(rules: dict[str, tuple[MediaRule, tuple[int, int]]], looked: Looked) -> list[Wanted]:
    found = [wanted_for(rule, looked, name=name, ratio=ratio) for name, (rule, ratio) in rules.items()]
    return [one for one in found if one is not None]


def _timed(work: Callable[[], list[Made]]) -> tuple[float, float, list[Made]]:
    """CPU seconds of all threads, wall seconds, what came out."""
    wall, cpu = time.monotonic(), time.process_time()
    made = work()
    return time.process_time() - cpu, time.monotonic() - wall, made


def _check(made: Sequence[Made], rules: dict[str, tuple[MediaRule, tuple[int, int]]]) -> None:
    """Read back, each passes its own rule as it is: nothing more is wanted."""
    if {one.name for one in made} != set(rules):
        raise RuntimeError("a form is missing")
    for one in made:
        rule, ratio = rules[one.name]
        found = look(one.path)
        if wanted_for(rule, found, name=one.name, ratio=ratio) is not None:
            raise RuntimeError(f"{one.name} is not within its rule: {found}")
        if rule.kind == "image" and (found.width, found.height) != (rule.most_width, rule.most_height):
            raise RuntimeError(f"{one.name} is not as large as it may be: {found}")


def _check_film(made: Made, original: Looked) -> None:
    found = look(made.path)
    assert found.duration_s is not None
    assert original.duration_s is not None
    if abs(found.duration_s - original.duration_s) > OFF_S or not found.has_sound or found.has_person_data:
        raise RuntimeError(f"{made.name} is not the film that it was: {found}")
    data = made.path.read_bytes()
    if not 0 < data.find(b"moov") < data.find(b"mdat"):
        raise RuntimeError(f"{made.name} cannot be shown before it is wholly there")


def make_photo(path: Path, width: int, height: int, *, seed: int = 1) -> None:
    """Like a photograph to a codec: light that falls off, shapes of every size, and a sensor's noise."""
    from PIL import Image, ImageChops
    from PIL.Image import Resampling

    bands = []
    for band in range(3):
        light = Image.linear_gradient("L") if band != 1 else Image.radial_gradient("L")
        layer = light.resize((width, height), Resampling.BICUBIC)
        for across, weight in ((6, 0.5), (40, 0.35), (300, 0.25), (1_500, 0.12)):
            rows = max(1, across * height // width)
            noise = random.Random(f"{seed}.{band}.{across}").randbytes(across * rows)
            shapes = Image.frombytes("L", (across, rows), noise).resize((width, height), Resampling.BICUBIC)
            layer = Image.blend(layer, shapes, weight)
        grain = Image.effect_noise((width, height), GRAIN)
        bands.append(ImageChops.add(layer, grain, 1, -128))
    Image.merge("RGB", bands).save(path, "JPEG", quality=92, subsampling=2)


def make_film(path: Path, width: int, height: int, *, duration_s: int, fps: int) -> None:
    """A camera that pans over a photograph, with a little noise and a tone."""
    import av
    from av.filter import Graph
    from PIL import Image

    still = path.with_suffix(".still.jpg")
    make_photo(still, width * 3 // 2, height * 3 // 2, seed=2)
    with Image.open(still) as picture:
        frame = av.VideoFrame.from_bytes(picture.convert("RGBA").tobytes(), *picture.size, format="rgba")
    still.unlink()
    frames = duration_s * fps
    frame.pts, frame.time_base = 0, Fraction(1, fps)
    graph = Graph()
    steps = [
        graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, fps)),
        graph.add("format", "yuv420p"),
        graph.add("loop", f"loop={frames - 1}:size=1"),
        graph.add("setpts", "N"),
        graph.add("crop", f"{width}:{height}:(iw-ow)*n/{frames}:(ih-oh)*(0.5+0.5*sin(n/40))"),
        graph.add("noise", "alls=4:allf=t"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*steps).configure()
    graph.push(frame)
    graph.push(None)
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": "20"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        sound = out.add_stream("aac", rate=48_000, bit_rate=128_000)
        sound.layout = "stereo"
        for packet_frame in _pulled(graph):
            out.mux(video.encode(packet_frame))
        out.mux(video.encode(None))
        tone = Graph()
        tone.link_nodes(
            tone.add("sine", f"frequency=440:sample_rate=48000:duration={duration_s}"),
            tone.add("aformat", "sample_fmts=fltp:channel_layouts=stereo"),
            tone.add("abuffersink"),
        ).configure()
        for heard in _pulled(tone):
            out.mux(sound.encode(heard))
        out.mux(sound.encode(None))


def _pulled(graph: Any) -> Iterator[Any]:
    from av.error import BlockingIOError as NothingYet
    from av.error import EOFError as NoMore

    while True:
        try:
            yield graph.pull()
        except (NothingYet, NoMore):
            return
