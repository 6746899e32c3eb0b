"""Which kind of file it is, from its first bytes; a name says nothing.

https://mimesniff.spec.whatwg.org/ and https://www.garykessler.net/library/file_sigs.html, read 2026-11.
"""

import re

from parvis.core.errors import MediaUnreadable
from parvis.core.media.broken import TWO_IN_ONE
from parvis.core.wording import Text

HEAD_BYTES = 4_096
PDF_WITHIN_BYTES = 1_024
"""Readers of PDF look so far for its sign, which is how one hides in a picture."""
_FIXED = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_PICTURES = {b"avif": "image/avif", b"avis": "image/avif"}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_SOUNDS = {b"M4A ", b"M4B "}
_OLD_QUICKTIME = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
_MP3 = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xfb][\x10-\xef]", re.DOTALL)
_VTT = re.compile(r"\ufeff?WEBVTT(?=[ \t\r\n]|\Z)")
_SRT = re.compile(r"\ufeff?\s*\d+\s*?[\r\n]+\s*\d{1,3}:\d\d:\d\d[,.]\d{1,3}[ \t]*-->")
_ASS = re.compile(r"\ufeff?\s*\[Script Info\]", re.IGNORECASE)
_ACTIVE = (b"PK\x03\x04", b"%PDF-", b"<html", b"<script", b"<!doctype", b"<?php", b"<svg", b"<iframe")
_ZIP_END = b"PK\x05\x06"
ZIP_END_BYTES = 65_557

HEIC = Text(
    "it is a HEIC picture, which cannot be opened here; send it as JPEG (on an iPhone: Settings, Camera, Formats, “Most Compatible”)",
    "c’est une image HEIC, qui ne s’ouvre pas ici\u202f; envoyez-la en JPEG (sur un iPhone\u202f: Réglages, Appareil photo, Formats, «\u202fLe plus compatible\u202f»)",
)
SVG = Text(
    "it is a drawing in SVG, which can carry programs; export it as PNG",
    "c’est un dessin SVG, qui peut contenir des programmes\u202f; exportez-le en PNG",
)
PAGE = Text("it is a web page, whatever its name says", "c’est une page web, quoi qu’en dise son nom")
ARCHIVE = Text(
    "it is an archive or an office document; unpack it, or save it as PDF",
    "c’est une archive ou un document bureautique\u202f; extrayez-en le contenu ou enregistrez-le en PDF",
)
PROGRAM = Text("it is a program", "c’est un programme")
OLD_PICTURE = Text(
    "it is a picture of a kind that no platform takes (TIFF, BMP, Photoshop); save it as JPEG or PNG",
    "c’est une image d’un type que n’accepte aucune plateforme (TIFF, BMP, Photoshop)\u202f; enregistrez-la en JPEG ou en PNG",
)
EMPTY = Text("it is empty", "il est vide")
UNKNOWN = Text(
    "its bytes are those of no picture, film, sound, captions or PDF that Parvis knows",
    "ses octets ne sont ceux d’aucune image, vidéo, ni d’aucun son, sous-titre ou PDF que Parvis connaisse",
)
_NAMED = (
    (b"PK\x03\x04", ARCHIVE),
    (b"Rar!", ARCHIVE),
    (b"7z\xbc\xaf", ARCHIVE),
    (b"\x1f\x8b", ARCHIVE),
    (b"\xd0\xcf\x11\xe0", ARCHIVE),
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"#!", PROGRAM),
    (b"II*\0", OLD_PICTURE),
    (b"MM\0*", OLD_PICTURE),
    (b"BM", OLD_PICTURE),
    (b"8BPS", OLD_PICTURE),
)


def mime_of(head: bytes) -> str:
    """From the first `HEAD_BYTES` of a file; raises MediaUnreadable, saying what it is instead where that is plain."""
    if not head:
        raise MediaUnreadable(detail=EMPTY)
    found = _binary(head) or _captions(head)
    if found is None:
        raise MediaUnreadable(detail=_instead(head))
    if found != "application/pdf" and b"%PDF-" in head[:PDF_WITHIN_BYTES]:
        raise MediaUnreadable(detail=TWO_IN_ONE)
    return found


def _binary(head: bytes) -> str | None:
    for sign, mime in _FIXED:
        if head.startswith(sign):
            return mime
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head[4:8] == b"ftyp":
        return _iso(head)
    if head[4:8] in _OLD_QUICKTIME:
        return "video/quicktime"
    return "audio/mpeg" if _MP3.match(head) else None


def _iso(head: bytes) -> str:
    size = min(int.from_bytes(head[:4], "big"), 256)
    brands = [head[8:12], *(head[place : place + 4] for place in range(16, size - 3, 4))]
    for brand in brands:
        if brand in _PICTURES:
            return _PICTURES[brand]
    if _HEIF.intersection(brands):
        raise MediaUnreadable(detail=HEIC)
    if brands[0] in _SOUNDS:
        return "audio/mp4"
    return "video/quicktime" if brands[0] == b"qt  " else "video/mp4"


def _captions(head: bytes) -> str | None:
    text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1", errors="replace")
    text = text.removeprefix("\xef\xbb\xbf")
    if _VTT.match(text):
        return "text/vtt"
    if _SRT.match(text):
        return "application/x-subrip"
    return "text/x-ssa" if _ASS.match(text) else None


def _instead(head: bytes) -> Text:
    for sign, words in _NAMED:
        if head.startswith(sign):
            return words
    lowered = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in lowered:
        return SVG
    return PAGE if lowered.startswith((b"<!doctype html", b"<html", b"<head", b"<script", b"<body")) else UNKNOWN


def refuse_hidden(tail: bytes, *, end: bytes) -> None:
    """`tail` follows what is shown, `end` are the file's last `ZIP_END_BYTES`: nothing in them that programs open."""
    lowered = tail.lower()
    if any(sign.lower() in lowered for sign in _ACTIVE):
        raise MediaUnreadable(detail=TWO_IN_ONE)
    place = end.rfind(_ZIP_END)
    if place >= 0 and place + 22 + int.from_bytes(end[place + 20 : place + 22], "little") == len(end):
        raise MediaUnreadable(detail=TWO_IN_ONE)
