"""Campaigns, and where a post belongs: its campaign, its pillar, its labels."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet

from parvis.core.errors import BadInput, ParvisError
from parvis.core.post import Content
from parvis.core.wording import Text
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.publishing.changing import locked_post, note_post
from parvis.publishing.content import with_campaign
from parvis.publishing.drafting import is_asked_or_approved, void_approval
from parvis.publishing.models import Campaign, Colour, Pillar, Post, PostLabel, PostState
from parvis.publishing.queues import checked_name
from parvis.publishing.utm import FIELDS
from parvis.publishing.written import with_changes

MOST_HASHTAGS = 30
MOST_LABELS = 20
LONGEST_UTM = 100
_NOT_FROZEN = (PostState.DRAFT, PostState.REVIEW, PostState.READY)
_WRITTEN = (*_NOT_FROZEN, PostState.PLANNED, PostState.HELD)
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

    A post that is approved, or waits for it, needs approval again where its links change by that.
    `utm`: by the name after `utm_`; None or empty: links carry nothing. Raises NotAllowed, BadInput.
    """
    must(member, Action.PUBLISH, department)
    if campaign is not None:
        must(member, Action.PUBLISH, campaign)
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        raise BadInput(detail=Text("it ends before it begins", "elle finit avant de commencer"))
    if colour not in Colour.values:
        raise BadInput(detail=Text("there is no such colour", "cette couleur n’existe pas"))
    before = Campaign(utm=campaign.utm, sources=campaign.sources) if campaign is not None else None
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
    voided = _void_where_links_change(saved, before, member, now=now) if before is not None else 0
    _note(saved, member, "campaign.save", now=now, **({"voided": voided} if voided else {}))
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
    """Where it belongs; what is left out stays. A campaign changes links: a post that is planned keeps its own, and
    one that is approved, or waits for it, needs approval again: its `version` is another then.

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
    before = current.campaign
    for name, value in changes.items():
        setattr(current, name, value)
    if changes:
        current.save(update_fields=list(changes))
    if "campaign" in changes:
        _void_if_links_change(current, before, member, now=now)
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


def _void_where_links_change(campaign: Campaign, before: Campaign, member: Member, *, now: datetime) -> int:
    """How many of its posts need approval again."""
    if (campaign.utm, campaign.sources) == (before.utm, before.sources):
        return 0
    rows = Post.objects.filter(campaign=campaign, state__in=_WRITTEN).order_by("pk")
    posts = [locked_post(key) for key in rows.values_list("pk", flat=True)]
    return sum(_void_if_links_change(post, before, member, now=now) for post in posts)


def _void_if_links_change(post: Post, before: Campaign | None, member: Member, *, now: datetime) -> bool:
    """By its campaign as it is now; the caller holds the post."""
    campaign = post.campaign
    if not is_asked_or_approved(post) or _leaving(post, campaign) == _leaving(post, before):
        return False
    return void_approval(post, member, now=now, note=f"utm: {campaign.name if campaign is not None else '–'}")


def _leaving(post: Post, campaign: Campaign | None) -> list[Content | None]:
    """What it would say on each of its channels; None where that cannot be read."""
    found: list[Content | None] = []
    for variant in post.variants.filter(is_on=True).select_related("channel").order_by("pk"):
        try:
            found.append(with_campaign(with_changes(post.content, variant.changes), campaign, variant.channel))
        except ParvisError:
            found.append(None)
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


def _note(campaign: Campaign, member: Member, action: str, *, now: datetime, **facts: int) -> None:
    record(
        member, action, subject="campaign", subject_key=campaign.pk, department_id=campaign.department_id, now=now,
        facts={"utm": bool(campaign.utm), **facts},
    )  # fmt: skip


_LABELS = {False: (), True: ("labels",)}
_FROZEN = Text(
    "its links are planned as they are: take it back to writing first",
    "ses liens sont planifiés tels quels\u202f: remettez-le d’abord en rédaction",
)
