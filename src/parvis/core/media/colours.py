"""Brings a picture's colours to what every screen shows: sRGB with eight bits."""

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

WHITE = (255, 255, 255)
_OWN = ("RGB", "RGBA", "L", "LA")


def eight_bits(picture: "Image.Image") -> "Image.Image":
    """In a mode that can be made smaller well: palettes opened, sixteen bits brought to eight."""
    if picture.mode in (*_OWN, "CMYK", "YCbCr", "LAB"):
        return picture
    if picture.mode.startswith("I;16"):
        return picture.point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode in ("I", "F"):
        return (
            picture.point(lambda value: value * (1 / 256)).convert("L") if picture.mode == "I" else picture.convert("L")
        )
    if picture.mode in ("P", "PA") and ("transparency" in picture.info or picture.mode == "PA"):
        return picture.convert("RGBA")
    return picture.convert("L" if picture.mode == "1" else "RGB")


def to_srgb(picture: "Image.Image", profile: bytes | None) -> "Image.Image":
    """`profile`: the picture's own, ICC. One that cannot be read is passed over."""
    wanted = "RGBA" if picture.mode in ("RGBA", "LA") else "RGB"
    if profile and picture.mode in ("RGB", "RGBA", "CMYK", "L", "LAB"):
        turned = _transformed(picture, profile, wanted)
        if turned is not None:
            return turned
    return picture if picture.mode == wanted else picture.convert(wanted)


def flattened(picture: "Image.Image") -> "Image.Image":
    """On white."""
    from PIL import Image

    if picture.mode != "RGBA":
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    ground = Image.new("RGB", picture.size, WHITE)
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _transformed(picture: "Image.Image", profile: bytes, wanted: str) -> "Image.Image | None":
    from PIL import ImageCms

    try:
        transform = _transform(profile, picture.mode, wanted)
        return picture if transform is None else ImageCms.applyTransform(picture, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str, wanted: str) -> Any:
    """None where the profile is sRGB itself."""
    from PIL import ImageCms

    found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if mode == wanted and "sRGB" in (found.profile.profile_description or ""):
        return None
    return ImageCms.buildTransform(found, ImageCms.createProfile("sRGB"), mode, wanted)
