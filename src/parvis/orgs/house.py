"""The house itself: whether it is open, how it opens, what it is called."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from parvis.core.errors import Conflict
from parvis.core.wording import Text
from parvis.orgs import audit, links
from parvis.orgs.access import must
from parvis.orgs.models import Department, House, Member
from parvis.orgs.rights import Action
from parvis.orgs.wanted import check_password, email_from, language_from, name_from, zone_from

FIRST_DEPARTMENT = Text("Communication", "Communication")
_HOUSE_KEY = 1


def the_house() -> House | None:
    """None until the owner has opened it."""
    return House.objects.order_by("id").first()


def house_zone() -> ZoneInfo:
    """Where the house's days begin; UTC until it is open."""
    house = the_house()
    return ZoneInfo(house.zone) if house is not None else ZoneInfo("UTC")


def open_house(
    name: str,
    *,
    zone: str,
    language: str,
    owner_name: str,
    owner_email: str,
    password: str | None,
    now: datetime,
    department: str = "",
    token: str | None = None,
    is_demo: bool = False,
) -> Member:
    """The house, its first department and its owner, all or none. Gives the owner.

    `token` is that of the first sign-in link, which is used up by it; None from the command line.
    Raises LinkSpent, Conflict where the house is open already, ValidationError on a weak password.
    """
    owner = Member(
        email=email_from(owner_email),
        name=name_from(owner_name, field=Text("your name", "votre nom")),
        is_owner=True,
        language=language_from(language),
        joined_at=now,
    )
    if password is not None:
        check_password(password, owner)
    house = House(
        pk=_HOUSE_KEY,
        name=name_from(name, field=Text("the name of the house", "le nom de la maison"), limit=120),
        zone=zone_from(zone),
        language=language,
        is_demo=is_demo,
        created_at=now,
    )
    first = name_from(department or FIRST_DEPARTMENT.in_language(language), field=Text("department", "département"))
    owner.set_password(password)
    try:
        with transaction.atomic():
            if token is not None:
                links.spend(links.first_link_of(token, now=now), now=now)
            _write(house, owner, Department(name=first, created_at=now))
    except IntegrityError as error:
        raise _already_open() from error
    return owner


def _write(house: House, owner: Member, department: Department) -> None:
    if the_house() is not None:
        raise _already_open()
    house.save(force_insert=True)
    owner.save(force_insert=True)
    department.save(force_insert=True)
    audit.record(owner, "house.open", subject="house", subject_key=house.pk, now=house.created_at)


def _already_open() -> Conflict:
    return Conflict(
        who=Text("Somebody", "Quelqu’un"), detail=Text("the house is open already", "la maison est déjà ouverte")
    )


def change_house(member: Member, *, name: str, zone: str, language: str, now: datetime) -> House:
    must(member, Action.MANAGE_HOUSE)
    wanted = {
        "name": name_from(name, field=Text("the name of the house", "le nom de la maison"), limit=120),
        "zone": zone_from(zone),
        "language": language_from(language),
    }
    with transaction.atomic():
        house = House.objects.select_for_update().order_by("id")[0]
        changes = {key: {"before": getattr(house, key), "after": value} for key, value in wanted.items()}
        changes = {key: change for key, change in changes.items() if change["before"] != change["after"]}
        if changes:
            for key, value in wanted.items():
                setattr(house, key, value)
            house.save(update_fields=list(wanted))
            audit.record(member, "house.change", subject="house", subject_key=house.pk, now=now, facts=changes)
    return house
