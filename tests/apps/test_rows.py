"""Many rows at once: lists of values, whole objects."""

import uuid
from datetime import UTC, datetime

import pytest
from django.db import connection

from parvis.channels.models import Item
from parvis.jobs.rows import insert_all
from parvis.orgs.models import AuditEntry, Department, Member, Membership
from parvis.testing.factories import make_item

pytestmark = pytest.mark.django_db


def test_list_of_values_finds_what_single_values_find(cast):
    items = [make_item(text=str(number)) for number in range(5)]
    ids = [items[3].pk, items[1].pk, items[3].pk, 999_999]
    assert {item.pk for item in Item.objects.filter(pk__in=ids)} == {items[3].pk, items[1].pk}
    assert Item.objects.exclude(pk__in=ids).count() == Item.objects.count() - 2
    assert list(Item.objects.filter(pk__in=[])) == []
    assert Item.objects.exclude(pk__in=[]).count() == Item.objects.count()
    assert {item.text for item in Item.objects.filter(text__in=["0", "4"])} == {"0", "4"}
    assert Item.objects.filter(received_at__in=[items[0].received_at]).exists()


def test_list_of_people_finds_theirs(cast):
    people = [cast.camille, cast.sam]
    found = Membership.objects.filter(member__in=people)
    assert {one.member_id for one in found} == {cast.camille.pk, cast.sam.pk}
    assert {one.pk for one in Membership.objects.filter(member_id__in=[one.pk for one in people])} == {
        one.pk for one in found
    }
    assert {one.pk for one in Membership.objects.filter(member__in=Member.objects.filter(pk__in=[cast.sam.pk]))} < {
        one.pk for one in found
    }
    assert (
        Membership.objects.filter(department__in=[None, *Department.objects.all()]).count()
        == Membership.objects.exclude(department=None).count()
    )


def test_postgresql_gets_a_list_as_one_parameter(cast):
    sql, params = Item.objects.filter(pk__in=[3, 1, 2]).query.sql_with_params()
    wanted = 1 if connection.vendor == "postgresql" else 3
    assert (sql.count("%s"), len(params)) == (wanted, wanted)


def test_whole_objects_come_back_as_they_were(cast):
    at = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    key = 1  # the trail counts its entries itself
    entry = AuditEntry(
        id=key, at=at, member=cast.camille, action="a", subject="item", subject_key="7", batch=uuid.uuid4(),
        facts={"é": [1, None, {"x": "\u2028\\"}]}, hash="h", previous_hash="",
    )  # fmt: skip
    insert_all([entry])
    kept = AuditEntry.objects.get(pk=key)
    names = [field.attname for field in AuditEntry._meta.concrete_fields]
    assert [getattr(kept, name) for name in names] == [getattr(entry, name) for name in names]
    assert not entry._state.adding
