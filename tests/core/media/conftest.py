"""Small files of every kind, made here so that all that they carry is known."""

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

SECRET = "Anna Muster, Rue Secrete 7"
PLACE = "+46.5197+006.6323/"


def picture(width: int = 96, height: int = 64, *, mode: str = "RGB") -> Image.Image:
    """Four quarters of different colours, with something in each, so that turns and cuts can be told."""
    image = Image.radial_gradient("L").resize((width, height)).convert(mode)
    colours = [(220, 40, 40), (40, 200, 60), (50, 70, 220), (230, 210, 60)]
    for number, colour in enumerate(colours):
        left, top = number % 2 * width // 2, number // 2 * height // 2
        patch = Image.new("RGB", (width // 3, height // 3), colour).convert(mode)
        image.paste(patch, (left + width // 16, top + height // 16))
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.linear_gradient("L").resize((width, height)))
    return image


def personal_exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x013B] = SECRET
    exif[0x8769] = {0xA431: "SERIAL-12345", 0xA430: SECRET}
    exif[0x8825] = {1: "N", 2: (46.0, 31.0, 11.0), 3: "E", 4: (6.0, 37.0, 56.0)}
    return exif


def saved(image: Image.Image, name: str, **options: Any) -> bytes:
    into = io.BytesIO()
    image.save(into, name, **options)
    return into.getvalue()


def full_of_secrets(name: str, *, orientation: int = 1) -> bytes:
    """A picture with Exif, XMP and a comment, as far as its format has them."""
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a exif:GPSLatitude="46,31N">' + SECRET.encode() + b"</a></x:xmpmeta>"
    exif = personal_exif(orientation)
    if name == "JPEG":
        return saved(picture(), name, quality=90, exif=exif, comment=SECRET, xmp=xmp)
    if name == "PNG":
        told = PngImagePlugin.PngInfo()
        told.add_text("Author", SECRET)
        told.add_itxt("XML:com.adobe.xmp", xmp.decode())
        return saved(picture(mode="RGBA"), name, exif=exif, pnginfo=told)
    if name == "GIF":
        frames = [picture().rotate(turn).quantize(64) for turn in (0, 90, 180)]
        return saved(
            frames[0], name, save_all=True, append_images=frames[1:], duration=[80, 120, 100], loop=0, comment=SECRET
        )
    return saved(picture(), name, quality=80, exif=exif, xmp=xmp)


def make_film(
    path: Path,
    *,
    size: tuple[int, int] = (160, 90),
    seconds: float = 1.0,
    fps: int = 20,
    encoder: str = "libx264",
    sound: str | None = "aac",
    turned: int | None = None,
    ratio: Fraction | None = None,
    told: dict[str, str] | None = None,
    tracks: int = 1,
) -> Path:
    import av
    from av.filter import Graph

    with av.open(str(path), "w") as out:
        options = {"preset": "ultrafast", "crf": "18"} if encoder == "libx264" else {"deadline": "realtime"}
        video = out.add_stream(encoder, rate=fps, options=options)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        if ratio is not None:
            video.codec_context.sample_aspect_ratio = ratio
        if turned is not None:
            video.set_display_rotation(turned)
        out.metadata.update(told or {})
        sounds = [out.add_stream(sound, rate=48_000) for _ in range(tracks)] if sound else []
        for stream in sounds:
            stream.layout = "stereo"
        graph = Graph()
        graph.link_nodes(
            graph.add("testsrc2", f"size={size[0]}x{size[1]}:rate={fps}:duration={seconds}"),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ).configure()
        for frame in pulled(graph):
            out.mux(video.encode(frame))
        for stream in sounds:
            tone = Graph()
            tone.link_nodes(
                tone.add("sine", f"frequency=440:sample_rate=48000:duration={seconds}"),
                tone.add("aformat", f"sample_fmts={stream.codec_context.format.name}:channel_layouts=stereo"),
                tone.add("abuffersink"),
            ).configure()
            for frame in pulled(tone):
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        out.mux(video.encode(None))
    return path


def make_sound(path: Path, encoder: str, *, seconds: float = 1.0, told: dict[str, str] | None = None) -> Path:
    import av
    from av.filter import Graph

    with av.open(str(path), "w") as out:
        stream = out.add_stream(encoder, rate=48_000)
        stream.layout = "stereo"
        out.metadata.update(told or {})
        tone = Graph()
        tone.link_nodes(
            tone.add("sine", f"frequency=440:sample_rate=48000:duration={seconds}"),
            tone.add("aformat", f"sample_fmts={stream.codec_context.format.name}:channel_layouts=stereo"),
            tone.add("abuffersink"),
        ).configure()
        for frame in pulled(tone):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def pulled(graph: Any):
    import av

    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


SOUNDS = {".mp3": "libmp3lame", ".m4a": "aac", ".ogg": "libopus", ".wav": "pcm_s16le", ".flac": "flac", ".aac": "aac"}


@pytest.fixture(scope="session")
def shelf(tmp_path_factory) -> Callable[[str], Path]:
    """A file by its kind, made once: "jpeg", "png", …, "mp4", "mov", "webm", ".mp3", …"""
    folder = tmp_path_factory.mktemp("shelf")
    tags = {"title": SECRET, "location": PLACE}

    def take(kind: str) -> Path:
        path = folder / f"of-{kind.strip('.')}"
        if path.exists():
            return path
        if kind in SOUNDS:
            made = make_sound(folder / f"sound{kind}", SOUNDS[kind], told={"title": SECRET, "artist": SECRET})
        elif kind == "webm":
            made = make_film(
                folder / "film.webm", encoder="libvpx-vp9", sound="libopus", seconds=0.5, told={"title": SECRET}
            )
        elif kind in ("mp4", "mov"):
            made = make_film(folder / f"film.{kind}", told=tags)
        else:
            path.write_bytes(full_of_secrets(kind.upper()))
            return path
        made.rename(path)
        return path

    return take


@pytest.fixture
def put(tmp_path) -> Callable[..., Path]:
    """Bytes into a file; its name says nothing true."""

    def write(data: bytes, name: str = "holiday.jpg") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write
