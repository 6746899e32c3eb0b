"""Subtitles of a film or a sound: read from a file, written on here, every state kept."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from parvis.assets.library import locked_asset, noted
from parvis.assets.models import AssetVersion, Caption
from parvis.assets.store import keep_bytes
from parvis.assets.written import file_name_from, language_from, line_from
from parvis.core.errors import BadInput, Conflict, NothingToDo, TextTooLong
from parvis.core.wording import Text
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

LARGEST_BYTES = 2_000_000


def import_captions(
    version: AssetVersion, member: Member, data: bytes, *, name: str, language: str, now: datetime, label: str = ""
) -> Caption:
    """From an SRT or VTT file; a new state where there are some. Raises NotAllowed, BadInput with the line at fault."""
    from parvis.core.media.captions import as_vtt, read_captions

    _must_fit(data)
    captions = read_captions(data, file_name_from(name))
    return _write(version, member, as_vtt(captions), language=language, label=label, now=now, number=None)


def save_captions(caption: Caption, member: Member, vtt: str, *, now: datetime, label: str | None = None) -> Caption:
    """What somebody has written on. Raises NotAllowed, BadInput, Conflict where there is a newer state."""
    from parvis.core.media.captions import as_vtt, read_captions

    data = vtt.replace("\0", "").encode()
    _must_fit(data)
    text = as_vtt(read_captions(data, "captions.vtt"))
    return _write(
        caption.version, member, text, language=caption.language, now=now, number=caption.number,
        label=caption.label if label is None else label,
    )  # fmt: skip


def remove_captions(caption: Caption, member: Member, *, now: datetime) -> None:
    """They are offered no more; what was planned with them keeps them. Raises NotAllowed, NothingToDo."""
    asset = caption.version.asset
    must(member, Action.DRAFT, asset)
    with transaction.atomic():
        locked_asset(asset.pk)
        if not Caption.objects.filter(pk=caption.pk, is_current=True).update(is_current=False):
            raise NothingToDo
        noted(asset, member, "asset.captions_remove", now=now, facts={"language": caption.language})


def _write(
    version: AssetVersion, member: Member, vtt: str, *, language: str, label: str, now: datetime, number: int | None
) -> Caption:
    must(member, Action.DRAFT, version.asset)
    if version.blob.kind not in {"video", "audio"}:
        raise BadInput(
            detail=Text("only a film or a sound has subtitles", "seuls une vidéo ou un son ont des sous-titres")
        )
    language, label = language_from(language), line_from(label, limit=80)
    with transaction.atomic():
        locked_asset(version.asset_id)
        rows = Caption.objects.filter(version=version, language=language)
        newest: Caption | None = rows.filter(is_current=True).first()
        if number is not None and (newest is None or newest.number != number):
            raise Conflict(who=_SOMEBODY, detail=_NEWER)
        if newest is not None and (newest.vtt, newest.label) == (vtt, label):
            return newest
        highest = rows.aggregate(Max("number"))["number__max"] or 0
        rows.filter(is_current=True).update(is_current=False)
        blob = keep_bytes(vtt.encode(), mime="text/vtt", kind="captions", facts={}, now=now)
        found = Caption.objects.create(
            version=version, language=language, number=highest + 1, label=label, vtt=vtt, blob=blob, member=member,
            at=now,
        )  # fmt: skip
        noted(version.asset, member, "asset.captions", now=now, facts={"language": language, "number": found.number})
    return found


def _must_fit(data: bytes) -> None:
    if len(data) > LARGEST_BYTES:
        raise TextTooLong(length=len(data), limit=LARGEST_BYTES)


_SOMEBODY = Text("Somebody else", "Quelqu’un d’autre")
_NEWER = Text("these subtitles have been written on since", "ces sous-titres ont été modifiés depuis")
