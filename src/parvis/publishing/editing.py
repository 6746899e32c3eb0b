"""What is out is changed there: only what the platform lets be changed, approved again, and kept as a version of its own.

The publication's own words stay those of before until the platform has taken the new ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction

from parvis.channels.chains import order_parts
from parvis.channels.models import Channel, Effect, EffectState
from parvis.channels.outbox import WORDS, take_back
from parvis.channels.registry import connector_of
from parvis.core.connector import Can
from parvis.core.errors import BadInput, Conflict, NothingToDo, NotOffered, ParvisError, PostNotFit
from parvis.core.post import Content, Medium, Part
from parvis.core.wording import Text
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.publishing.approving import open_request
from parvis.publishing.changing import (
    SOMEBODY,
    locked_effects,
    locked_post,
    locked_publications,
    note_publications,
    only,
)
from parvis.publishing.content import faults_of
from parvis.publishing.drafting import keep_variant, withdraw_request
from parvis.publishing.models import (
    OPEN_EDIT,
    OPEN_REQUEST,
    ApprovalKind,
    ApprovalRequest,
    EditState,
    Post,
    PostVersion,
    Publication,
    PublicationEdit,
    PublicationState,
    RequestState,
    Variant,
)
from parvis.publishing.rules import rule_of
from parvis.publishing.withdrawing import (
    OPEN_STATES,
    is_leaving_again,
    seen_parts,
    undo_s,
    why_not_offered,
)
from parvis.publishing.written import FIELDS, as_content, as_json

NO_EDIT = Text(
    "{platform} lets nobody change a post once it is out",
    "{platform} ne permet pas de modifier une publication une fois parue",
)
_NO_RIGHT = Text(
    "the account of this channel may not change posts: its rights are on the channel’s page",
    "le compte de ce canal ne peut pas modifier de publications\u202f: ses droits sont sur la page du canal",
)
_FIXED = Text("once it is out, “{field}” stays as it is there", "une fois paru, «\u202f{field}\u202f» y reste tel quel")
_OTHER_EDIT = Text(
    "a change of it waits for approval or is on its way; take that one back first",
    "une modification attend son approbation ou est en route\u202f; reprenez-la d’abord",
)
_UNDER_WAY = Text("it is being taken down there", "on est en train de le retirer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What can be changed of a publication, and what is being changed."""

    fields: frozenset[str]
    why_not: Text | None
    """Why nothing can be; None where something can."""


def edits_of(channel: Channel) -> Edits:
    why = why_not_offered(channel, Can.EDIT, never=NO_EDIT, no_right=_NO_RIGHT)
    if why is not None:
        return Edits(fields=frozenset(), why_not=why)
    connector = connector_of(channel)
    fields = connector.publishing.edits if connector.publishing is not None else frozenset()
    return Edits(fields=fields, why_not=None if fields else NO_EDIT.format(platform=connector.name))


@transaction.atomic
def edit_out(
    publication: Publication, member: Member, content: Content, *, now: datetime, note: str = ""
) -> PublicationEdit:
    """Orders the change, or asks for its approval where the department's rule wants one.

    Raises NotAllowed, NothingToDo, NotOffered, BadInput on what cannot be changed, PostNotFit, Conflict.
    """
    must(member, Action.PUBLISH, publication)
    post = locked_post(publication.post_id)
    current = _out(post, publication)
    must(member, Action.PUBLISH, current.channel)
    effects = locked_effects([current])[current.key]
    _must_be_free(post, current, effects)
    before = as_content(current.content)
    _must_be_possible(current.channel, before, content)
    if not _parts(current, before, content, effects, version=0):
        raise NothingToDo
    edit = _keep(post, current, before, content, member, now=now)
    rule = rule_of(post.department_id)
    if rule.kind == ApprovalKind.NONE:
        _order(edit, current, effects, now=now, delay_s=undo_s())
    else:
        edit.request = open_request(post, member, rule, note=note, now=now)
        edit.save(update_fields=["request"])
    facts = {"version": edit.version, "fields": sorted(_changed(before, content))}
    note_publications([current], member, "publication.edit", now=now, facts=facts)
    publication.refresh_from_db()
    return edit


@transaction.atomic
def drop_edit(publication: Publication, member: Member, *, now: datetime) -> None:
    """The change is taken back, while it waits or has not left. Raises NotAllowed, NothingToDo, TooLate."""
    must(member, Action.PUBLISH, publication)
    post = locked_post(publication.post_id)
    edit = PublicationEdit.objects.filter(OPEN_EDIT, publication=publication).select_related("publication").first()
    if edit is None:
        raise NothingToDo
    if edit.state == EditState.ORDERED:
        effects = _own(edit, locked_effects([publication])[publication.key])
        take_back([one for one in effects if one.state in OPEN_STATES], now=now)
    elif edit.request_id is not None:
        withdraw_request(post, member, now=now)
    _end(edit, post, EditState.CANCELLED, now=now)
    note_publications([publication], member, "publication.keep_words", now=now, facts={"version": edit.version})


def open_edit_of(publication: Publication) -> PublicationEdit | None:
    rows = PublicationEdit.objects.filter(OPEN_EDIT, publication=publication).select_related("member", "request")
    found: PublicationEdit | None = rows.first()
    return found


def release_edits(*, now: datetime, limit: int = 100) -> int:
    """Changes whose approval was given leave, those that were refused are over; how many. For the worker."""
    rows = PublicationEdit.objects.filter(state=EditState.WAITING).exclude(request__state=RequestState.OPEN)
    keys = list(rows.order_by("id").values_list("pk", "publication__post_id")[:limit])
    return sum(_release(key, post_id, now=now) for key, post_id in keys)


@transaction.atomic
def _release(key: int, post_id: int, *, now: datetime) -> bool:
    post = locked_post(post_id)
    rows = PublicationEdit.objects.filter(pk=key, state=EditState.WAITING)
    edit = rows.select_related("publication__channel", "request", "member").first()
    if edit is None or (edit.request is not None and edit.request.state == RequestState.OPEN):
        return False
    publication = edit.publication
    is_approved = edit.request is not None and edit.request.state == RequestState.APPROVED
    effects = locked_effects([publication])[publication.key]
    is_there = publication.state == PublicationState.DONE and not is_leaving_again(effects)
    if is_approved and is_there and _order(edit, publication, effects, now=now, delay_s=0):
        return True
    is_refused = edit.request is not None and edit.request.state == RequestState.REFUSED
    _end(edit, post, EditState.REFUSED if is_refused else EditState.CANCELLED, now=now)
    note_publications([publication], None, "publication.keep_words", now=now, facts={"version": edit.version})
    return True


def settle_edits(
    publications: Sequence[Publication], effects: Mapping[Any, Sequence[Effect]], *, now: datetime
) -> list[Publication]:
    """What became of changes that were ordered; those of which the words are new now. The caller holds both."""
    by_key = {one.pk: one for one in publications if any(e.can == Can.EDIT for e in effects.get(one.key, ()))}
    rewritten = []
    for edit in PublicationEdit.objects.filter(publication__in=list(by_key), state=EditState.ORDERED):
        publication = by_key[edit.publication_id]
        own = _own(edit, effects[publication.key])
        if any(one.state in OPEN_STATES for one in own):
            continue
        if any(one.state == EffectState.DONE for one in own):
            publication.content, publication.version = edit.content, edit.version
            publication.save(update_fields=["content", "version"])
            PublicationEdit.objects.filter(pk=edit.pk).update(state=EditState.DONE, ended_at=now)
            note_publications([publication], None, "publication.edited", now=now, facts={"version": edit.version})
            rewritten.append(publication)
        else:
            _end(edit, publication.post, EditState.CANCELLED, now=now)
    return rewritten


def _own(edit: PublicationEdit, effects: Sequence[Effect]) -> list[Effect]:
    return [one for one in effects if one.can == Can.EDIT and one.name.startswith(f"edit:{edit.version}:")]


def _out(post: Post, publication: Publication) -> Publication:
    rows = [one for one in only(locked_publications(post), publication) if one.state == PublicationState.DONE]
    if not rows:
        raise NothingToDo
    return rows[0]


def _must_be_free(post: Post, publication: Publication, effects: Sequence[Effect]) -> None:
    if is_leaving_again(effects):
        raise Conflict(who=SOMEBODY, detail=_UNDER_WAY)
    is_asked = ApprovalRequest.objects.filter(OPEN_REQUEST, post=post).exists()
    if is_asked or PublicationEdit.objects.filter(OPEN_EDIT, publication=publication).exists():
        raise Conflict(who=SOMEBODY, detail=_OTHER_EDIT)


def _must_be_possible(channel: Channel, before: Content, content: Content) -> None:
    edits = edits_of(channel)
    if edits.why_not is not None:
        raise NotOffered(channel=channel.name, act=WORDS[Can.EDIT])
    changed = _changed(before, content)
    if not changed:
        raise NothingToDo
    if fixed := changed - edits.fields:
        raise BadInput(detail=_FIXED.format(field=min(fixed)))
    if _files(before) != _files(content):  # what is said of a file may change, where `media` may; never the file
        raise BadInput(detail=_FIXED.format(field="media"))
    if faults := [fault for fault in faults_of(content, channel) if not fault.is_hint]:
        raise PostNotFit(faults={channel.pk: faults}, channels=channel.name, detail=faults[0].words)


def _files(content: Content) -> list[Medium]:
    return [msgspec.structs.replace(medium, alt="", caption="") for medium in content.media]


def _changed(before: Content, content: Content) -> set[str]:
    return {name for name in FIELDS if getattr(before, name) != getattr(content, name)}


def _parts(
    publication: Publication, before: Content, content: Content, effects: Sequence[Effect], *, version: int
) -> tuple[Part, ...]:
    """One for each part that is there and reads otherwise now; all at once, none needs another."""
    channel = publication.channel
    publishing = connector_of(channel).publishing
    if publishing is None:
        return ()
    there = {one.name for one in seen_parts(effects)}
    was = {part.name: part.body for part in publishing.parts(before, channel.facts)}
    step = max((one.step for one in effects), default=0) + 1
    return tuple(
        Part(name=f"edit:{version}:{part.name}", can=Can.EDIT, body={**part.body, "of": part.name}, step=step)
        for part in publishing.parts(content, channel.facts)
        if part.name in there and part.can == Can.PUBLISH and part.body != was.get(part.name)
    )


def _keep(
    post: Post, publication: Publication, before: Content, content: Content, member: Member, *, now: datetime
) -> PublicationEdit:
    row = Variant.objects.filter(post=post, channel=publication.channel).first()
    fresh = as_json(content)
    # What the publication says may differ from the variant of now: the version holds all that this change touches.
    changes = {**(row.changes if row is not None else {}), **{name: fresh[name] for name in _changed(before, content)}}
    version = keep_variant(post, publication.channel_id, changes, member, now=now)
    return PublicationEdit.objects.create(
        publication=publication, content=fresh, before=as_json(before), version=version, member=member, created_at=now
    )


def _order(
    edit: PublicationEdit, publication: Publication, effects: Sequence[Effect], *, now: datetime, delay_s: float
) -> bool:
    """False where nothing of it can leave any more."""
    try:
        _must_be_possible(publication.channel, as_content(edit.before), as_content(edit.content))
        before, content = as_content(edit.before), as_content(edit.content)
        parts = _parts(publication, before, content, effects, version=edit.version)
    except ParvisError:
        parts = ()
    if not parts:
        return False
    order_parts(
        publication.channel, parts, chain=publication.key, member=edit.member, now=now,
        due_at=now + timedelta(seconds=delay_s),
    )  # fmt: skip
    edit.state = EditState.ORDERED
    edit.save(update_fields=["state"])
    return True


def _end(edit: PublicationEdit, post: Post, state: EditState, *, now: datetime) -> None:
    """Nothing of it happened: the variant says again what it said before."""
    PublicationEdit.objects.filter(pk=edit.pk).update(state=state, ended_at=now)
    channel_id = edit.publication.channel_id
    mine = PostVersion.objects.filter(post=post, number=edit.version).first()
    earlier = PostVersion.objects.filter(post=post, number__lt=edit.version, is_aside=False).order_by("-number").first()
    row = Variant.objects.filter(post=post, channel=channel_id).first()
    if mine is None or earlier is None or row is None:
        return
    key = str(channel_id)
    if key in earlier.variants and row.changes == mine.variants.get(key, {}).get("changes"):
        keep_variant(post, channel_id, earlier.variants[key]["changes"], edit.member, now=now)
