"""A newcomer looks around in a demonstration house, and leaves it without a trace."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from parvis.channels.models import Item
from parvis.inbox.models import Conversation
from parvis.orgs.audit import verify
from parvis.orgs.house import the_house
from parvis.orgs.links import sign_in_link
from parvis.orgs.models import AuditEntry, Member
from parvis.web.clock import now as clock_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def entrance(db):
    return sign_in_link(address="", now=clock_now())


def test_demonstration_is_entered_from_the_first_page(client, entrance):
    assert "look_around" in client.get(entrance).content.decode()
    assert client.post(entrance, {"look_around": "yes"}).url == "/"
    page = client.get("/inbox/").content.decode()
    assert "banner-demo" in page
    assert Conversation.objects.count() > 100


@pytest.mark.parametrize(("language", "word"), [("en", "Inbox"), ("fr", "Réception")])
def test_demonstration_speaks_the_language_of_who_looks_around(client, entrance, language, word):
    client.post(entrance, {"look_around": "yes"}, headers={"Accept-Language": language})
    assert word in client.get("/").content.decode()


def test_leaving_removes_every_row_and_opens_the_first_page_again(client, entrance):
    client.post(entrance, {"look_around": "yes"})
    client.get("/inbox/")
    following = client.post("/demonstration/leave/")
    assert re.fullmatch(r"/enter/\S+", following.url)
    assert the_house() is None
    assert not Member.objects.exists() and not Item.objects.exists() and not AuditEntry.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM channels_itemsearch")
        assert cursor.fetchone() == (0,)
    assert not Session.objects.exists()
    assert list(verify()) == []
    assert client.get(following.url).status_code == 200


def test_real_house_cannot_be_left(client, cast):
    client.force_login(cast.olive)
    assert client.post("/demonstration/leave/").status_code == 403
    assert the_house() is not None


def test_only_the_owner_leaves_the_demonstration(client, entrance):
    client.post(entrance, {"look_around": "yes"})
    client.force_login(Member.objects.filter(is_owner=False)[0])
    assert client.post("/demonstration/leave/").status_code == 403
    assert the_house() is not None
