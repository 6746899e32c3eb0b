"""The departments, people and channels of the demonstration."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from parvis.channels.models import Channel, ChannelState
from parvis.connectors import demonstration
from parvis.orgs.house import open_house
from parvis.orgs.models import Department, House, Member, Membership
from parvis.orgs.rights import Role

HOUSE = "Radio Démo"
DEPARTMENTS = ("Actualités", "Sport", "Culture", "Musique", "Région", "Entreprise")
PEOPLE = (
    ("Stella Strategos", Role.STRATEGIST, None, "fr"),
    ("Arthur Archi", Role.ARCHITECT, None, "en"),
    ("Maud Mercier", Role.MANAGER, 0, "fr"),
    ("Camille Caron", Role.COMMUNITY_MANAGER, 0, "fr"),
    ("Colin Cooper", Role.COMMUNITY_MANAGER, 0, "en"),
    ("Anna Analytis", Role.ANALYST, 0, "en"),
    ("Conrad Conti", Role.CONTRIBUTOR, 0, "fr"),
    ("Sam Sauter", Role.COMMUNITY_MANAGER, 1, "fr"),
    ("Mona Marti", Role.MANAGER, 1, "en"),
    ("Célia Corbaz", Role.COMMUNITY_MANAGER, 2, "fr"),
    ("Dario Dubois", Role.COMMUNITY_MANAGER, 3, "fr"),
    ("Rita Reymond", Role.COMMUNITY_MANAGER, 4, "fr"),
    ("Enzo Emery", Role.COMMUNITY_MANAGER, 5, "fr"),
)
CHANNELS = (
    ("Site", "https://www.demo-{slug}.example/", "wordpress"),
    ("Blog", "https://blog.demo-{slug}.example/", "wordpress"),
    ("Veille", "https://veille.demo-{slug}.example/feed/", "feed"),
)
OPENED_DAYS = 800
"""Before the oldest comment: whatever is in the trail came later."""
SLUGS = ("actu", "sport", "culture", "musique", "region", "maison")


@dataclass(slots=True)
class Company:
    house: House
    owner: Member
    departments: list[Department]
    members: list[Member]
    """Everybody but the owner."""
    channels: list[Channel]

    def staff_of(self, department: Department) -> list[Member]:
        """Who works on its conversations."""
        working = {Role.MANAGER, Role.COMMUNITY_MANAGER}
        rows = Membership.objects.filter(department=department, role__in=working)
        keys = set(rows.values_list("member_id", flat=True))
        return [member for member in self.members if member.pk in keys]


def make_company(*, now: datetime, password: str | None) -> Company:
    """Opens the house, as if `OPENED_DAYS` ago. Raises Conflict where one is open already."""
    opened_at = now - timedelta(days=OPENED_DAYS)
    owner = open_house(
        HOUSE,
        zone="Europe/Zurich",
        language="fr",
        owner_name="Olive Ostermann",
        owner_email="olive@example.org",
        password=password,
        department=DEPARTMENTS[0],
        now=opened_at,
        is_demo=True,
    )
    house = House.objects.get()
    departments = [
        Department.objects.get_or_create(name=name, defaults={"position": position, "created_at": opened_at})[0]
        for position, name in enumerate(DEPARTMENTS)
    ]
    members = [_member(owner, departments, opened_at, *person) for person in PEOPLE]
    channels = [
        _channel(department, slug, kind, now=now)
        for department, slug in zip(departments, SLUGS, strict=True)
        for kind in CHANNELS
    ]
    _let_two_be_ill(channels, now=now)
    return Company(house, owner, departments, members, channels)


def _member(
    owner: Member, departments: list[Department], now: datetime, name: str, role: str, place: int | None, language: str
) -> Member:
    """With the owner's password: it is a demonstration."""
    email = f"{name.split(maxsplit=1)[0].lower().replace('é', 'e')}@example.org"
    member = Member(email=email, name=name, language=language, joined_at=now, password=owner.password)
    member.save(force_insert=True)
    department = departments[place] if place is not None else None
    Membership.objects.create(member=member, department=department, role=role, created_at=now)
    return member


def _channel(department: Department, slug: str, kind: tuple[str, str, str], *, now: datetime) -> Channel:
    name, address, stands_for = kind
    has_public = stands_for == "wordpress"
    fields: dict[str, Any] = {
        "connector": demonstration.connector.slug,
        "name": f"{name} {department.name}",
        "address": address.format(slug=slug),
        "facts": {"house": HOUSE, "stands_for": stands_for, "demo": "yes"},
        "can": sorted(str(can) for can in demonstration.ACTS) if has_public else [],
        "opens_conversations": ["comment", "mention"],
        "created_at": now - timedelta(days=OPENED_DAYS),
        "last_sync_at": now - timedelta(seconds=40),
        "last_success_at": now - timedelta(seconds=40),
    }
    return Channel.objects.create(department=department, **fields)


def _let_two_be_ill(channels: list[Channel], *, now: datetime) -> None:
    """One whose sign-in is refused, one whose payloads cannot all be read."""
    refused, drifting = channels[4], channels[8]
    Channel.objects.filter(pk=refused.pk).update(
        state=ChannelState.NEEDS_PERSON,
        failure_count=7,
        last_success_at=now - timedelta(hours=5),
        error={
            "code": "credentials_rejected",
            "en": f"{refused.name} does not accept the sign-in. Enter the name and password of this channel again.",
            "fr": f"{refused.name} n’accepte pas l’identification. Saisissez de nouveau le nom et le mot de passe de ce canal.",
        },
    )
    Channel.objects.filter(pk=drifting.pk).update(drift_count=3)
