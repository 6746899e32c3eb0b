"""Saved views: a filter with a name, of one person or shared."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from parvis.core.errors import FieldMissing, NotAllowed, TextTooLong
from parvis.core.query import parse_query
from parvis.core.wording import Text
from parvis.inbox.models import SavedView
from parvis.jobs.live import tell
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action

LONGEST_NAME = 60


@transaction.atomic
def save_view(
    member: Member,
    name: str,
    query: str,
    *,
    now: datetime,
    is_shared: bool = False,
    department: Department | None = None,
) -> SavedView:
    """A new view at the end: the member's own, or shared with a department or (None) the whole house.

    Raises QueryNotUnderstood, NotAllowed, FieldMissing, TextTooLong.
    """
    if is_shared:
        must(member, Action.SHARE_VIEW, department)
    view = SavedView(
        member=None if is_shared else member,
        department=department if is_shared else None,
        name=_named(name),
        query=_readable(query),
        position=_last_position(member, is_shared=is_shared),
        created_at=now,
    )
    view.save()
    _note(view, member, "view.save", now=now)
    return view


@transaction.atomic
def change_view(
    view: SavedView, member: Member, *, now: datetime, name: str | None = None, query: str | None = None
) -> None:
    """Another name or another filter. Raises QueryNotUnderstood, NotAllowed, FieldMissing, TextTooLong."""
    _must_own(view, member)
    if name is not None:
        view.name = _named(name)
    if query is not None:
        view.query = _readable(query)
    view.save(update_fields=["name", "query"])
    _note(view, member, "view.change", now=now)


@transaction.atomic
def delete_view(view: SavedView, member: Member, *, now: datetime) -> None:
    """Raises NotAllowed."""
    _must_own(view, member)
    _note(view, member, "view.delete", now=now)
    view.delete()


@transaction.atomic
def reorder_views(member: Member, ids: Sequence[int]) -> None:
    """Puts views in this order; those that the member may not change keep their place."""
    views = SavedView.objects.in_bulk(ids)
    for position, key in enumerate(ids):
        view = views.get(key)
        if view is None or view.position == position:
            continue
        try:
            _must_own(view, member)
        except NotAllowed:
            continue
        SavedView.objects.filter(pk=key).update(position=position)


def _must_own(view: SavedView, member: Member) -> None:
    if view.member_id is None:
        must(member, Action.SHARE_VIEW, view if view.department_id is not None else None)
    elif view.member_id != member.pk:
        raise NotAllowed(action=str(Action.SHARE_VIEW.label))


def _named(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise FieldMissing(field=Text("name", "nom"))
    if len(name) > LONGEST_NAME:
        raise TextTooLong(length=len(name), limit=LONGEST_NAME)
    return name


def _readable(query: str) -> str:
    parse_query(query)
    return query.strip()


def _last_position(member: Member, *, is_shared: bool) -> int:
    views = SavedView.objects.filter(member__isnull=True) if is_shared else SavedView.objects.filter(member=member)
    last = views.aggregate(last=Max("position"))["last"]
    return 0 if last is None else min(last + 1, 32_000)


def _note(view: SavedView, member: Member, action: str, *, now: datetime) -> None:
    """Shared views are everybody's business; whoever has the list open sees their tabs change."""
    tell("view", now=now, department_id=view.department_id, member_id=view.member_id, subject_id=view.pk)
    if view.member_id is None:
        facts = {"name": view.name, "query": view.query}
        record(
            member, action, subject="view", subject_key=view.pk, department_id=view.department_id, facts=facts, now=now
        )
