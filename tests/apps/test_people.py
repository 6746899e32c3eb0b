"""Departments, roles, owners, leaving: who may change what, and what never happens."""

import pytest

from parvis.core.errors import BadInput, Conflict, FieldMissing, LastOwner, NotAllowed, TextTooLong
from parvis.orgs import services
from parvis.orgs.access import may
from parvis.orgs.models import AuditEntry, Department, Member, Membership
from parvis.orgs.queries import colleagues, departments_of, people_managed_by, person_managed_by
from parvis.orgs.rights import Action, Role
from parvis.testing.factories import make_member
from parvis.testing.processes import own_database, run_at_once, run_python


@pytest.mark.django_db
def test_role_that_was_given_counts_at_once(cast, now):
    assert not may(cast.sam, Action.SEE, cast.news)
    services.give_role(cast.sam, cast.maud, role=Role.ANALYST, department=cast.news, now=now)
    assert may(cast.sam, Action.SEE, cast.news)
    services.take_role(cast.sam, cast.maud, department=cast.news, now=now)
    assert not may(cast.sam, Action.SEE, cast.news)
    facts = list(AuditEntry.objects.order_by("id").values_list("facts", flat=True))
    assert facts == [{"before": None, "after": "analyst"}, {"before": "analyst", "after": None}]


@pytest.mark.django_db
def test_manager_gives_only_within_own_department_and_not_above(cast, now):
    for role, department in (
        (Role.ANALYST, cast.sport), (Role.ANALYST, None), (Role.STRATEGIST, cast.news), (Role.ARCHITECT, cast.news),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            services.give_role(cast.sam, cast.maud, role=role, department=department, now=now)
    services.give_role(cast.camille, cast.maud, role=Role.MANAGER, department=cast.news, now=now)
    assert cast.camille.memberships.get().role == Role.MANAGER


@pytest.mark.django_db
def test_manager_cannot_lower_or_remove_somebody_above(cast, now):
    boss = make_member("Boss", role=Role.STRATEGIST, department=cast.news)
    with pytest.raises(NotAllowed):
        services.give_role(boss, cast.maud, role=Role.CONTRIBUTOR, department=cast.news, now=now)
    with pytest.raises(NotAllowed):
        services.take_role(boss, cast.maud, department=cast.news, now=now)
    with pytest.raises(NotAllowed):
        services.deactivate_member(boss, cast.maud, now=now)
    assert boss.memberships.get().role == Role.STRATEGIST


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["arthur", "camille", "anna", "conrad", "sam"])
def test_who_does_not_manage_people_gives_nothing(cast, now, who):
    with pytest.raises(NotAllowed):
        services.give_role(cast.conrad, getattr(cast, who), role=Role.CONTRIBUTOR, department=cast.news, now=now)


@pytest.mark.django_db
def test_same_role_given_twice_is_recorded_once(cast, now):
    for _ in range(2):
        services.give_role(cast.sam, cast.olive, role=Role.ANALYST, department=cast.news, now=now)
    assert AuditEntry.objects.count() == 1 and Membership.objects.filter(member=cast.sam).count() == 2


@pytest.mark.django_db
def test_house_always_keeps_an_owner(cast, now):
    with pytest.raises(LastOwner):
        services.drop_owner(cast.olive, cast.olive, now=now)
    services.make_owner(cast.stella, cast.olive, now=now)
    services.drop_owner(cast.olive, cast.stella, now=now)
    with pytest.raises(LastOwner):
        services.drop_owner(cast.stella, cast.stella, now=now)
    assert [owner.name for owner in Member.objects.filter(is_owner=True)] == ["Stella"]


@pytest.mark.django_db
def test_inactive_owner_does_not_count_as_the_last(cast, now):
    services.make_owner(cast.stella, cast.olive, now=now)
    services.deactivate_member(cast.stella, cast.olive, now=now)
    with pytest.raises(LastOwner):
        services.drop_owner(cast.olive, cast.olive, now=now)


@pytest.mark.django_db
def test_only_an_owner_makes_owners(cast, now):
    with pytest.raises(NotAllowed):
        services.make_owner(cast.stella, cast.stella, now=now)
    with pytest.raises(NotAllowed):
        services.deactivate_member(cast.olive, cast.stella, now=now)


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_resign_at_once_leave_one(tmp_path):
    environment = own_database(tmp_path)
    prepare = """
from datetime import datetime, UTC
from parvis.orgs.models import Member
for name in ("a", "b"):
    Member.objects.create(name=name, email=name + "@example.org", is_owner=True, joined_at=datetime.now(UTC))
"""
    run_python(prepare, environment)
    resign = """
from datetime import datetime, UTC
from django.db import transaction
from parvis.core.errors import ParvisError
from parvis.orgs.models import Member
from parvis.orgs.services import drop_owner
done = "kept"
for member in Member.objects.order_by("-id" if os.getpid() % 2 else "id"):
    try:
        drop_owner(member, member, now=datetime.now(UTC))
    except ParvisError:
        pass
"""
    run_at_once(resign, environment, count=3)
    count = "from parvis.orgs.models import Member; print(Member.objects.filter(is_owner=True).count())"
    assert run_python(count, environment) == "1"


@pytest.mark.django_db
def test_deactivated_member_is_out_at_once_and_may_come_back(client, cast, now):
    client.force_login(cast.camille)
    session = client.session.session_key
    services.deactivate_member(cast.camille, cast.maud, now=now)
    assert not may(cast.camille, Action.SEE, cast.news)
    from django.contrib.auth import get_user
    from django.contrib.sessions.backends.db import SessionStore
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.session = SessionStore(session)
    assert get_user(request).is_anonymous
    services.reactivate_member(cast.camille, cast.maud, now=now)
    assert may(cast.camille, Action.SEE, cast.news)
    with pytest.raises(BadInput):
        services.deactivate_member(cast.olive, cast.olive, now=now)


@pytest.mark.django_db
def test_departments_are_created_renamed_ordered_and_closed(cast, now):
    web = services.create_department(cast.arthur, name="  Web  and radio ", now=now)
    assert web.name == "Web and radio"
    services.rename_department(web, cast.arthur, name="Web", now=now)
    services.order_departments(cast.arthur, [web.pk, cast.sport.pk], now=now)
    assert [department.name for department in departments_of(cast.olive)] == ["Web", "Sport", "News"]
    services.close_department(web, cast.arthur, now=now)
    assert [department.name for department in departments_of(cast.olive)] == ["Sport", "News"]
    services.reopen_department(web, cast.arthur, now=now)
    assert len(departments_of(cast.olive)) == 3


@pytest.mark.django_db
def test_department_needs_a_name_of_its_own(cast, now):
    with pytest.raises(Conflict):
        services.create_department(cast.olive, name="News", now=now)
    with pytest.raises(Conflict):
        services.rename_department(cast.sport, cast.olive, name="News", now=now)
    with pytest.raises(FieldMissing):
        services.create_department(cast.olive, name=" \t", now=now)
    with pytest.raises(TextTooLong):
        services.create_department(cast.olive, name="x" * 81, now=now)
    assert Department.objects.count() == 2


@pytest.mark.django_db
def test_last_open_department_stays_open(cast, now):
    services.close_department(cast.news, cast.olive, now=now)
    with pytest.raises(BadInput):
        services.close_department(cast.sport, cast.olive, now=now)


@pytest.mark.django_db
def test_only_who_changes_the_house_changes_departments(cast, now):
    for who in (cast.maud, cast.camille, cast.anna, cast.conrad, cast.sam):
        with pytest.raises(NotAllowed):
            services.create_department(who, name="X", now=now)
        with pytest.raises(NotAllowed):
            services.close_department(cast.news, who, now=now)


@pytest.mark.django_db
def test_manager_sees_the_people_of_own_departments_alone(cast):
    names = {row.member.name for row in people_managed_by(cast.maud)}
    assert names == {"Maud", "Camille", "Anna", "Conrad"}
    assert person_managed_by(cast.maud, cast.sam.pk) is None
    assert {row.member.name for row in people_managed_by(cast.stella)} == set(
        Member.objects.values_list("name", flat=True)
    )
    assert people_managed_by(cast.camille) == []


@pytest.mark.django_db
def test_list_of_people_takes_the_same_few_queries_however_many(cast, django_assert_max_num_queries):
    for _ in range(30):
        make_member(role=Role.ANALYST, department=cast.news)
    with django_assert_max_num_queries(5):
        assert len(people_managed_by(cast.maud)) == 34


@pytest.mark.django_db
def test_role_elsewhere_is_not_shown_to_a_manager(cast, now):
    services.give_role(cast.camille, cast.olive, role=Role.ANALYST, department=cast.sport, now=now)
    row = person_managed_by(cast.maud, cast.camille.pk)
    assert [membership.department for membership in row.roles] == [cast.news]
    assert not row.can_deactivate
    assert person_managed_by(cast.olive, cast.camille.pk).can_deactivate


@pytest.mark.django_db
def test_colleagues_are_those_who_may_see_the_department(cast):
    assert {one.name for one in colleagues(cast.sam, department_id=cast.sport.pk)} == {
        "Olive",
        "Stella",
        "Arthur",
        "Sam",
    }
    assert "Sam" not in {one.name for one in colleagues(cast.camille)}
    assert "Conrad" not in {one.name for one in colleagues(cast.camille, action=Action.REPLY)}


@pytest.mark.django_db
def test_own_account_changes_only_what_is_allowed(cast, now):
    change = {"name": "Sam B.", "language": "fr", "zone": "Europe/Paris", "theme": "dark", "density": "compact"}
    services.change_account(cast.sam, **change, now=now)
    kept = Member.objects.filter(pk=cast.sam.pk).values(*change).get()
    assert kept == change
    for wrong in ({"theme": "pink"}, {"zone": "Moon"}, {"language": "xx"}, {"name": ""}):
        with pytest.raises(BadInput):
            services.change_account(cast.sam, **{**change, **wrong}, now=now)


@pytest.mark.django_db
def test_preferences_of_two_pages_do_not_overwrite_each_other(cast):
    other_page = Member.objects.get(pk=cast.sam.pk)
    services.set_preference(cast.sam, "hints", ["a"])
    services.set_preference(other_page, "department", 3)
    services.set_preference(cast.sam, "next_opens", False)
    assert Member.objects.get(pk=cast.sam.pk).preferences == {"hints": ["a"], "department": 3, "next_opens": False}
    services.set_preference(cast.sam, "hints", None)
    assert "hints" not in cast.sam.preferences
