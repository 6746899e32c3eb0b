"""Today: what waits for me, figures that link to what they count, offers while the house is new."""

import pytest

from parvis.channels.models import ChannelState
from parvis.testing.clock import MONDAY, later
from parvis.testing.factories import make_channel, make_conversation, make_item


@pytest.fixture
def _monday(monkeypatch):
    monkeypatch.setattr("parvis.web.clock.now", lambda: later(MONDAY, hours=1))


def open_as(client, member) -> str:
    client.force_login(member, backend="parvis.orgs.asking.Backend")
    return client.get("/").content.decode()


@pytest.mark.usefixtures("_monday")
def test_it_shows_what_is_assigned_to_me_and_nothing_of_others(client, cast):
    channel = make_channel(cast.news)
    make_conversation(make_item(channel, "For Camille"), assignee=cast.camille)
    make_conversation(make_item(channel, "For Maud"), assignee=cast.maud)
    open_as(client, cast.camille)
    html = client.get("/?part=mine").content.decode()
    assert "For Camille" in html
    assert "For Maud" not in html


@pytest.mark.usefixtures("_monday")
def test_each_figure_leads_to_as_many_conversations_as_it_says(client, cast):
    channel = make_channel(cast.news)
    for days in (0, 1, 3, 5):
        make_conversation(make_item(channel, at=later(days=-days)))
    open_as(client, cast.camille)
    for figure in client.get("/").context["figures"]:
        assert str(len(client.get(figure.url).context["list"].lines)) == figure.count


@pytest.mark.usefixtures("_monday")
def test_a_channel_in_trouble_is_named_with_its_reason(client, cast):
    error = {"code": "unreachable", "en": "The site is away.", "fr": "Le site est absent."}
    make_channel(cast.news, name="Broken site", state=ChannelState.NEEDS_PERSON, error=error)
    make_channel(cast.sport, name="Foreign site", state=ChannelState.NEEDS_PERSON, error=error)
    html = open_as(client, cast.camille)
    assert "Broken site" in html
    assert "The site is away." in html
    assert "Foreign site" not in html


@pytest.mark.usefixtures("_monday")
def test_a_new_house_offers_the_next_steps_to_those_who_can_take_them(client, cast):
    assert "Invite a colleague" in open_as(client, cast.olive)
    of_camille = open_as(client, cast.camille)
    assert "Invite a colleague" not in of_camille
    assert "Publish: write a post once" in of_camille
    assert "Publish: write a post once" not in open_as(client, cast.anna)
    cast.house.created_at = later(days=-30)
    cast.house.save()
    assert "Invite a colleague" not in open_as(client, cast.olive)
