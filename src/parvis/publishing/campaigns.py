"""Campaigns, and where a post belongs: its campaign, its pillar, its labels."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet

from parvis.core.errors import BadInput
from parvis.core.wording import Text
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.publishing.changing import locked_post, note_post
from parvis.publishing.models import Campaign, Colour, Pillar, Post, PostLabel, PostState
from parvis.publishing.queues import checked_name
from parvis.publishing.utm import FIELDS

MOST_HASHTAGS = 30
MOST_LABELS = 20
LONGEST_UTM = 100
_NOT_FROZEN = (PostState.DRAFT, PostState.REVIEW, PostState.READY)
_NO_TAG = re.compile(r"[\s#,]+")
_UNCHANGED: Any = object()


@transaction.atomic
def save_campaign(
    department: Department,
    member: Member,
    *,
    name: str,
    now: datetime,
    campaign: Campaign | None = None,
    colour: str = Colour.BLUE,
    starts_on: date | None = None,
    ends_on: date | None = None,
    goal: str = "",
    utm: Mapping[str, str] | None = None,
    sources: Mapping[int, str] | None = None,
    hashtags: Iterable[str] = (),
) -> Campaign:
    """A new one, or `campaign` changed: what is planned already leaves with the links that it was planned with.

    `utm`: by the name after `utm_`; None or empty: links carry nothing. Raises NotAllowed, BadInput.
    """
    must(member, Action.PUBLISH, department)
    if campaign is not None:
        must(member, Action.PUBLISH, campaign)
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        raise BadInput(detail=Text("it ends before it begins", "elle finit avant de commencer"))
    if colour not in Colour.values:
        raise BadInput(detail=Text("there is no such colour", "cette couleur n’existe pas"))
    saved = campaign or Campaign(department=department, created_by=member, created_at=now)
    saved.name, saved.colour, saved.starts_on, saved.ends_on = checked_name(name), colour, starts_on, ends_on
    saved.goal = goal.replace("\0", "").strip()
    saved.utm = _utm(utm or {})
    saved.sources = {str(key): _value(source) for key, source in (sources or {}).items() if _value(source)}
    saved.hashtags = _words(hashtags)[:MOST_HASHTAGS]
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        raise BadInput(detail=Text("there is a campaign of this name", "une campagne porte déjà ce nom")) from None
    _note(saved, member, "campaign.save", now=now)
    return saved


@transaction.atomic
def close_campaign(campaign: Campaign, member: Member, *, now: datetime) -> None:
    """Its posts stay; it is offered no more. Raises NotAllowed."""
    must(member, Action.PUBLISH, campaign)
    campaign.closed_at = now
    campaign.save(update_fields=["closed_at"])
    _note(campaign, member, "campaign.close", now=now)


@transaction.atomic
def place_post(
    post: Post,
    member: Member,
    *,
    now: datetime,
    campaign: Campaign | None = _UNCHANGED,
    pillar: Pillar | None = _UNCHANGED,
    labels: Iterable[str] | None = None,
    evergreen_until: date | None = _UNCHANGED,
) -> Post:
    """Where it belongs; what is left out stays. A campaign changes links: a post that is planned keeps its own.

    Raises NotAllowed, BadInput.
    """
    must(member, Action.DRAFT, post)
    current = locked_post(post.pk)
    changes: dict[str, Any] = {}
    if campaign is not _UNCHANGED and campaign != current.campaign:
        if current.state not in _NOT_FROZEN:
            raise BadInput(detail=_FROZEN)
        changes["campaign"] = _own(campaign, current)
    if pillar is not _UNCHANGED and pillar != current.pillar:
        changes["pillar"] = _own(pillar, current)
    if evergreen_until is not _UNCHANGED and evergreen_until != current.evergreen_until:
        changes["evergreen_until"] = evergreen_until
    for name, value in changes.items():
        setattr(current, name, value)
    if changes:
        current.save(update_fields=list(changes))
    is_relabelled = labels is not None and set_labels(current, labels)
    if changes or is_relabelled:
        note_post(current, member, "post.place", now=now, facts={"fields": sorted([*changes, *_LABELS[is_relabelled]])})
    post.refresh_from_db()
    return current


def set_labels(post: Post, labels: Iterable[str]) -> bool:
    """Whether any changed; the caller holds the post."""
    wanted = as_labels(labels)
    there = set(PostLabel.objects.filter(post=post).values_list("name", flat=True))
    PostLabel.objects.filter(post=post).exclude(name__in=wanted).delete()
    PostLabel.objects.bulk_create(PostLabel(post=post, name=name) for name in wanted if name not in there)
    return there != set(wanted)


def as_labels(written: Iterable[str]) -> list[str]:
    """As they are kept, each once."""
    return _words(written, splits=False)[:MOST_LABELS]


def campaigns_of(
    member: Member, *, department: Department | None = None, with_closed: bool = False
) -> QuerySet[Campaign]:
    """The newest first, each with `post_count`."""
    rows = Campaign.objects.visible_to(member).select_related("department")
    if department is not None:
        rows = rows.filter(department=department)
    if not with_closed:
        rows = rows.filter(closed_at__isnull=True)
    found: QuerySet[Campaign] = rows.annotate(post_count=Count("posts")).order_by("-starts_on", "-pk")
    return found


def _own(thing: Any, post: Post) -> Any:
    if thing is not None and (thing.department_id != post.department_id or thing.closed_at is not None):
        raise BadInput(detail=Text("it is another department’s, or closed", "il est d’un autre département, ou clos"))
    return thing


def _utm(utm: Mapping[str, str]) -> dict[str, str]:
    found = {name: _value(utm.get(name, "")) for name in FIELDS}
    return found if any(found.values()) else {}


def _value(written: str) -> str:
    return " ".join(written.replace("\0", "").split())[:LONGEST_UTM]


def _words(written: Iterable[str], *, splits: bool = True) -> list[str]:
    """Each once, without the sign; `splits` False: a label may have spaces."""
    parts = (part for one in written for part in (_NO_TAG.split(one) if splits else [" ".join(one.split())]))
    return list(dict.fromkeys(part.replace("\0", "")[:60] for part in parts if part))


def _note(campaign: Campaign, member: Member, action: str, *, now: datetime) -> None:
    record(
        member, action, subject="campaign", subject_key=campaign.pk, department_id=campaign.department_id, now=now,
        facts={"utm": bool(campaign.utm)},
    )  # fmt: skip


_LABELS = {False: (), True: ("labels",)}
_FROZEN = Text(
    "its links are planned as they are: take it back to writing first",
    "ses liens sont planifiés tels quels\u202f: remettez-le d’abord en rédaction",
)
