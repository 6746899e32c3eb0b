"""Who asks: member, roles, house and departments in one query, and right at once after a change."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parvis.jobs.live import tell
from parvis.orgs.access import may
from parvis.orgs.asking import Backend, asked_by
from parvis.orgs.models import Department, House, Membership
from parvis.orgs.queries import departments_of
from parvis.orgs.rights import Action, Role

pytestmark = pytest.mark.django_db


def ask(member):
    return asked_by(Backend().get_user(member.pk))


def test_everything_around_a_member_is_one_query(cast):
    with CaptureQueriesContext(connection) as caught:
        asked = ask(cast.camille)
        assert may(asked.member, Action.SEE, asked.departments[0])
    assert len(caught) == 1


@pytest.mark.parametrize("who", ["olive", "stella", "camille", "sam", "conrad"])
def test_it_is_what_the_single_questions_answer(cast, who, now):
    member = getattr(cast, who)
    tell("note", now=now)
    asked = ask(member)
    assert asked.departments == departments_of(member)
    assert [one.name for one in asked.departments] == [one.name for one in departments_of(member)]
    assert [one.created_at for one in asked.departments] == [one.created_at for one in departments_of(member)]
    assert all(
        may(asked.member, action, one) == may(member, action, one) for action in Action for one in asked.departments
    )
    assert asked.last_event_id > 0


def test_house_comes_whole(cast):
    House.objects.update(
        name="Télé « Été »", zone="Europe/Zurich", language="fr", is_demo=True, options={"a": [1, "é"]}
    )
    house = ask(cast.camille).house
    kept = House.objects.get()
    assert (house.name, house.zone, house.is_demo, house.options, house.created_at) == (
        kept.name, kept.zone, True, {"a": [1, "é"]}, kept.created_at,
    )  # fmt: skip


def test_no_house_is_none(cast):
    House.objects.all().delete()
    assert ask(cast.olive).house is None


def test_taken_role_and_closed_department_are_gone_at_the_next_question(cast):
    [first, *_] = ask(cast.camille).departments
    Membership.objects.filter(member=cast.camille).delete()
    asked = ask(cast.camille)
    assert asked.departments == []
    assert not may(asked.member, Action.SEE, first)
    Membership.objects.create(
        member=cast.camille, department=first, role=Role.ANALYST, created_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert ask(cast.camille).departments == [first]
    Department.objects.filter(pk=first.pk).update(closed_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert ask(cast.camille).departments == []


def test_who_is_no_longer_active_is_nobody(cast):
    cast.camille.is_active = False
    cast.camille.save()
    assert Backend().get_user(cast.camille.pk) is None
    assert Backend().get_user(999_999) is None
