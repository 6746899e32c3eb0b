"""Posts are written: kept at every pause, by several people at once, and nobody overwrites anybody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from parvis.channels.models import Channel
from parvis.core.errors import BadInput, DraftConflict, NotAllowed
from parvis.core.post import Content
from parvis.core.wording import Text
from parvis.orgs.access import may, must
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.publishing.changing import locked_post, move_post, note_post, tell_of_post
from parvis.publishing.media import note_media, settle_media
from parvis.publishing.merging import Merged, merge_fields
from parvis.publishing.models import (
    OPEN_REQUEST,
    ApprovalRequest,
    Post,
    PostState,
    PostVersion,
    RequestState,
    Variant,
)
from parvis.publishing.written import as_json, as_of_today, clean_changes

AMENDS_FOR = timedelta(minutes=10)
AMENDED_KEPT_FOR = timedelta(days=2)
LONGEST_TITLE = 200
_OPEN = (PostState.DRAFT, PostState.REVIEW, PostState.READY, PostState.PLANNED, PostState.HELD)

_ASKED = Q(state__in=(RequestState.OPEN, RequestState.APPROVED))

VariantWish = Mapping[str, Any]
"""{"changes": fields of Content that differ, "is_on": bool}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All that is versioned, as rows keep it."""

    title: str
    content: dict[str, Any]
    variants: dict[str, dict[str, Any]]
    """By channel id, as JSON has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What stands now. Where it was merged, who goes on from their own text begins from `own_version`."""

    version: int
    own_version: int
    content: dict[str, Any]
    variants: dict[str, dict[str, Any]]
    title: str
    is_merged: bool
    """Somebody else's changes are in it, which the writer has not seen."""
    is_changed: bool


@transaction.atomic
def create_post(
    member: Member,
    department: Department,
    *,
    now: datetime,
    title: str = "",
    content: Content | None = None,
    channels: Iterable[Channel] = (),
) -> Post:
    """A draft. Raises NotAllowed, BadInput."""
    must(member, Action.DRAFT, department)
    if department.closed_at is not None:
        raise BadInput(detail=Text("this department is closed", "ce département est fermé"))
    content = content or Content()
    written = as_json(content)
    settle_media(member, written, before=())
    post = Post.objects.create(
        department=department, title=_title(title), content=written, language=content.language[:20],
        created_by=member, created_at=now, updated_at=now,
    )  # fmt: skip
    chosen = list(channels)
    _must_reach(member, chosen)
    Variant.objects.bulk_create(Variant(post=post, channel=channel) for channel in chosen)
    note_media(post, now=now)
    _keep(post, _draft_of(post), member, now=now)
    note_post(post, member, "post.create", now=now)
    return post


def save_draft(
    post: Post,
    member: Member,
    *,
    base_version: int,
    content: Content,
    variants: Mapping[int, VariantWish],
    now: datetime,
    title: str | None = None,
) -> Saved:
    """What somebody has written, from the version with which they began; what others wrote since is merged in.

    `variants`: all of them by channel id; a channel that is left out is off. To be called outside of a
    transaction. Raises NotAllowed, BadInput, and DraftConflict where both changed the same place: nothing of the
    post changes then, and the writer's text is kept as a version of its own.
    """
    must(member, Action.DRAFT, post)
    with transaction.atomic():
        current = locked_post(post.pk)
        must(member, Action.DRAFT, current)
        if current.state not in _OPEN:
            raise BadInput(detail=Text("this post has left, or was cancelled", "ce contenu est parti, ou a été annulé"))
        outcome = _save(current, member, base_version, _wish(current, member, content, variants, title), now=now)
    if isinstance(outcome, DraftConflict):
        raise outcome
    post.refresh_from_db()
    return outcome


def _save(post: Post, member: Member, base_version: int, mine: Draft, *, now: datetime) -> Saved | DraftConflict:
    theirs = _draft_of(post)
    if base_version == post.version:
        if mine == theirs:
            return _saved(post, theirs, own_version=post.version, is_merged=False, is_changed=False)
        _change(post, mine, member, now=now)
        return _saved(post, mine, own_version=post.version, is_merged=False, is_changed=True)
    base = _base(post, base_version)
    merged, conflicts = merge_drafts(base, theirs, mine)
    if conflicts:
        return _kept_aside(post, member, mine, conflicts, now=now)
    if merged == theirs:
        return _saved(post, theirs, own_version=base_version, is_merged=theirs != mine, is_changed=False)
    own_version = _keep(post, mine, member, now=now, is_amended=True) if merged != mine else 0
    _change(post, merged, member, now=now)
    return _saved(post, merged, own_version=own_version or post.version, is_merged=merged != mine, is_changed=True)


def merge_drafts(base: Draft, theirs: Draft, mine: Draft) -> tuple[Draft, dict[str, object]]:
    """Both put together, and what could not be: by field, what stands there now."""
    common = merge_fields(
        {**base.content, "title ": base.title}, {**theirs.content, "title ": theirs.title},
        {**mine.content, "title ": mine.title},
    )  # fmt: skip
    conflicts: dict[str, object] = {name.strip(): _at(theirs.content, name) for name in common.conflicts}
    if "title " in common.conflicts:
        conflicts["title"] = theirs.title
    variants: dict[str, dict[str, Any]] = {}
    for key in dict.fromkeys([*theirs.variants, *mine.variants]):
        found, is_on = _merged_variant(key, base, theirs, mine)
        variants[key] = {"changes": found.values, "is_on": is_on}
        conflicts |= {f"{name} ({key})": _at(theirs.variants[key]["changes"], name) for name in found.conflicts}
    content = {name: value for name, value in common.values.items() if name != "title "}
    return Draft(title=common.values["title "], content=content, variants=variants), conflicts


def _merged_variant(key: str, base: Draft, theirs: Draft, mine: Draft) -> tuple[Merged, bool]:
    off: dict[str, Any] = {"changes": {}, "is_on": False}
    was, other, own = (side.variants.get(key, off) for side in (base, theirs, mine))
    found = merge_fields(was["changes"], other["changes"], own["changes"], common=base.content)
    return found, own["is_on"] if other["is_on"] == was["is_on"] else other["is_on"]


def _at(values: Mapping[str, Any], name: str) -> object:
    outer, _, inner = name.partition(".")
    found = values.get(outer, "")
    return found.get(inner, "") if inner and isinstance(found, dict) else found


def _kept_aside(
    post: Post, member: Member, mine: Draft, conflicts: dict[str, object], *, now: datetime
) -> DraftConflict:
    kept = _keep(post, mine, member, now=now, is_aside=True)
    current = PostVersion.objects.filter(post=post, number=post.version).select_related("member").first()
    note_post(post, member, "post.conflict", now=now, facts={"kept": kept, "fields": sorted(conflicts)})
    who = current.member.name if current is not None else ""
    return DraftConflict(who=who, theirs=conflicts, kept_version=kept, version=post.version)


def _change(post: Post, draft: Draft, member: Member, *, now: datetime) -> None:
    before = PostVersion.objects.filter(post=post, number=post.version).first()
    number = _keep(post, draft, member, now=now)
    amends = before is not None and _amends(before, member, now=now)
    if before is not None and amends:
        PostVersion.objects.filter(pk=before.pk).update(is_amended=True)
    post.title, post.content, post.version, post.updated_at = draft.title, draft.content, number, now
    post.language = draft.content.get("language", "")[:20]
    post.save(update_fields=["title", "content", "version", "updated_at", "language"])
    _write_variants(post, draft)
    note_media(post, before, now=now)
    withdraw_request(post, member, now=now)
    if post.state in (PostState.REVIEW, PostState.READY):
        move_post(post, PostState.DRAFT)
    PostVersion.objects.filter(post=post, is_amended=True, at__lt=now - AMENDED_KEPT_FOR).delete()
    if amends:
        tell_of_post(post, "post.save", now=now, member=member)
    else:
        note_post(post, member, "post.save", now=now, facts={"version": number})


def _amends(before: PostVersion, member: Member, *, now: datetime) -> bool:
    return before.member_id == member.pk and not before.is_pinned and now - _begun_at(before) <= AMENDS_FOR


def _begun_at(version: PostVersion) -> datetime:
    """When the row of saves began of which it is the newest."""
    earlier = PostVersion.objects.filter(post=version.post_id, number__lt=version.number).order_by("-number")
    begun_at = version.at
    for is_amended, member_id, at in earlier.values_list("is_amended", "member_id", "at")[:200]:
        if not is_amended or member_id != version.member_id:
            break
        begun_at = at
    return begun_at


def withdraw_request(post: Post, member: Member | None, *, now: datetime) -> bool:
    """What was asked to be approved is no longer what stands there; whether anything was asked."""
    open_ones = ApprovalRequest.objects.filter(OPEN_REQUEST, post=post)
    keys = list(open_ones.values_list("pk", flat=True))
    open_ones.update(state=RequestState.WITHDRAWN, ended_at=now)
    if keys:
        note_post(post, member, "approval.withdraw", now=now, facts={"request": keys[0]})
    return bool(keys)


def is_asked_or_approved(post: Post) -> bool:
    """Whether somebody is asked about the version that stands now, or has approved it."""
    return ApprovalRequest.objects.filter(_ASKED, post=post, version=post.version).exists()


def void_approval(post: Post, member: Member, *, now: datetime, note: str) -> bool:
    """What leaves is another than was asked about or approved, although nobody wrote in it: a version of its own.

    False where nobody was asked. The caller holds the post.
    """
    if not is_asked_or_approved(post):
        return False
    post.version, post.updated_at = _keep(post, _draft_of(post), member, now=now, note=note[:LONGEST_TITLE]), now
    post.save(update_fields=["version", "updated_at"])
    withdraw_request(post, member, now=now)
    if post.state in (PostState.REVIEW, PostState.READY):
        move_post(post, PostState.DRAFT)
    return True


def _write_variants(post: Post, draft: Draft) -> None:
    there = {str(one.channel_id): one for one in Variant.objects.filter(post=post)}
    for key, wish in draft.variants.items():
        row = there.get(key) or Variant(post=post, channel_id=int(key))
        if row.pk is None or (row.changes, row.is_on) != (wish["changes"], wish["is_on"]):
            row.changes, row.is_on = wish["changes"], wish["is_on"]
            row.save()


def _keep(post: Post, draft: Draft, member: Member, *, now: datetime, **more: Any) -> int:
    """A version of its own; its number. The caller holds the post."""
    highest = PostVersion.objects.filter(post=post).aggregate(Max("number"))["number__max"] or 0
    PostVersion.objects.create(
        post=post, number=highest + 1, title=draft.title, content=draft.content, variants=draft.variants,
        member=member, at=now, **more,
    )  # fmt: skip
    return int(highest) + 1


def _base(post: Post, number: int) -> Draft:
    """The version from which somebody began, or the nearest before it where that is no longer kept."""
    rows = PostVersion.objects.filter(post=post, number__lte=number).order_by("-number")
    found = rows.filter(number=number).first() or rows.filter(is_aside=False).first()
    if found is None:
        return Draft(title="", content=as_json(Content()), variants={})
    return _as_of_today(found.title, found.content, found.variants)


def _as_of_today(title: str, content: Mapping[str, Any], variants: Mapping[str, Mapping[str, Any]]) -> Draft:
    """Nobody has changed what a post could not have yet when it was written."""
    found = {
        key: {"changes": as_of_today(content, one["changes"]), "is_on": one["is_on"]} for key, one in variants.items()
    }
    return Draft(title=title, content=as_of_today(content), variants=found)


def keep_variant(post: Post, channel_id: int, changes: Mapping[str, Any], member: Member, *, now: datetime) -> int:
    """What differs on one channel becomes this, as a version that stays; its number. The caller holds the post."""
    Variant.objects.filter(post=post, channel=channel_id).update(changes=dict(changes))
    note_media(post, now=now)
    post.version, post.updated_at = _keep(post, _draft_of(post), member, now=now, is_pinned=True), now
    post.save(update_fields=["version", "updated_at"])
    note_post(post, member, "post.save", now=now, facts={"version": post.version})
    return post.version


def _draft_of(post: Post) -> Draft:
    rows = Variant.objects.filter(post=post).order_by("pk")
    variants = {str(one.channel_id): {"changes": one.changes, "is_on": one.is_on} for one in rows}
    return _as_of_today(post.title, post.content, variants)


def _wish(
    post: Post, member: Member, content: Content, variants: Mapping[int, VariantWish], title: str | None
) -> Draft:
    common = as_json(content)
    wanted: dict[str, dict[str, Any]] = {
        str(key): {"changes": clean_changes(common, wish.get("changes", {})), "is_on": bool(wish.get("is_on", True))}
        for key, wish in variants.items()
    }
    there = {
        str(key): changes for key, changes in Variant.objects.filter(post=post).values_list("channel_id", "changes")
    }
    settle_media(member, common, [wish["changes"] for wish in wanted.values()], before=[post.content, *there.values()])
    new = [int(key) for key in wanted if key not in there]
    _must_reach(member, Channel.objects.filter(pk__in=new), count=len(new))
    left_out = {key: {"changes": changes, "is_on": False} for key, changes in there.items() if key not in wanted}
    ordered = {key: (wanted | left_out)[key] for key in [*there, *(one for one in wanted if one not in there)]}
    return Draft(title=post.title if title is None else _title(title), content=common, variants=ordered)


def _must_reach(member: Member, channels: Iterable[Channel], *, count: int | None = None) -> None:
    """Raises NotAllowed for a channel that the member does not see, BadInput for one that is not there."""
    rows = list(channels)
    if any(not may(member, Action.SEE, channel) for channel in rows):
        raise NotAllowed(action=str(Action.DRAFT.label))
    if any(channel.removed_at is not None for channel in rows) or (count is not None and len(rows) < count):
        raise BadInput(detail=Text("this channel was removed", "ce canal a été retiré"))


def _title(written: str) -> str:
    return " ".join(written.replace("\0", "").split())[:LONGEST_TITLE]


def _saved(post: Post, draft: Draft, *, own_version: int, is_merged: bool, is_changed: bool) -> Saved:
    return Saved(
        version=post.version, own_version=own_version, content=draft.content, variants=draft.variants,
        title=draft.title, is_merged=is_merged, is_changed=is_changed,
    )  # fmt: skip
