"""The same people in every test: two departments, one member of each role in News, one in Sport, the owner."""

from dataclasses import dataclass

from parvis.orgs.models import Department, House, Member
from parvis.orgs.rights import Role
from parvis.testing.clock import MONDAY
from parvis.testing.factories import make_department, make_member


@dataclass
class Cast:
    house: House
    news: Department
    sport: Department
    olive: Member
    """The owner."""
    stella: Member
    """Strategist of the whole house."""
    arthur: Member
    """Architect of the whole house."""
    maud: Member
    """Manager of News."""
    camille: Member
    """Community manager of News."""
    anna: Member
    """Analyst of News."""
    conrad: Member
    """Contributor to News."""
    sam: Member
    """Community manager of Sport: must never see what is News's alone."""


def make_cast() -> Cast:
    house = House.objects.create(name="Radio Parvis", created_at=MONDAY)
    news, sport = make_department("News"), make_department("Sport")
    return Cast(
        house=house,
        news=news,
        sport=sport,
        olive=make_member("Olive", is_owner=True),
        stella=make_member("Stella", role=Role.STRATEGIST),
        arthur=make_member("Arthur", role=Role.ARCHITECT),
        maud=make_member("Maud", role=Role.MANAGER, department=news),
        camille=make_member("Camille", role=Role.COMMUNITY_MANAGER, department=news),
        anna=make_member("Anna", role=Role.ANALYST, department=news),
        conrad=make_member("Conrad", role=Role.CONTRIBUTOR, department=news),
        sam=make_member("Sam", role=Role.COMMUNITY_MANAGER, department=sport),
    )
