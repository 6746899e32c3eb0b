"""A session and its member are read in one query; whoever is signed out, replaced or changed is known at once."""

from datetime import timedelta

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.sessions.backends import db as django_sessions
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from parvis.orgs.asking import Backend, asked_by
from parvis.orgs.models import Member
from parvis.orgs.sessions import SessionStore

pytestmark = pytest.mark.django_db


def sign_in(member, *, store=SessionStore):
    session = store()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = "parvis.orgs.asking.Backend"
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.save()
    return session.session_key


def who(key):
    """As a request of this session finds out."""
    request = HttpRequest()
    request.session = SessionStore(key)
    user = get_user(request)
    return user if user.is_authenticated else None


def test_from_the_second_page_on_session_and_member_are_one_query(cast):
    key = sign_in(cast.camille)
    assert who(key) == cast.camille
    with CaptureQueriesContext(connection) as caught:
        member = who(key)
        asked_by(member)
    assert member == cast.camille
    assert len(caught) == 1


def test_what_comes_with_the_session_is_the_whole_member(cast):
    key = sign_in(cast.camille)
    Member.objects.filter(pk=cast.camille.pk).update(preferences={"a": [1, "é"]}, seen_at=timezone.now())
    who(key)
    read, kept = who(key), Member.objects.get(pk=cast.camille.pk)
    for field in Member._meta.concrete_fields:
        assert getattr(read, field.attname) == getattr(kept, field.attname), field.attname
    read.name = "Changed"
    read.save()
    assert Member.objects.get(pk=cast.camille.pk).name == "Changed"


def test_session_that_ran_out_is_over_at_the_next_page(cast):
    key = sign_in(cast.camille)
    assert who(key) and who(key)
    Session.objects.filter(pk=key).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert who(key) is None


def test_session_that_somebody_ended_elsewhere_is_over_at_the_next_page(cast):
    key = sign_in(cast.camille)
    assert who(key) and who(key)
    Session.objects.filter(pk=key).delete()
    assert who(key) is None


def test_new_password_and_deactivation_end_it_at_the_next_page(cast):
    first, second = sign_in(cast.camille), sign_in(cast.sam)
    assert who(first) and who(second)
    cast.camille.set_password("another correct horse")
    cast.camille.save()
    assert who(first) is None
    Member.objects.filter(pk=cast.sam.pk).update(is_active=False)
    assert who(second) is None


def test_session_that_is_now_somebody_elses_gives_them(cast):
    key = sign_in(cast.camille)
    assert who(key) == who(key) == cast.camille
    session = SessionStore(key)
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(cast.sam.pk), cast.sam.get_session_auth_hash()
    session.save()
    assert who(key) == who(key) == cast.sam


def test_member_who_is_gone_is_nobody(cast):
    member = Member.objects.create_user("gone@example.org", name="Gone", joined_at=timezone.now())
    key = sign_in(member)
    assert who(key) == who(key) == member
    member.delete()
    assert who(key) is None


def test_who_was_read_with_a_session_is_given_once_and_to_nobody_else(cast):
    key = sign_in(cast.camille)
    who(key)
    session = SessionStore(key)
    session.load()
    assert Backend().get_user(cast.sam.pk) == cast.sam
    session.load()
    Member.objects.filter(pk=cast.camille.pk).update(name="Renamed")
    assert [Backend().get_user(cast.camille.pk).name for _ in range(2)] == [cast.camille.name, "Renamed"]


def test_who_was_read_for_one_request_is_not_given_to_the_next(cast):
    key = sign_in(cast.camille)
    who(key)
    SessionStore(key).load()  # and never asked for
    Member.objects.filter(pk=cast.camille.pk).update(name="Renamed")
    assert Backend().get_user(cast.camille.pk).name == "Renamed"


def test_sessions_are_those_of_django_and_what_one_page_changes_no_other_sees(cast):
    key = sign_in(cast.camille, store=django_sessions.SessionStore)
    assert who(key) == who(key) == cast.camille
    first, second = SessionStore(key), SessionStore(key)
    first["list"] = ["a"]
    first.save()
    second["list"].append("not kept")
    assert SessionStore(key)["list"] == ["a"]
    assert django_sessions.SessionStore(key)["list"] == ["a"]


def test_session_that_was_tampered_with_holds_nothing(cast):
    key = sign_in(cast.camille)
    who(key)
    sealed = Session.objects.get(pk=key).session_data
    Session.objects.filter(pk=key).update(session_data=f"{sealed[:-2]}xx")
    assert who(key) is None
