"""Until when, where and by whose leave an asset may be shown; a withdrawal wins over everything given before it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from parvis.assets.library import locked_asset, noted
from parvis.assets.models import Asset, AssetRight, RightKind
from parvis.assets.uses import hold_assets
from parvis.assets.written import line_from, text_from
from parvis.core.errors import BadInput, NothingToDo
from parvis.core.post import Fault
from parvis.core.text.normalise import folded_text
from parvis.core.wording import Text
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.orgs.wanted import name_from


@dataclass(frozen=True, slots=True, kw_only=True)
class RightWish:
    kind: str
    """right, consent."""
    holder: str
    channels: tuple[int, ...] = ()
    """Ids; empty: all."""
    territory: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    note: str = ""
    document: Asset | None = None


def add_right(asset: Asset, member: Member, wish: RightWish, *, now: datetime) -> AssetRight:
    """Raises NotAllowed, BadInput."""
    must(member, Action.DRAFT, asset)
    right = AssetRight(asset=asset, created_by=member, created_at=now)
    _write(right, member, wish)
    with transaction.atomic():
        current = locked_asset(asset.pk)
        _hold_document(right)
        right.save()
        facts = {"right": right.pk, "kind": right.kind, "ends_on": str(right.ends_on or "")}
        noted(current, member, "asset.right", now=now, facts=facts)
    return right


def change_right(right: AssetRight, member: Member, wish: RightWish, *, now: datetime) -> AssetRight:
    """Raises NotAllowed, BadInput, NothingToDo where it was withdrawn: a new one is given then."""
    must(member, Action.MANAGE_ASSETS, right.asset)
    with transaction.atomic():
        asset = locked_asset(right.asset_id)
        right.refresh_from_db()
        if right.withdrawn_at is not None:
            raise NothingToDo
        _write(right, member, wish)
        _hold_document(right)
        right.save()
        facts = {"right": right.pk, "kind": right.kind, "ends_on": str(right.ends_on or "")}
        noted(asset, member, "asset.right_change", now=now, facts=facts)
    return right


def mark_withdrawn(right: AssetRight, member: Member, *, now: datetime) -> bool:
    """The row alone, in the caller's transaction; False where it was withdrawn before.

    publishing.consents.withdraw_consent does this and stops what was to leave.
    """
    must(member, Action.MANAGE_ASSETS, right.asset)
    changed = AssetRight.objects.filter(pk=right.pk, withdrawn_at=None).update(withdrawn_at=now, withdrawn_by=member)
    right.refresh_from_db()
    return bool(changed)


def note_withdrawn(right: AssetRight, member: Member, *, now: datetime, stopped: int, published: int) -> None:
    facts = {"right": right.pk, "kind": right.kind, "stopped": stopped, "published": published}
    noted(right.asset, member, "asset.withdraw", now=now, facts=facts)


def faults_of_rights(
    asset: Asset, rights: Iterable[AssetRight], *, channel_id: int, today: date, day: date
) -> list[Fault]:
    """What stands against showing it on the channel on that day; hints besides."""
    by_holder: dict[tuple[str, str], list[AssetRight]] = {}
    for right in rights:
        by_holder.setdefault((right.kind, folded_text(right.holder)), []).append(right)
    faults = []
    for rows in by_holder.values():
        fault = _fault(asset, rows, channel_id=channel_id, today=today, day=day)
        if fault is not None:
            faults.append(fault)
    if asset.shows_people and not any(kind == RightKind.CONSENT for kind, _ in by_holder):
        faults.append(Fault("consent_missing", "media", _MISSING.format(title=asset.title), is_hint=True))
    return faults


def _fault(asset: Asset, rows: Sequence[AssetRight], *, channel_id: int, today: date, day: date) -> Fault | None:
    """Of one holder; None where something that they gave, and have not taken back since, holds on that day."""
    withdrawn_at = max((one.withdrawn_at for one in rows if one.withdrawn_at), default=None)
    standing = [
        one for one in rows if one.withdrawn_at is None and (withdrawn_at is None or one.created_at > withdrawn_at)
    ]
    places = {"title": asset.title, "holder": rows[0].holder}
    if not standing:
        code, words = _WITHDRAWN[RightKind(rows[0].kind)]
        return Fault(code, "media", words.format(**places))
    there = [one for one in standing if not one.channels or channel_id in one.channels]
    if not there:
        return Fault("right_elsewhere", "media", _ELSEWHERE.format(**places))
    if any((one.starts_on or day) <= day <= (one.ends_on or day) for one in there):
        return None
    last = max((one.ends_on for one in there if one.ends_on is not None), default=None)
    if last is not None and last < today:
        return Fault("right_expired", "media", _EXPIRED.format(**places, day=last.isoformat()))
    if last is not None and last < day:
        return Fault("right_ends_before", "media", _ENDS_BEFORE.format(**places, day=last.isoformat()))
    first = min(one.starts_on for one in there if one.starts_on is not None)
    return Fault("right_not_begun", "media", _NOT_BEGUN.format(**places, day=first.isoformat()))


def _write(right: AssetRight, member: Member, wish: RightWish) -> None:
    if wish.kind not in RightKind.values:
        raise BadInput(detail=Text("a right or a consent is wanted", "il faut un droit ou un consentement"))
    if wish.starts_on and wish.ends_on and wish.ends_on < wish.starts_on:
        raise BadInput(detail=Text("it ends before it begins", "cela finit avant de commencer"))
    if wish.document is not None:
        must(member, Action.SEE, wish.document)
    right.kind = wish.kind
    right.holder = name_from(wish.holder, field=Text("holder", "titulaire"), limit=200)
    right.channels = sorted(set(wish.channels))
    right.territory = line_from(wish.territory, limit=200)
    right.starts_on, right.ends_on = wish.starts_on, wish.ends_on
    right.note, right.document = text_from(wish.note, limit=20_000), wish.document


def _hold_document(right: AssetRight) -> None:
    if right.document_id is not None:
        hold_assets([right.document_id])


_WITHDRAWN = {
    RightKind.CONSENT: (
        "consent_withdrawn",
        Text(
            "{holder} has withdrawn the consent to be shown in “{title}”",
            "{holder} a retiré son consentement à figurer dans «\u202f{title}\u202f»",
        ),
    ),
    RightKind.RIGHT: (
        "right_withdrawn",
        Text(
            "{holder} has withdrawn the right to use “{title}”",
            "{holder} a retiré le droit d’utiliser «\u202f{title}\u202f»",
        ),
    ),
}
_ELSEWHERE = Text(
    "what {holder} allowed for “{title}” is not for this channel",
    "ce que {holder} a permis pour «\u202f{title}\u202f» ne vaut pas pour ce canal",
)
_EXPIRED = Text(
    "what {holder} allowed for “{title}” ended on {day}",
    "ce que {holder} a permis pour «\u202f{title}\u202f» a pris fin le {day}",
)
_ENDS_BEFORE = Text(
    "what {holder} allowed for “{title}” ends on {day}, before this leaves",
    "ce que {holder} a permis pour «\u202f{title}\u202f» prend fin le {day}, avant le départ",
)
_NOT_BEGUN = Text(
    "what {holder} allowed for “{title}” begins on {day} only",
    "ce que {holder} a permis pour «\u202f{title}\u202f» ne commence que le {day}",
)
_MISSING = Text(
    "people are shown in “{title}” and nobody’s consent is noted",
    "on voit des personnes dans «\u202f{title}\u202f» et aucun consentement n’est noté",
)
