"""The audit trail on the screen."""

import re
from datetime import timedelta
from html import unescape

import pytest

from parvis.channels.opening import change_channel
from parvis.inbox.notes import write_note
from parvis.inbox.services import assign, set_priority
from parvis.jobs.work import run_jobs
from parvis.orgs import audit
from parvis.orgs.audit_guard import lowered_guard
from parvis.orgs.house import change_house
from parvis.orgs.links import sign_in_link
from parvis.orgs.models import AuditEntry
from parvis.orgs.services import give_role, order_departments, rename_department
from parvis.testing.clock import MONDAY, later
from parvis.testing.factories import make_channel, make_conversation, make_item


@pytest.fixture
def trail(cast):
    for number in range(1, 121):
        audit.record(
            cast.camille if number % 2 else cast.sam,
            "item.refuse" if number % 3 else "item.approve",
            subject="item",
            subject_key=number,
            now=MONDAY + timedelta(hours=number),
            department_id=(cast.news if number % 2 else cast.sport).pk,
            facts={"reason": f"reason {number}"},
        )


def shown(page: str) -> list[int]:
    return [number for number in range(120, 0, -1) if f"reason {number}<" in page]


def joined(pages: list[list[int]]) -> list[int]:
    return [number for page in pages for number in page]


def pages(client, query=""):
    path, found = f"/audit/?{query}", []
    while path:
        page = client.get(path).content.decode()
        found.append(shown(page))
        path = None
        if "Older entries" in page:
            query = page.split('href="?')[1].split('"')[0].replace("&amp;", "&")
            path = f"/audit/?{query}"
    return found


def test_pages_hold_every_entry_once_newest_first(client, cast, trail):
    client.force_login(cast.stella)
    found = pages(client)
    assert [len(page) for page in found] == [50, 50, 20]
    assert joined(found) == list(range(120, 0, -1))


def test_filters_hold_across_pages(client, cast, trail):
    client.force_login(cast.olive)
    assert joined(pages(client, f"person={cast.sam.pk}")) == list(range(120, 0, -2))
    assert joined(pages(client, "action=item.approve")) == list(range(120, 0, -3))
    assert shown(client.get("/audit/?subject=item&key=7").content.decode()) == [7]
    assert shown(client.get("/audit/?since=2026-11-21").content.decode())[-1] == 110, "the day of the house’s zone"
    assert shown(client.get("/audit/?until=2026-11-16").content.decode())[0] == 13
    page = client.get("/audit/?key=nothing").content.decode()
    assert "Nothing matches" in page


def test_manager_reads_the_trail_of_own_departments_alone(client, cast, trail):
    client.force_login(cast.maud)
    assert joined(pages(client)) == list(range(119, 0, -2))
    page = client.get("/audit/").content.decode()
    assert ">Sam<" not in page


@pytest.mark.parametrize("who", ["camille", "anna", "conrad"])
def test_who_may_not_read_it_is_told_so(client, cast, who):
    client.force_login(getattr(cast, who))
    assert client.get("/audit/").status_code == 403
    assert client.post("/audit/check").status_code == 403


def test_check_says_that_the_chain_is_whole(client, cast, trail):
    client.force_login(cast.olive)
    assert "not checked here yet" in client.get("/audit/").content.decode()
    client.post("/audit/check")
    client.post("/audit/check")
    assert "<progress" in client.get("/audit/").content.decode()
    assert run_jobs("w", later(hours=1)) == 1
    assert "The chain is whole: 120 entries" in client.get("/audit/").content.decode()


def test_check_names_what_was_changed(client, cast, trail):
    from django.db import connection

    with lowered_guard(connection):
        AuditEntry.objects.filter(id=41).update(member_id=cast.sam.pk)
    client.force_login(cast.olive)
    client.post("/audit/check")
    run_jobs("w", later(hours=1))
    page = client.get("/audit/").content.decode()
    assert "The trail was changed: 1 fault" in page and "Entry 41" in page


def test_empty_trail_says_what_will_be_here(client, cast):
    client.force_login(cast.olive)
    assert "Nothing here yet" in client.get("/audit/").content.decode()


def test_number_that_is_none_shows_the_first_page(client, cast, trail):
    client.force_login(cast.olive)
    assert shown(client.get("/audit/?before=x&person=zz&since=never").content.decode())[0] == 120


def lines(client):
    page = client.get("/audit/").content.decode()
    rows = re.findall(r'<div class="row-facts">(.*?)</div>', page.split('class="lines"')[1], re.DOTALL)
    return [re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", row))) for row in reversed(rows)]


@pytest.fixture
def deeds(cast, now):
    """What the services write, one of each that holds a number of something."""
    channel = make_channel(cast.news, name="Our site")
    conversation = make_conversation(make_item(channel, "Hello"))
    assign(conversation, cast.olive, to=cast.camille, now=now)
    set_priority(conversation, cast.camille, 2, now=now)
    write_note(conversation, cast.camille, "@Maud look here", now=now)
    order_departments(cast.olive, [cast.sport.pk, cast.news.pk], now=now)
    rename_department(cast.sport, cast.olive, name="Sports", now=now)
    give_role(cast.anna, cast.olive, role="manager", department=cast.sport, now=now)
    sign_in_link(address="http://desk", now=now, member=cast.maud, by=cast.olive)
    change_channel(channel, cast.olive, department=cast.sport, now=now)
    change_house(cast.olive, name="New name", zone="Europe/Zurich", language="fr", now=now)
    audit.record(
        None,
        "channel.needs_person",
        subject="channel",
        subject_key=channel.pk,
        now=now,
        facts={"code": "right_missing"},
    )


def test_people_departments_and_channels_are_called_by_their_names(client, cast, deeds):
    cast.olive.language = "en"
    cast.olive.save()
    client.force_login(cast.olive)
    told = lines(client)
    for number, words in enumerate(
        (
            ("conversation", "to Camille"),
            ("priority from normal to urgent",),
            ("for the eyes of Maud",),
            ("house", "now Sports , News"),
            ("department Sports", "from Sport to Sports"),
            ("member Anna", "as Manager"),
            ("for Maud",),
            ("channel Our site", "department from News to Sports"),
            ("house", "name from", "to New name", "language from English to French"),
            ("channel Our site", "because the account lacks a right"),
        )
    ):
        for said in words:
            assert said in told[number], (said, told[number])
        assert not re.search(r"\b(member|assignee|department|priority|named|to|code|effect): ", told[number])


def test_facts_are_told_in_french_too(client, cast, deeds):
    cast.olive.language = "fr"
    cast.olive.save()
    client.force_login(cast.olive)
    told = " ".join(lines(client))
    for said in ("à Camille", "de normale à urgente", "à l’attention de Maud", "pour Maud", "il manque un droit"):
        assert said in told, said


def test_fact_that_nobody_foresaw_and_names_that_are_gone_do_no_harm(client, cast):
    facts = {"odd_thing": {"a": [1, None]}, "before": None, "member": 99_999, "name": "<b>x</b>"}
    audit.record(cast.olive, "something.new", subject="member", subject_key=99_998, now=MONDAY, facts=facts)
    client.force_login(cast.olive)
    page = client.get("/audit/").content.decode()
    assert "member 99999" in page and "odd thing" in page and "<b>x</b>" not in page


def test_names_cost_no_query_an_entry(client, cast, trail, deeds, django_assert_max_num_queries):
    client.force_login(cast.olive)
    client.get("/audit/")
    with django_assert_max_num_queries(15):
        client.get("/audit/")
