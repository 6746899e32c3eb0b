"""The media that posts name: what goes out for each of them on each channel, and what stands against it.

A draft names an asset and how it is wished for. Which file that is on a channel is worked out from our rows
each time: the asset's own where the platform takes it, else what was made for such platforms.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from pathlib import PurePosixPath
from typing import Any

import msgspec

from parvis.assets.models import (
    Asset,
    AssetRight,
    AssetUse,
    AssetVersion,
    Blob,
    Caption,
    Rendition,
    RenditionState,
)
from parvis.assets.renditions import Want, as_params, is_made, look_up, order
from parvis.assets.rights import faults_of_rights
from parvis.assets.store import below_data, is_there
from parvis.assets.uses import GONE, POST, PUBLICATION, must_reach, note_many_uses, note_uses
from parvis.channels.models import Channel
from parvis.channels.registry import connector_of
from parvis.core.errors import BadInput, ParvisError, PostNotFit
from parvis.core.post import Content, Fault, MediaRule, Medium
from parvis.core.wording import Text
from parvis.jobs.faults import one_line
from parvis.orgs.house import house_zone
from parvis.orgs.models import Member
from parvis.publishing.models import Post, PostVersion, Publication
from parvis.publishing.written import as_content, with_changes

_log = logging.getLogger("parvis.publish")


@dataclass(frozen=True, slots=True)
class _Shown:
    """One medium on one channel, as far as rows tell."""

    version: AssetVersion | None = None
    caption: Caption | None = None
    want: Want | None = None
    """None: the asset's own file goes out."""
    error: Mapping[str, str] | None = None
    """Why nothing can be made of it for that channel."""


@dataclass(slots=True)
class Shelf:
    """All that our rows say of the media of some contents on their channels, read in a few statements."""

    _shown: dict[tuple[int, Medium], _Shown] = field(default_factory=dict)
    """By channel and medium."""
    _rights: dict[int, list[AssetRight]] = field(default_factory=dict)
    _rows: dict[tuple[int, str], Rendition] = field(default_factory=dict)
    _zone: tzinfo | None = None

    @classmethod
    def of(cls, wanted: Iterable[tuple[Content, Channel]]) -> "Shelf":
        pairs = [(medium, channel) for content, channel in wanted for medium in content.media if medium.asset]
        if not pairs:
            return cls()
        versions, captions = _versions({medium.asset for medium, _ in pairs}), _captions(pairs)
        shown = {(channel.pk, medium): _show(medium, channel, versions, captions) for medium, channel in pairs}
        rights: dict[int, list[AssetRight]] = {}
        for right in AssetRight.objects.filter(asset__in={medium.asset for medium, _ in pairs}).order_by("pk"):
            rights.setdefault(right.asset_id, []).append(right)
        return cls(shown, rights, look_up([one.want for one in shown.values() if one.want is not None]))

    @property
    def is_empty(self) -> bool:
        return not self._shown

    def filled(self, content: Content, channel: Channel) -> Content:
        """With the files as they go out there; what is not made yet has no path."""
        if not _names_assets(content):
            return content
        media = tuple(self._filled(medium, channel) if medium.asset else medium for medium in content.media)
        return msgspec.structs.replace(content, media=media)

    def shown(self, medium: Medium, channel: Channel) -> tuple[AssetVersion | None, Mapping[str, Any]]:
        """The version that is meant, and what is made of it there: a core.media Wanted, empty where its own file goes."""
        found = self._shown.get((channel.pk, medium), _Shown())
        return found.version, found.want.params if found.want is not None else {}

    def wants(self) -> list[Want]:
        return [one.want for one in self._shown.values() if one.want is not None]

    def order(self, *, now: datetime) -> None:
        """What is not there is made."""
        self._rows.update(order(self.wants(), now=now))

    def pending(self, content: Content, channel: Channel) -> list[Rendition]:
        """What is still being made; `order` was called before."""
        rows = [self._row(medium, channel) for medium in content.media if medium.asset]
        return [row for row in rows if row is not None and row.state in _OPEN]

    def faults(self, content: Content, channel: Channel, *, now: datetime, due_at: datetime) -> list[Fault]:
        """What stands against the media of it there, at that time."""
        if not _names_assets(content):
            return []
        found = [fault for some in self.faults_by_place(content, channel, now=now, due_at=due_at) for fault in some]
        return list(dict.fromkeys(found))

    def faults_by_place(
        self, content: Content, channel: Channel, *, now: datetime, due_at: datetime
    ) -> list[list[Fault]]:
        """The same for each of its media by itself."""
        self._zone = zone = self._zone or house_zone()
        today, day = now.astimezone(zone).date(), due_at.astimezone(zone).date()
        return [
            list(self._faults(medium, channel, today=today, day=max(today, day))) if medium.asset else []
            for medium in content.media
        ]

    def _filled(self, medium: Medium, channel: Channel) -> Medium:
        shown = self._shown[channel.pk, medium]
        if shown.version is None:
            return medium
        captions = below_data(shown.caption.blob) if shown.caption and not medium.is_burnt_in else ""
        if shown.want is None:
            return _as(medium, shown.version.blob, name=shown.version.name, captions=captions)
        row = self._row(medium, channel)
        if row is not None and row.made is not None and is_made(row):
            return _as(medium, row.made, name=shown.version.name, captions=captions)
        mime = str(shown.want.params.get("mime") or shown.version.blob.mime)
        most = shown.want.params.get("most_bytes") or shown.version.blob.size_bytes
        return msgspec.structs.replace(
            medium, path="", name=_named(shown.version.name, mime), mime=mime, width=None, height=None, duration_s=None,
            size_bytes=min(most, shown.version.blob.size_bytes), captions=captions,
        )  # fmt: skip

    def _faults(self, medium: Medium, channel: Channel, *, today: date, day: date) -> Iterable[Fault]:
        shown = self._shown[channel.pk, medium]
        version = shown.version
        if version is None or (medium.subtitles is not None and shown.caption is None):
            yield Fault("media_gone", "media", GONE)
            return
        asset = version.asset
        yield from faults_of_rights(asset, self._rights.get(asset.pk, ()), channel_id=channel.pk, today=today, day=day)
        if version.number != asset.number:
            yield Fault("media_newer", "media", _NEWER.format(title=asset.title), is_hint=True)
        if shown.error is not None:
            yield _failed(asset, shown.error)
            return
        row = self._row(medium, channel)
        if shown.want is None or not is_made(row):
            if not is_there(version.blob):
                yield Fault("media_gone", "media", _LOST.format(title=asset.title))
            elif row is not None and row.state == RenditionState.FAILED:
                yield _failed(asset, row.error or {})
            elif shown.want is not None:
                yield Fault("media_pending", "media", _PENDING.format(title=asset.title), is_hint=True)

    def _row(self, medium: Medium, channel: Channel) -> Rendition | None:
        want = self._shown[channel.pk, medium].want
        return self._rows.get((want.blob_id, want.key)) if want is not None else None


def medium_of(asset: Asset, *, language: str = "") -> Medium:
    """What a draft names of an asset: as it is now, described in the post's language where it is."""
    tag = language.partition("-")[0]
    alt = asset.alt.get(language) or asset.alt.get(tag) or next(iter(asset.alt.values()), "")
    focus = (asset.focus_x, asset.focus_y) if asset.focus_x is not None and asset.focus_y is not None else None
    return Medium(path="", name="", mime="", size_bytes=0, alt=alt, focus=focus, asset=asset.pk, version=asset.number)


def settle_media(
    member: Member,
    content: dict[str, Any],
    changes: Iterable[dict[str, Any]] = (),
    *,
    before: Sequence[Mapping[str, Any]],
) -> None:
    """Writes down of media only what is wished for, and which version is meant.

    `before`: what stood there, content and changes. Only assets that were named before, or that the member sees, may
    be named, and no file by its path but what was there: nobody publishes a file of the house by its name.
    Raises BadInput.
    """
    media = _media_in(content, *changes)
    if not media:
        return
    there = _media_in(*before)
    if _paths(media) - _paths(there):
        raise BadInput(detail=_NO_PATHS)
    assets = [one for one in media if one.get("asset") is not None]
    ids = {one["asset"] for one in assets}
    must_reach(member, ids - {one.get("asset") for one in there})
    numbers = dict(Asset.objects.filter(pk__in=ids).values_list("pk", "number")) if ids else {}
    for one in assets:
        one.update(_UNFILLED)
        one["version"] = one.get("version") or numbers.get(one["asset"])


def _media_in(*fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for some in fields for one in some.get("media") or []]


def _paths(media: Iterable[Mapping[str, Any]]) -> set[str]:
    """Of files that are named by themselves."""
    return {str(one.get(name) or "") for one in media if one.get("asset") is None for name in ("path", "captions")}


def assets_in(content: Mapping[str, Any], changes: Iterable[Mapping[str, Any]] = ()) -> set[int]:
    """Ids of the assets that are named, as rows keep them."""
    return {one["asset"] for one in _media_in(content, *changes) if one.get("asset") is not None}


def note_media(post: Post, before: PostVersion | None = None, *, now: datetime) -> None:
    """Which assets the post names from now on; what it will need of them is made ahead. `before`: as it was."""
    variants = list(post.variants.select_related("channel"))
    named = assets_in(post.content, [variant.changes for variant in variants])
    old = [variant["changes"] for variant in before.variants.values()] if before is not None else []
    if not named and (before is None or not assets_in(before.content, old)):
        return
    note_uses(POST, post.pk, named)
    shelf = Shelf.of((with_changes(post.content, one.changes), one.channel) for one in variants if one.is_on)
    shelf.order(now=now)


def order_of_frozen(publications: Sequence[Publication], *, now: datetime) -> None:
    """The same for what was planned of it."""
    named = {one.pk: assets_in(one.content) for one in publications}
    there = AssetUse.objects.filter(subject=PUBLICATION, subject_key__in=list(named))
    if not any(named.values()) and not there.exists():
        return
    note_many_uses(PUBLICATION, named)
    Shelf.of((as_content(one.content), one.channel) for one in publications).order(now=now)


def reason_of(error: ParvisError) -> dict[str, str]:
    """As a publication keeps it: under the name of the first fault, where that is about its media."""
    found = dict(error.facts)
    if isinstance(error, PostNotFit):
        first = next((fault for faults in error.faults.values() for fault in faults), None)
        if first is not None and first.field == "media":
            found["code"] = first.code
    return found


def names(publication: Publication, asset_id: int) -> bool:
    return asset_id in assets_in(publication.content)


def _names_assets(content: Content) -> bool:
    return any(medium.asset for medium in content.media)


def _versions(ids: Iterable[int | None]) -> dict[int, dict[int, AssetVersion]]:
    """By asset and number; 0: the current one."""
    found: dict[int, dict[int, AssetVersion]] = {}
    for version in AssetVersion.objects.filter(asset__in=set(ids)).select_related("asset", "blob"):
        found.setdefault(version.asset_id, {})[version.number] = version
    for rows in found.values():
        one = next(iter(rows.values()))
        rows[0] = rows[one.asset.number]
    return found


def _captions(pairs: Sequence[tuple[Medium, Channel]]) -> dict[int, Caption]:
    ids = {medium.subtitles for medium, _ in pairs if medium.subtitles is not None}
    return {one.pk: one for one in Caption.objects.filter(pk__in=ids).select_related("blob")} if ids else {}


def _show(
    medium: Medium,
    channel: Channel,
    versions: Mapping[int, Mapping[int, AssetVersion]],
    captions: Mapping[int, Caption],
) -> _Shown:
    version = versions.get(medium.asset or 0, {}).get(medium.version or 0)
    if version is None:
        return _Shown()
    caption = captions.get(medium.subtitles or 0)
    if caption is not None and caption.version_id != version.pk:
        caption = None
    try:
        want = _want(medium, version.blob, channel, caption if medium.is_burnt_in else None)
    except ParvisError as error:
        return _Shown(version, caption, error=error.facts)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # the connector's own fault
        _log.error("asset %s on channel %s: %s", medium.asset, channel.pk, one_line(error))
        return _Shown(version, caption, error=ParvisError(detail=one_line(error)).facts)
    return _Shown(version, caption, want)


def _want(medium: Medium, blob: Blob, channel: Channel, burnt: Caption | None) -> Want | None:
    """What is to be made for the channel; None where its own file fits, or the platform takes no such thing."""
    rule = _rule(channel, blob.kind)
    if rule is None:
        return None
    from parvis.core.media.looked import Looked
    from parvis.core.media.wanted import wanted_for

    looked = msgspec.convert(blob.facts, Looked)
    trim = medium.trim
    if burnt is not None and trim is None:  # it is made anew in any case
        trim = (0.0, looked.duration_s or 0.0)
    wanted = wanted_for(rule, looked, name="", focus=medium.focus, ratio=medium.ratio, trim=trim)
    if wanted is None:
        return None
    return Want(blob_id=blob.pk, params=as_params(wanted, captions=burnt.blob if burnt is not None else None))


def _rule(channel: Channel, kind: str) -> MediaRule | None:
    publishing = connector_of(channel).publishing
    rules = {rule.kind: rule for rule in publishing.media(channel.facts)} if publishing is not None else {}
    if kind == "gif" and "gif" not in rules:
        image = rules.get("image")
        return image if image is not None and "image/gif" in image.mimes else rules.get("video", image)
    return rules.get(kind)


def _as(medium: Medium, blob: Blob, *, name: str, captions: str) -> Medium:
    facts = blob.facts
    return msgspec.structs.replace(
        medium, path=below_data(blob), name=_named(name, blob.mime), mime=blob.mime, size_bytes=blob.size_bytes,
        width=facts.get("width"), height=facts.get("height"), duration_s=facts.get("duration_s"), captions=captions,
    )  # fmt: skip


def _named(name: str, mime: str) -> str:
    """With the ending of what is in it."""
    from parvis.core.media.made import ENDINGS

    path = PurePosixPath(name)
    ending = ENDINGS.get(mime, path.suffix)
    return name if path.suffix.lower() == ending else f"{path.stem}{ending}"


def _failed(asset: Asset, error: Mapping[str, str]) -> Fault:
    reason = Text(error.get("en", ""), error.get("fr", ""))
    return Fault("media_failed", "media", _FAILED.format(title=asset.title, reason=reason))


_OPEN = (RenditionState.WANTED, RenditionState.MAKING)
_UNFILLED = {
    "path": "", "name": "", "mime": "", "size_bytes": 0, "width": None, "height": None, "duration_s": None,
    "captions": "",
}  # fmt: skip
_LOST = Text("the file of “{title}” is missing on the disk", "le fichier de «\u202f{title}\u202f» manque sur le disque")
_PENDING = Text(
    "“{title}” is still being made ready for this channel",
    "«\u202f{title}\u202f» est encore en préparation pour ce canal",
)
_FAILED = Text(
    "“{title}” could not be made ready for this channel: {reason}",
    "«\u202f{title}\u202f» n’a pas pu être préparé pour ce canal\u202f: {reason}",
)
_NO_PATHS = Text("media come from the library", "les médias viennent de la médiathèque")
_NEWER = Text("there is a newer version of “{title}”", "il y a une version plus récente de «\u202f{title}\u202f»")
