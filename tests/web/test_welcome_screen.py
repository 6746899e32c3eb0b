"""The first page, invitations and sign-in links, as somebody meets them."""

from urllib.parse import urlsplit

import pytest

from parvis.orgs.house import the_house
from parvis.orgs.links import invite, sign_in_link
from parvis.orgs.models import Member
from parvis.orgs.rights import Role
from parvis.web import clock

PASSWORD = "tulipes en novembre"
GIVEN = {
    "house": "Radio Parvis",
    "zone": "Europe/Paris",
    "language": "fr",
    "name": "Olive",
    "email": "Olive@Example.org",
    "password": PASSWORD,
}


def first_path() -> str:
    return urlsplit(sign_in_link(address="http://testserver", now=clock.now())).path


def invitation_path(cast, **fields) -> str:
    fields = {"email": "noemi@example.org", "role": Role.ANALYST, "department": cast.news, **fields}
    return f"/enter/{invite(cast.maud, **fields, now=clock.now())[1]}"


@pytest.mark.django_db
def test_first_link_opens_the_house_and_signs_the_owner_in(client):
    path = first_path()
    assert client.get(path).status_code == 200
    answer = client.post(path, GIVEN)
    assert answer.status_code == 302
    assert the_house().name == "Radio Parvis"
    owner = Member.objects.get()
    assert (owner.email, owner.is_owner, owner.language) == ("olive@example.org", True, "fr")
    assert client.session["_auth_user_id"] == str(owner.pk)
    assert client.get(path).status_code == 410


@pytest.mark.django_db
def test_refused_form_keeps_what_was_typed_and_shows_no_password(client):
    path = first_path()
    answer = client.post(path, {**GIVEN, "password": "kurz", "email": "no address"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Radio Parvis"' in page and 'value="no address"' in page and "kurz" not in page
    assert page.count("field-error") == 2
    assert the_house() is None


@pytest.mark.django_db
def test_page_speaks_the_language_of_the_browser(client):
    path = first_path()
    assert 'lang="fr"' in client.get(path, headers={"accept-language": "fr-CH"}).content.decode()
    assert 'lang="en"' in client.get(path, headers={"accept-language": "de"}).content.decode()


@pytest.mark.django_db
def test_visitor_of_a_house_that_is_not_open_is_told_how_it_opens(client):
    answer = client.get("/", follow=True)
    assert answer.status_code == 200
    assert "printed" in answer.content.decode()
    assert "parvis member link" in client.get("/welcome/").content.decode()


@pytest.mark.django_db
def test_welcome_leads_home_once_the_house_is_open(client, cast):
    assert client.get("/welcome/").url == "/"


@pytest.mark.django_db
def test_invited_person_joins_and_is_signed_in(client, cast):
    path = invitation_path(cast)
    page = client.get(path).content.decode()
    assert "Maud" in page and "noemi@example.org" in page and "News" in page
    assert client.get(path).status_code == 200, "looking at it does not use it up"
    answer = client.post(path, {"name": "Noémi", "language": "fr", "password": PASSWORD})
    assert answer.url == "/"
    noemi = Member.objects.get(email="noemi@example.org")
    assert client.session["_auth_user_id"] == str(noemi.pk)
    assert client.get(path).status_code == 410


@pytest.mark.django_db
def test_invitation_refuses_a_weak_password_beside_its_field(client, cast):
    answer = client.post(invitation_path(cast), {"name": "Noémi", "language": "fr", "password": "password1234"})
    assert answer.status_code == 422 and "field-error" in answer.content.decode()
    assert not Member.objects.filter(email="noemi@example.org").exists()


@pytest.mark.django_db
def test_lost_password_link_asks_before_it_signs_in(client, cast):
    path = urlsplit(sign_in_link(address="http://x", now=clock.now(), member=cast.sam)).path
    assert "Sam" in client.get(path).content.decode()
    assert "_auth_user_id" not in client.session
    answer = client.post(path)
    assert answer.url == "/accounts/password/set/"
    assert client.session["_auth_user_id"] == str(cast.sam.pk)
    assert client.get(answer.url).status_code == 200
    answer = client.post(answer.url, {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 302
    assert Member.objects.get(pk=cast.sam.pk).check_password(PASSWORD)


@pytest.mark.django_db
def test_made_up_token_meets_a_page_that_says_what_to_do(client, cast):
    answer = client.get("/enter/made-up")
    assert answer.status_code == 410 and "no longer works" in answer.content.decode()
