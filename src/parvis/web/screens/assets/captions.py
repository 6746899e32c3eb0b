"""Subtitles on the screen: brought in as a file, written on line by line with their times, offered or not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.assets.models import Caption
from parvis.assets.queries import caption_for, captions_of
from parvis.assets.services import import_captions, remove_captions, save_captions
from parvis.core.errors import BadInput, CaptionsFaulty, Conflict, NotAllowed, ParvisError
from parvis.core.wording import Text
from parvis.orgs.access import may, must
from parvis.orgs.rights import Action
from parvis.web.errors import words_of
from parvis.web.screens.assets.files import send_blob
from parvis.web.screens.assets.page import asset_or_404
from parvis.web.screens.assets.shown import file_url
from parvis.web.screens.publish.composing import LANGUAGES

MOST_ROWS = 300
"""More cues are written as one text: a form takes no more fields."""
EMPTY_ROWS = 3
LARGEST_BYTES = 2_000_000
_TIME = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,2}):)?(\d{1,5})(?:[.,](\d{1,3}))?")


@dataclass(frozen=True, slots=True)
class Row:
    start: str
    end: str
    text: str


@require_POST
def add(request: HttpRequest, key: int) -> HttpResponse:
    """A file becomes the subtitles in a language, or, without one, subtitles are begun here."""
    asset = asset_or_404(request, key)
    member, now = request.member, request.now  # type: ignore[attr-defined]
    must(member, Action.DRAFT, asset)
    file = request.FILES.get("file")
    language = request.POST.get("other_language", "").strip() or request.POST.get("language", "")
    try:
        if file is not None and (file.size or 0) > LARGEST_BYTES:
            raise BadInput(detail=Text("the file is too large", "le fichier est trop grand"))
        data = file.read() if file is not None else _BEGUN
        name = str(file.name) if file is not None else "captions.vtt"
        caption = import_captions(asset.current, member, data, name=name, language=language, now=now)
    except NotAllowed:
        raise
    except ParvisError as error:
        messages.error(request, words_of(error))
        return redirect("asset", key)
    return redirect("asset-caption", caption.pk)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, key: int) -> HttpResponse:
    caption = _caption(request, key)
    if request.method == "GET":
        return _page(request, caption, _rows(caption), caption.vtt)
    member, now = request.member, request.now  # type: ignore[attr-defined]
    must(member, Action.DRAFT, caption.version.asset)
    if request.POST.get("verb") == "remove":
        return _remove(request, caption)
    rows = list(_typed(request))
    try:
        vtt = request.POST["vtt"] if "vtt" in request.POST else _as_vtt(rows)
        saved = save_captions(caption, member, vtt, now=now, label=request.POST.get("label"))
    except NotAllowed:
        raise
    except ParvisError as error:
        newer = _newest(caption) if isinstance(error, Conflict) else None
        status = 409 if isinstance(error, Conflict) else 422
        return _page(
            request, caption, rows or _rows(caption), request.POST.get("vtt", caption.vtt), problem=words_of(error),
            newer=newer, status=status,
        )  # fmt: skip
    messages.success(request, _("Kept."))
    return redirect("asset-caption", saved.pk)


@require_safe
def file(request: HttpRequest, key: int) -> HttpResponseBase:
    caption = _caption(request, key)
    name = f"{caption.version.asset.title}.{caption.language}.vtt"
    return send_blob(request, caption.blob, name=name, as_file="download" in request.GET)


def _page(
    request: HttpRequest,
    caption: Caption,
    rows: list[Row],
    vtt: str,
    *,
    problem: str = "",
    newer: Caption | None = None,
    status: int = 200,
) -> HttpResponse:
    asset = caption.version.asset
    context = {
        "caption": caption, "asset": asset, "rows": [*rows, *[Row("", "", "")] * EMPTY_ROWS], "vtt": vtt,
        "is_table": len(rows) <= MOST_ROWS, "problem": problem, "newer": newer,
        "language": dict(LANGUAGES).get(caption.language, caption.language), "file_url": file_url(caption.version),
        "is_film": caption.version.blob.kind == "video",
        "may_write": may(request.member, Action.DRAFT, asset) and caption.is_current,  # type: ignore[attr-defined]
        "newest": None if caption.is_current else _newest(caption),
    }  # fmt: skip
    return render(request, "screens/assets/captions.html", context, status=status)


def _remove(request: HttpRequest, caption: Caption) -> HttpResponse:
    try:
        remove_captions(caption, request.member, now=request.now)  # type: ignore[attr-defined]
    except NotAllowed:
        raise
    except ParvisError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, _("These subtitles are offered no more."))
    return redirect("asset", caption.version.asset_id)


def _caption(request: HttpRequest, key: int) -> Caption:
    found = caption_for(request.member, key)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found


def _newest(caption: Caption) -> Caption | None:
    rows = captions_of(caption.version)
    return rows.filter(language=caption.language).first()


def _rows(caption: Caption) -> list[Row]:
    from parvis.core.media.captions import read_captions

    cues = read_captions(caption.vtt.encode()).cues
    return [Row(_clock(cue.start_s), _clock(cue.end_s), cue.text) for cue in cues]


def _typed(request: HttpRequest) -> Iterator[Row]:
    """Rows with nothing in them are none."""
    given = request.POST
    columns = zip(given.getlist("start"), given.getlist("end"), given.getlist("text"), strict=False)
    for start, end, text in columns:
        if text.strip() or start.strip() or end.strip():
            yield Row(start.strip(), end.strip(), text.replace("\r\n", "\n"))


def _as_vtt(rows: list[Row]) -> str:
    """Rows whose text was taken out fall away. Raises CaptionsFaulty with the row."""
    from parvis.core.media.captions import BACKWARDS, Captions, Cue, as_vtt

    cues = []
    for number, row in enumerate(rows, 1):
        text = "\n".join(line.strip() for line in row.text.split("\n") if line.strip())
        if not text:
            continue
        cue = Cue(_seconds(row.start, number), _seconds(row.end, number), text)
        if cue.end_s <= cue.start_s:
            raise CaptionsFaulty(line=number, detail=BACKWARDS)
        cues.append(cue)
    return as_vtt(Captions(tuple(sorted(cues, key=lambda cue: (cue.start_s, cue.end_s)))))


def _seconds(written: str, row: int) -> float:
    from parvis.core.media.captions import NO_TIMES

    match = _TIME.fullmatch(written)
    if match is None:
        raise CaptionsFaulty(line=row, detail=NO_TIMES)
    hours, minutes, seconds, part = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds) + float(f"0.{part or 0}")


def _clock(seconds: float) -> str:
    minutes, ms = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{start}:{ms // 1000:02}.{ms % 1000:03}"


_BEGUN = b"WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n\xe2\x80\xa6\n"
