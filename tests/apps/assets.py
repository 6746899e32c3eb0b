"""What the tests of assets share: files made on the spot, brought in whole, and their forms made here and now."""

import io
from functools import partial
from pathlib import Path

from tests.apps.delivering import run_beside

from parvis.assets.models import Asset, Upload
from parvis.assets.services import append, begin_upload, finish
from parvis.testing.clock import MONDAY
from parvis.worker.rendering import Rendering


def photo(width=640, height=480, *, colour=(200, 80, 40), form="JPEG", exif=False, seed=0) -> bytes:
    """A picture with some detail; `exif`: with a place, a camera and its owner."""
    from PIL import Image

    image = Image.linear_gradient("L").resize((width, height))
    image = Image.merge("RGB", [image.point(lambda value, part=part: (value + part + seed) % 256) for part in colour])
    out, more = io.BytesIO(), {}
    if exif:
        tags = Image.Exif()
        tags[0x010F], tags[0xA431] = "Camera of Ada", "serial 12345"
        tags.get_ifd(0x8825).update({1: "N", 2: (46.0, 31.0, 0.0), 3: "E", 4: (6.0, 38.0, 0.0)})
        more["exif"] = tags
    image.save(out, form, **more)
    return out.getvalue()


def film(seconds=1.0, width=160, height=120) -> bytes:
    """With movement, without sound."""
    import av
    from PIL import Image, ImageChops

    slope = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(int(seconds * 10)):
            frame = av.VideoFrame.from_image(ImageChops.offset(slope, number * 7))
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return out.getvalue()


def arrived(member, department, data: bytes, *, name="photo.jpg", now=MONDAY, piece_bytes=1_000_000) -> Upload:
    """Sent in pieces, whole."""
    upload = begin_upload(member, department, name=name, size_bytes=len(data), now=now)
    for offset in range(0, len(data), piece_bytes):
        append(upload, member, offset, data[offset : offset + piece_bytes], now=now)
    return upload


def brought(member, department, data: bytes | None = None, *, name="photo.jpg", now=MONDAY, **wish) -> Asset:
    upload = arrived(member, department, photo() if data is None else data, name=name, now=now)
    return finish(upload, member, now=now, **wish).asset


def render(now=MONDAY, *, worker="worker-a") -> None:
    """What a worker makes of all that is wanted at that moment."""

    async def work(in_database):
        async def call(function, *arguments, **named):
            return await in_database(partial(function, *arguments, **named))

        await Rendering(worker=worker, clock=lambda: now, in_database=call).exhaust()

    run_beside(work)


def store_files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
