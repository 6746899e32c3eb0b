"""People and departments on the screen: what a manager sees and may change."""

import re

import pytest

from parvis.orgs.links import invite
from parvis.orgs.models import Department, Link, Member
from parvis.orgs.rights import Role
from parvis.orgs.services import deactivate_member
from parvis.testing.factories import make_member
from parvis.web import clock


@pytest.fixture
def maud(client, cast):
    client.force_login(cast.maud)
    return client


@pytest.fixture
def olive(client, cast):
    client.force_login(cast.olive)
    return client


def test_manager_sees_own_people_and_not_those_of_others(maud):
    page = maud.get("/people/").content.decode()
    assert "Camille" in page and "Community manager" in page
    assert "sam@example.org" not in page and "Departments" not in page


def test_who_manages_nobody_is_told_so(client, cast):
    client.force_login(cast.camille)
    for path in ("/people/", "/people/invite/", f"/people/{cast.anna.pk}/", "/departments/"):
        assert client.get(path).status_code == 403
    assert client.post(f"/people/{cast.anna.pk}/active", {"active": "0"}).status_code == 403


def test_person_of_another_department_is_not_there(maud, cast):
    assert maud.get(f"/people/{cast.sam.pk}/").status_code == 404
    assert maud.post(f"/people/{cast.sam.pk}/active", {"active": "0"}).status_code == 404
    assert Member.objects.get(pk=cast.sam.pk).is_active


def test_invitation_link_is_shown_once_and_works(maud, client, cast):
    form = maud.get("/people/invite/").content.decode()
    assert "Strategist" not in form and "Sport" not in form and "whole house" not in form
    answer = maud.post("/people/invite/", {"email": "noemi@example.org", "place": str(cast.news.pk), "role": "analyst"})
    address = re.search(r'value="(http://testserver/enter/[^"]+)"', answer.content.decode()).group(1)
    assert address not in maud.get("/people/").content.decode()
    assert "noemi@example.org" in maud.get("/people/").content.decode()
    client.logout()
    assert client.get(address).status_code == 200


def test_invitation_refused_keeps_what_was_typed(maud, cast):
    given = {"email": "camille@example.org", "place": str(cast.news.pk), "role": "analyst"}
    answer = maud.post("/people/invite/", given)
    page = answer.content.decode()
    assert answer.status_code == 422 and "already belongs" in page and 'value="camille@example.org"' in page
    for wrong in ({"place": str(cast.sport.pk)}, {"place": "house"}, {"role": "strategist"}):
        assert maud.post("/people/invite/", {**given, "email": "n@example.org", **wrong}).status_code == 422
    assert not Link.objects.exists()


def test_invitation_is_withdrawn(maud, cast):
    link, _ = invite(cast.maud, email="n@example.org", role=Role.ANALYST, department=cast.news, now=clock.now())
    assert maud.post(f"/people/invitations/{link.pk}/withdraw").status_code == 302
    assert "n@example.org" not in re.sub(r'role="status">.*?<', "", maud.get("/people/").content.decode())
    assert maud.post(f"/people/invitations/{link.pk}/withdraw").status_code == 404


def test_role_is_changed_and_taken_away(maud, cast):
    path, place = f"/people/{cast.camille.pk}/role", str(cast.news.pk)
    assert maud.post(path, {"place": place, "role": "analyst"}).url == f"/people/{cast.camille.pk}/"
    assert cast.camille.memberships.get().role == "analyst"
    assert maud.post(path, {"place": place, "role": ""}).url == "/people/"
    assert not cast.camille.memberships.exists()


def test_role_above_ones_own_cannot_be_posted(maud, cast):
    answer = maud.post(f"/people/{cast.camille.pk}/role", {"place": str(cast.news.pk), "role": "strategist"})
    assert answer.status_code == 422
    assert cast.camille.memberships.get().role == Role.COMMUNITY_MANAGER


def test_deactivated_member_loses_the_open_page_at_once(maud, cast):
    from django.test import Client

    camilles = Client()
    camilles.force_login(cast.camille)
    assert camilles.get("/account/").status_code == 200
    maud.post(f"/people/{cast.camille.pk}/active", {"active": "0"})
    assert camilles.get("/account/").status_code == 302
    assert "deactivated" in maud.get(f"/people/{cast.camille.pk}/").content.decode()
    maud.post(f"/people/{cast.camille.pk}/active", {"active": "1"})
    assert Member.objects.get(pk=cast.camille.pk).is_active


def test_last_owner_is_told_why_not(olive, cast):
    answer = olive.post(f"/people/{cast.olive.pk}/owner", {"owner": "0"})
    assert answer.status_code == 422 and "last owner" in answer.content.decode()
    olive.post(f"/people/{cast.stella.pk}/owner", {"owner": "1"})
    assert olive.post(f"/people/{cast.olive.pk}/owner", {"owner": "0"}).status_code == 302


def test_search_of_people_finds_and_says_when_it_does_not(maud):
    assert "Camille" in maud.get("/people/?q=cami").content.decode()
    page = maud.get("/people/?q=zzz").content.decode()
    assert "Nobody of that name" in page and "Camille" not in page


def test_names_are_shown_as_text(olive, cast):
    evil = make_member("<img src=x onerror=alert(1)>", role=Role.ANALYST, department=cast.news, email="e@example.org")
    for path in ("/people/", f"/people/{evil.pk}/"):
        assert "<img src=x" not in olive.get(path).content.decode()


def test_departments_are_kept_in_order_and_closed(olive, cast):
    assert olive.post("/departments/", {"name": "Web"}).status_code == 302
    web = Department.objects.get(name="Web")
    olive.post(f"/departments/{web.pk}/move", {"to": "up"})
    olive.post(f"/departments/{web.pk}/rename", {"name": "Web and app"})
    olive.post(f"/departments/{web.pk}/open", {"open": "0"})
    names = list(Department.objects.values_list("name", flat=True))
    assert names.index("Web and app") == 1
    assert Department.objects.get(pk=web.pk).closed_at is not None
    assert olive.post(f"/departments/{web.pk}/open", {"open": "1"}).status_code == 302


def test_name_that_is_taken_is_told_beside_the_field(olive, cast):
    answer = olive.post("/departments/", {"name": "News"})
    assert answer.status_code == 422 and "already" in answer.content.decode()
    answer = olive.post(f"/departments/{cast.sport.pk}/rename", {"name": "News"})
    page = answer.content.decode()
    assert answer.status_code == 422 and 'aria-invalid="true"' in page and page.count("field-error") == 1


@pytest.mark.parametrize("path", ["/people/", "/people/invite/", "/departments/", "/account/", "/audit/"])
def test_screen_takes_at_most_15_queries(olive, cast, path, django_assert_max_num_queries):
    for _ in range(20):
        make_member(role=Role.ANALYST, department=cast.news)
    deactivate_member(cast.anna, cast.olive, now=clock.now())
    with django_assert_max_num_queries(15):
        assert olive.get(path).status_code == 200
