"""Links let in whom they are for, once, while they last."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ValidationError

from parvis.core.errors import AlreadyMember, BadInput, EmailNotVouched, LinkSpent, NotAllowed, NotInvited
from parvis.orgs import audit, links
from parvis.orgs.house import open_house, the_house
from parvis.orgs.models import AuditEntry, Link, Member
from parvis.orgs.providers import member_from_provider
from parvis.orgs.queries import invitations_managed_by
from parvis.orgs.rights import Role
from parvis.orgs.services import close_department, deactivate_member
from parvis.testing.clock import later
from parvis.testing.processes import own_database, run_at_once, run_python

PASSWORD = "tulipes en novembre"


def invite(cast, now, *, by=None, email="noemi@example.org", role=Role.COMMUNITY_MANAGER, department=None):
    return links.invite(by or cast.maud, email=email, role=role, department=department or cast.news, now=now)


def accept(token, now, **fields):
    fields = {"name": "Noémi", "password": PASSWORD, "language": "fr", **fields}
    return links.accept_invitation(token, **fields, now=now)


@pytest.mark.django_db
def test_invited_person_joins_with_the_role_that_was_offered(cast, now):
    _, token = invite(cast, now)
    noemi = accept(token, later(days=6))
    assert noemi.check_password(PASSWORD)
    held = noemi.memberships.get()
    assert (held.department, held.role) == (cast.news, Role.COMMUNITY_MANAGER)
    assert AuditEntry.objects.get(action="invitation.accept").facts["invited_by"] == cast.maud.pk
    assert not list(audit.verify())


@pytest.mark.django_db
def test_token_itself_is_kept_nowhere(cast, now):
    link, token = invite(cast, now)
    row = Link.objects.filter(pk=link.pk).values().get()
    assert token not in str(row) and token not in str(list(AuditEntry.objects.values()))
    assert len(row["token_hash"]) == 64


@pytest.mark.django_db
def test_invitation_works_once(cast, now):
    _, token = invite(cast, now)
    accept(token, now)
    with pytest.raises(LinkSpent):
        accept(token, now)
    assert Member.objects.filter(email="noemi@example.org").count() == 1


@pytest.mark.django_db
def test_invitation_ends_after_seven_days(cast, now):
    _, token = invite(cast, now)
    with pytest.raises(LinkSpent):
        accept(token, later(days=7))


@pytest.mark.django_db
def test_withdrawn_invitation_lets_nobody_in(cast, now):
    link, token = invite(cast, now)
    assert list(invitations_managed_by(cast.maud)) == [link]
    links.withdraw_invitation(link, cast.maud, now=now)
    with pytest.raises(LinkSpent):
        accept(token, now)
    with pytest.raises(LinkSpent):
        links.withdraw_invitation(link, cast.maud, now=now)
    assert not invitations_managed_by(cast.maud).exists()


@pytest.mark.django_db
def test_second_invitation_to_the_same_place_replaces_the_first(cast, now):
    _, first = invite(cast, now)
    _, second = invite(cast, now, role=Role.ANALYST)
    with pytest.raises(LinkSpent):
        accept(first, now)
    assert accept(second, now).memberships.get().role == Role.ANALYST


@pytest.mark.django_db
def test_invitations_to_a_closed_department_are_withdrawn(cast, now):
    _, token = invite(cast, now)
    close_department(cast.news, cast.olive, now=now)
    with pytest.raises(LinkSpent):
        accept(token, now)
    with pytest.raises(BadInput):
        invite(cast, now, by=cast.olive)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["arthur", "camille", "anna", "conrad", "sam"])
def test_only_who_manages_people_invites(cast, now, who):
    with pytest.raises(NotAllowed):
        invite(cast, now, by=getattr(cast, who), role=Role.CONTRIBUTOR)


@pytest.mark.django_db
def test_manager_invites_neither_elsewhere_nor_above(cast, now):
    for role, department in ((Role.CONTRIBUTOR, cast.sport), (Role.STRATEGIST, cast.news), (Role.ARCHITECT, cast.news)):
        with pytest.raises(NotAllowed):
            invite(cast, now, role=role, department=department)
    with pytest.raises(NotAllowed):
        links.invite(cast.maud, email="a@example.org", role=Role.CONTRIBUTOR, department=None, now=now)
    link, _ = invite(cast, now, by=cast.stella, department=cast.sport)
    with pytest.raises(NotAllowed):
        links.withdraw_invitation(link, cast.maud, now=now)
    assert not invitations_managed_by(cast.maud).exists()


@pytest.mark.django_db
def test_member_is_not_invited_again(cast, now):
    with pytest.raises(AlreadyMember):
        invite(cast, now, email="SAM@example.org ")


@pytest.mark.django_db
def test_weak_password_uses_up_nothing(cast, now):
    _, token = invite(cast, now)
    for weak in ("short", "password123", "noemi@example.org"):
        with pytest.raises(ValidationError):
            accept(token, now, password=weak)
    assert accept(token, now).email == "noemi@example.org"


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_at_once_become_one_member(cast, now, tmp_path):
    environment = own_database(tmp_path)
    prepare = """
from datetime import datetime, UTC
from parvis.orgs.models import House, Department, Member
from parvis.orgs import links
now = datetime.now(UTC)
olive = Member.objects.create(name="Olive", email="olive2@example.org", is_owner=True, joined_at=now)
department = Department.objects.create(name="Radio", created_at=now)
print(links.invite(olive, email="noemi@example.org", role="analyst", department=department, now=now)[1])
"""
    token = run_python(prepare, environment)
    join = f"""
from datetime import datetime, UTC
from parvis.orgs import links
from parvis.core.errors import ParvisError
try:
    print(links.accept_invitation("{token}", name="N", password=None, language="en", now=datetime.now(UTC)).email)
except ParvisError as error:
    print(error.code)
"""
    printed = run_at_once(join, environment, count=3)
    assert sorted(printed) == ["link_spent", "link_spent", "noemi@example.org"]


# The first sign-in, and lost passwords.


def token_of(address: str) -> str:
    return urlsplit(address).path.removeprefix("/enter/")


def open_with(token, now, **fields):
    fields = {"zone": "Europe/Zurich", "language": "fr", "owner_name": "Olive", "password": PASSWORD, **fields}
    return open_house("Radio Parvis", owner_email="olive@example.org", token=token, now=now, **fields)


@pytest.mark.django_db
def test_first_link_opens_the_house_and_then_no_more(now):
    address = links.sign_in_link(address="http://127.0.0.1:8000/", now=now)
    assert address.startswith("http://127.0.0.1:8000/enter/")
    owner = open_with(token_of(address), later(days=30))
    assert owner.is_owner and the_house().name == "Radio Parvis" and the_house().language == "fr"
    with pytest.raises(LinkSpent):
        links.link_of(token_of(address), now=now)
    assert links.sign_in_link(address="http://x", now=now) is None
    assert not list(audit.verify())


@pytest.mark.django_db
def test_each_start_prints_a_link_and_only_the_newest_works(now):
    first, second = (token_of(links.sign_in_link(address="http://x", now=now)) for _ in range(2))
    with pytest.raises(LinkSpent):
        open_with(first, now)
    assert the_house() is None
    open_with(second, now)


@pytest.mark.django_db
def test_refused_form_leaves_no_half_a_house(now):
    token = token_of(links.sign_in_link(address="http://x", now=now))
    for wrong in ({"password": "short"}, {"zone": "Mars/Olympus"}, {"language": "tlh"}, {"owner_name": " "}):
        with pytest.raises((BadInput, ValidationError)):
            open_with(token, now, **wrong)
    assert the_house() is None and not Member.objects.exists()
    open_with(token, now)


@pytest.mark.django_db
def test_lost_password_link_signs_in_that_member_once_within_a_day(cast, now):
    token = token_of(links.sign_in_link(address="http://x", now=now, member=cast.sam))
    with pytest.raises(LinkSpent):
        links.link_of(token, now=later(hours=24))
    cast.sam.set_password(PASSWORD)
    cast.sam.save()
    assert links.use_sign_in_link(token, now=now) == cast.sam
    cast.sam.refresh_from_db()
    assert not cast.sam.has_usable_password()
    with pytest.raises(LinkSpent):
        links.use_sign_in_link(token, now=now)
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["sign_in_link.make", "sign_in_link.use"]


@pytest.mark.django_db
def test_link_of_a_deactivated_member_is_dead(cast, now):
    token = token_of(links.sign_in_link(address="http://x", now=now, member=cast.camille))
    deactivate_member(cast.camille, cast.maud, now=now)
    with pytest.raises(LinkSpent):
        links.use_sign_in_link(token, now=now)
    with pytest.raises(NotAllowed):
        links.sign_in_link(address="http://x", now=now, member=cast.camille)


# Providers.


@pytest.mark.django_db
def test_provider_lets_in_members_and_invited_people_alone(cast, now):
    invite(cast, now)
    assert member_from_provider("Sam@Example.org", is_vouched=True, name="S", now=now) == cast.sam
    noemi = member_from_provider("noemi@example.org", is_vouched=True, name=" Noémi  B ", now=now)
    assert (noemi.name, noemi.memberships.get().department) == ("Noémi B", cast.news)
    assert not noemi.has_usable_password()
    with pytest.raises(NotInvited):
        member_from_provider("stranger@example.org", is_vouched=True, name="X", now=now)


@pytest.mark.django_db
def test_provider_that_does_not_vouch_for_an_address_lets_nobody_in(cast, now):
    with pytest.raises(EmailNotVouched):
        member_from_provider("olive@example.org", is_vouched=False, name="O", now=now)


@pytest.mark.django_db
def test_option_admits_people_whom_nobody_invited(cast, now):
    admitted = member_from_provider("new@example.org", is_vouched=True, name="", now=now, admits=Role.CONTRIBUTOR)
    assert (admitted.name, admitted.memberships.get().role) == ("new", Role.CONTRIBUTOR)


def test_option_knows_the_same_roles_as_the_table():
    from parvis.conf.options import _ROLES

    assert list(_ROLES) == Role.values


def test_lives_are_as_promised():
    assert timedelta(days=7) == links.INVITATION_LIFE and timedelta(hours=24) == links.SIGN_IN_LIFE
