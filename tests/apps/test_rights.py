"""The table of rights, walked whole, and the doors that answer from it."""

from pathlib import Path

import pytest

from parvis.core.errors import NotAllowed
from parvis.orgs.access import forget_reach, may, must
from parvis.orgs.giving import may_give
from parvis.orgs.models import AuditEntry, Department, Member, Membership
from parvis.orgs.rights import RIGHTS, Action, Role
from parvis.orgs.rights_page import rights_page
from parvis.testing.factories import make_department, make_member

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "roles.md"

EXPECTED = {
    #                 strategist architect manager community analyst contributor
    Action.SEE: "yes yes yes yes yes yes",
    Action.NOTE: "yes yes yes yes yes yes",
    Action.REPLY: "yes no yes yes no no",
    Action.DECIDE: "yes no yes yes no no",
    Action.DELETE: "yes no yes no no no",
    Action.ASSIGN: "yes no yes yes no no",
    Action.DRAFT: "yes no yes yes no yes",
    Action.APPROVE_POSTS: "yes no yes no no no",
    Action.PUBLISH: "yes no yes yes no no",
    Action.MANAGE_ASSETS: "yes no yes yes no no",
    Action.SHARE_VIEW: "yes no yes yes no no",
    Action.LISTEN: "yes yes yes yes yes no",
    Action.CRISIS: "yes no yes no no no",
    Action.SEE_CHANNELS: "yes yes yes yes yes no",
    Action.MANAGE_CHANNELS: "yes yes yes no no no",
    Action.MANAGE_PEOPLE: "yes no yes no no no",
    Action.SEE_AUDIT: "yes yes yes no no no",
    Action.MANAGE_HOUSE: "yes yes no no no no",
}
EVERY = [
    (role, action, word == "yes")
    for action, words in EXPECTED.items()
    for role, word in zip(Role, words.split(), strict=True)
]


def test_table_names_every_role_and_action():
    assert set(EXPECTED) == set(Action)
    assert set(RIGHTS) == set(Role)


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "action", "allowed"), EVERY)
def test_role_in_a_department_reaches_that_department_alone(role, action, allowed):
    own, other = make_department(), make_department()
    member = make_member(role=role, department=own)
    assert may(member, action, own) is allowed
    assert may(member, action, other) is False
    assert may(member, action) is False
    seen = Department.objects.where_may(member, action)
    assert list(seen) == ([own] if allowed else [])


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "action", "allowed"), EVERY)
def test_role_in_the_house_reaches_every_department(role, action, allowed):
    department = make_department()
    member = make_member(role=role)
    assert may(member, action, department) is allowed
    assert may(member, action) is allowed
    assert Department.objects.where_may(member, action).exists() is allowed


@pytest.mark.django_db
@pytest.mark.parametrize("action", Action)
def test_owner_may_everything_and_the_inactive_nothing(cast, action):
    assert may(cast.olive, action) and may(cast.olive, action, cast.sport)
    cast.olive.is_active = False
    assert not may(cast.olive, action) and not may(cast.olive, action, cast.sport)
    with pytest.raises(NotAllowed):
        must(cast.olive, action)
    assert not Membership.objects.where_may(cast.olive, action).exists()


@pytest.mark.parametrize("giver", Role)
@pytest.mark.parametrize("given", Role)
@pytest.mark.django_db
def test_nobody_gives_a_role_above_their_own(giver, given):
    department, other = make_department(), make_department()
    member = make_member(role=giver, department=department)
    ranks = list(Role)
    expected = Action.MANAGE_PEOPLE in RIGHTS[giver] and ranks.index(given) >= ranks.index(giver)
    assert may_give(member, given, department.pk) is expected
    assert may_give(member, given, other.pk) is False
    assert may_give(member, given, None) is False


@pytest.mark.django_db
def test_reach_is_read_again_after_a_change_of_role(cast):
    assert not may(cast.camille, Action.DELETE, cast.news)
    Membership.objects.filter(member=cast.camille).update(role=Role.MANAGER)
    forget_reach(cast.camille)
    assert may(cast.camille, Action.DELETE, cast.news)
    Membership.objects.filter(member=cast.camille).delete()
    cast.camille.refresh_from_db()
    assert not may(cast.camille, Action.SEE, cast.news)


@pytest.mark.django_db
def test_rows_of_no_department_are_seen_with_the_whole_house_alone(cast, now):
    AuditEntry.objects.create(id=1, at=now, action="house.open", subject="house", subject_key="1")
    assert AuditEntry.objects.where_may(cast.stella, Action.SEE_AUDIT).count() == 1
    assert AuditEntry.objects.where_may(cast.maud, Action.SEE_AUDIT).count() == 0
    assert Member.objects.count() == 8


def test_reference_page_of_roles_is_current():
    assert PAGE.read_text(encoding="utf-8") == rights_page(), (
        "run: script/parvis member roles > docs/reference/roles.md"
    )
