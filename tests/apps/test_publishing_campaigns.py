"""Campaigns and pillars: what links carry on the way out, and who speaks of what how often."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.apps.publishing import planned, written

from parvis.channels.registry import added
from parvis.core.errors import BadInput, FieldMissing, NotAllowed
from parvis.core.post import Content
from parvis.orgs.models import AuditEntry
from parvis.publishing.approving import is_approved
from parvis.publishing.campaigns import campaigns_of, close_campaign, place_post, save_campaign
from parvis.publishing.content import preflight
from parvis.publishing.models import PostLabel, PostState, Publication, Verdict
from parvis.publishing.pillars import balances, close_pillar, pillars_of, save_pillar
from parvis.publishing.queries import request_of
from parvis.publishing.rules import set_rule
from parvis.publishing.services import ask_approval, unplan, vote
from parvis.publishing.utm import content_with_utm, text_with_utm, with_utm
from parvis.testing.clock import later
from parvis.testing.factories import make_channel
from parvis.testing.simulated import simulated

UTM = {"source": "toot", "medium": "social", "campaign": "open day"}
TAIL = "utm_source=toot&utm_medium=social&utm_campaign=open%20day"


@pytest.fixture(autouse=True)
def platform():
    with added(simulated()):
        yield


@pytest.fixture
def channel(cast):
    return make_channel(cast.news, connector="simulated", can=["upload", "publish"])


LINKS = [
    ("https://a.example/b", f"https://a.example/b?{TAIL}"),
    ("https://a.example/?q=é&x=1", f"https://a.example/?q=é&x=1&{TAIL}"),
    ("https://a.example/b#part", f"https://a.example/b?{TAIL}#part"),
    ("https://a.example/b?x=%2F+y#p?q", f"https://a.example/b?x=%2F+y&{TAIL}#p?q"),
    (
        "https://a.example/?utm_source=mail&UTM_Medium=x",
        "https://a.example/?utm_source=mail&UTM_Medium=x&utm_campaign=open%20day",
    ),
    ("http://a.example", f"http://a.example?{TAIL}"),
    ("mailto:a@a.example", "mailto:a@a.example"),
    ("ftp://a.example/x", "ftp://a.example/x"),
    ("https://[bad", "https://[bad"),
    ("https://", "https://"),
]


@pytest.mark.parametrize(("before", "after"), LINKS)
def test_links_carry_the_campaign_and_keep_what_they_say(before, after):
    assert with_utm(before, UTM) == after
    assert with_utm(after, UTM) == after
    assert with_utm(before, {}) == before


TEXTS = [
    ("See https://a.example/b.", f"See https://a.example/b?{TAIL}."),
    ("(https://a.example/b)", f"(https://a.example/b?{TAIL})"),
    ("https://a.example/b_(c) and more", f"https://a.example/b_(c)?{TAIL} and more"),
    ("«\u202fhttps://a.example/b\u202f»", f"«\u202fhttps://a.example/b?{TAIL}\u202f»"),
    ("no link here, a@b.example", "no link here, a@b.example"),
    ("HTTPS://A.example/b!", f"HTTPS://A.example/b?{TAIL}!"),
]


@pytest.mark.parametrize(("before", "after"), TEXTS)
def test_in_a_text_only_the_links_change(before, after):
    assert text_with_utm(before, UTM).lower() == after.lower()


@given(st.text(max_size=200))
def test_any_text_stays_readable_and_is_tagged_once(text):
    once = text_with_utm(text, UTM)
    assert text_with_utm(once, UTM) == once
    if "http" not in text.lower():
        assert once == text


def test_text_thread_comment_and_link_carry_it():
    link = "https://a.example/"
    content = Content(text=link, thread=(link,), comment=link, link=link)
    tagged = content_with_utm(content, UTM)
    assert {tagged.text, tagged.thread[0], tagged.comment, tagged.link} == {f"{link}?{TAIL}"}


@pytest.mark.django_db
def test_links_are_tagged_when_a_post_is_planned_each_channel_with_its_own_source(cast, channel, now):
    other = make_channel(cast.news, connector="simulated", can=["publish"])
    campaign = save_campaign(
        cast.news, cast.camille, name="Open day", now=now, utm={"medium": "social", "campaign": "open"},
        sources={other.pk: "newsletter"},
    )  # fmt: skip
    post = written(cast.camille, cast.news, [channel, other], now=now, text="Come: https://a.example/b#top")
    place_post(post, cast.camille, campaign=campaign, now=now)
    planned(post, cast.camille, at=later(days=2), now=now)
    said = dict(Publication.objects.values_list("channel_id", "content__text"))
    assert said[channel.pk] == "Come: https://a.example/b?utm_source=simulated&utm_medium=social&utm_campaign=open#top"
    assert "utm_source=newsletter" in said[other.pk]
    post.refresh_from_db()
    assert post.content["text"] == "Come: https://a.example/b#top"


@pytest.mark.django_db
def test_a_campaign_without_utm_changes_no_link(cast, channel, now):
    campaign = save_campaign(cast.news, cast.camille, name="Quiet", now=now, utm={"medium": " "})
    post = written(cast.camille, cast.news, [channel], now=now, text="https://a.example/b")
    place_post(post, cast.camille, campaign=campaign, now=now)
    planned(post, cast.camille, at=later(days=2), now=now)
    assert Publication.objects.get().content["text"] == "https://a.example/b"


@pytest.mark.django_db
def test_what_links_carry_is_counted_before_it_leaves(cast, channel, now):
    from dataclasses import replace

    from parvis.core.measuring import TextLimit, TextRules, Unit

    limit = TextLimit(
        unit=Unit.GRAPHEMES, most=40, source="https://example.org/", checked_on=now.date(), fact="graphemes"
    )
    rules = TextRules(limits=(limit,))
    with added(replace(simulated(), slug="short", text_rules=rules)):
        short = make_channel(cast.news, connector="short", can=["publish"])
        post = written(cast.camille, cast.news, [short], now=now, text="Come: https://a.example/b")
        assert not any(fault.code == "too_long" for fault in preflight(post, now=now)[short.pk])
        campaign = save_campaign(cast.news, cast.camille, name="Open day", now=now, utm={"medium": "social"})
        place_post(post, cast.camille, campaign=campaign, now=now)
        assert any(fault.code == "too_long" for fault in preflight(post, now=now)[short.pk])


@pytest.mark.django_db
def test_a_planned_post_keeps_its_campaign_until_it_is_taken_back(cast, channel, now):
    campaign = save_campaign(cast.news, cast.camille, name="Open day", now=now)
    post = written(cast.camille, cast.news, [channel], now=now)
    planned(post, cast.camille, at=later(days=2), now=now)
    with pytest.raises(BadInput, match="links"):
        place_post(post, cast.camille, campaign=campaign, now=now)
    unplan(post, cast.camille, now=now)
    assert place_post(post, cast.camille, campaign=campaign, now=now).campaign == campaign


@pytest.mark.django_db
def test_campaign_and_pillar_of_another_department_are_refused(cast, channel, now):
    campaign = save_campaign(cast.sport, cast.sam, name="Goals", now=now)
    pillar = save_pillar(cast.sport, cast.sam, name="Goals", now=now)
    post = written(cast.camille, cast.news, [channel], now=now)
    for wish in ({"campaign": campaign}, {"pillar": pillar}):
        with pytest.raises(BadInput):
            place_post(post, cast.camille, now=now, **wish)
    with pytest.raises(NotAllowed):
        save_campaign(cast.sport, cast.camille, name="Taken over", now=now)
    assert list(campaigns_of(cast.camille)) == []


@pytest.mark.django_db
def test_campaigns_have_one_name_and_sensible_days(cast, now):
    campaign = save_campaign(cast.news, cast.camille, name=" Open  day ", now=now, hashtags=["#open, #day", "open"])
    assert (campaign.name, campaign.hashtags) == ("Open day", ["open", "day"])
    with pytest.raises(BadInput, match="name"):
        save_campaign(cast.news, cast.camille, name="Open day", now=now)
    with pytest.raises(BadInput, match="before"):
        save_campaign(cast.news, cast.camille, name="B", now=now, starts_on=date(2026, 2, 1), ends_on=date(2026, 1, 1))
    with pytest.raises(FieldMissing):
        save_campaign(cast.news, cast.camille, name=" \0", now=now)
    close_campaign(campaign, cast.camille, now=now)
    save_campaign(cast.news, cast.camille, name="Open day", now=now)


@pytest.mark.django_db
def test_labels_are_kept_once_each(cast, channel, now):
    post = written(cast.camille, cast.news, [channel], now=now)
    place_post(post, cast.camille, labels=["behind the  scenes", "music", "music", " "], now=now)
    place_post(post, cast.camille, labels=["music", "choir"], now=now)
    assert set(PostLabel.objects.values_list("name", flat=True)) == {"music", "choir"}


@pytest.mark.django_db
def test_balance_tells_wanted_and_real_shares_with_counts(cast, channel, now):
    music = save_pillar(cast.news, cast.camille, name="Music", wanted_percent=60, now=now)
    town = save_pillar(cast.news, cast.camille, name="Town", wanted_percent=40, now=now)
    idle = save_pillar(cast.news, cast.camille, name="Idle", now=now)
    at = later(days=2)
    for number, pillar in enumerate([music, music, town, None]):
        post = written(cast.camille, cast.news, [channel], now=now, text=f"Post {number} {'word ' * number}")
        place_post(post, cast.camille, pillar=pillar, now=now)
        planned(post, cast.camille, at=at + timedelta(hours=number), now=now)
    written(cast.camille, cast.news, [channel], now=now, text="A draft counts nowhere")
    shares = balances([cast.news], now, at + timedelta(days=1))[cast.news.pk]
    assert [(one.pillar, one.count, one.percent, one.wanted_percent) for one in shares] == [
        (idle, 0, 0.0, None), (music, 2, 50.0, 60), (town, 1, 25.0, 40), (None, 1, 25.0, None),
    ]  # fmt: skip
    nothing = balances([cast.news], at + timedelta(days=9), at + timedelta(days=10))[cast.news.pk]
    assert [one.percent for one in nothing] == [None, None, None]


@pytest.mark.django_db
def test_pillars_want_no_more_than_all_there_is(cast, now):
    first = save_pillar(cast.news, cast.camille, name="Music", wanted_percent=60, now=now)
    with pytest.raises(BadInput, match="40"):
        save_pillar(cast.news, cast.camille, name="Town", wanted_percent=41, now=now)
    save_pillar(cast.news, cast.camille, name="Music", wanted_percent=100, pillar=first, now=now)
    close_pillar(first, cast.camille, now=now)
    assert pillars_of(cast.news.pk) == []
    save_pillar(cast.news, cast.camille, name="Music", wanted_percent=100, now=now)


def approved(cast, post, now):
    set_rule(cast.news, cast.maud, "one", now=now)
    ask_approval(post, cast.camille, now=now)
    vote(request_of(post), cast.maud, Verdict.APPROVE, now=now)
    post.refresh_from_db()
    assert post.state == PostState.READY
    return post


def test_campaign_chosen_after_approval_changes_links_and_so_asks_for_approval_again(cast, channel, now):
    campaign = save_campaign(cast.news, cast.maud, name="Open day", utm=UTM, now=now)
    linked = written(cast.camille, cast.news, [channel], now=now, text="See https://a.example/b")
    bare = written(cast.camille, cast.news, [channel], now=now, text="No link at all")
    for post in (approved(cast, linked, now), approved(cast, bare, now)):
        place_post(post, cast.camille, campaign=campaign, now=now)
    assert (linked.state, linked.version, is_approved(linked)) == (PostState.DRAFT, 2, False)
    assert (bare.state, bare.version, is_approved(bare)) == (PostState.READY, 1, True)
    with pytest.raises(BadInput, match="approval"):
        planned(linked, cast.camille, at=later(now, hours=1), now=now)
    kept = linked.versions.get(number=2)
    assert (kept.member, kept.content, kept.note) == (cast.camille, linked.content, "utm: Open day")
    approved(cast, linked, now)
    place_post(linked, cast.camille, pillar=save_pillar(cast.news, cast.maud, name="Voices", now=now), now=now)
    place_post(linked, cast.camille, labels=["spring"], now=now)
    assert is_approved(linked), "where else it belongs changes nothing of what leaves"
    planned(linked, cast.camille, at=later(now, hours=1), now=now)
    assert Publication.objects.get(post=linked).content["text"] == f"See https://a.example/b?{TAIL}"


def test_campaign_chosen_while_approval_is_asked_takes_the_request_back(cast, channel, now):
    set_rule(cast.news, cast.maud, "one", now=now)
    campaign = save_campaign(cast.news, cast.maud, name="Open day", utm=UTM, now=now)
    post = written(cast.camille, cast.news, [channel], now=now, link="https://a.example/b")
    asked = ask_approval(post, cast.camille, now=now)
    place_post(post, cast.camille, campaign=campaign, now=now)
    asked.refresh_from_db()
    assert (post.state, asked.state) == (PostState.DRAFT, "withdrawn")
    assert list(AuditEntry.objects.filter(action="approval.withdraw").values_list("facts__request", flat=True)) == [
        asked.pk
    ]


def test_campaign_whose_links_become_others_asks_approval_again_for_what_is_not_frozen(cast, channel, now):
    campaign = save_campaign(cast.news, cast.maud, name="Open day", utm=UTM, hashtags=["openday"], now=now)
    posts = []
    for number in range(3):
        post = written(
            cast.camille, cast.news, [channel], now=now, text=f"Number {number * 7919}: https://a.example/{number}"
        )
        place_post(post, cast.camille, campaign=campaign, now=now)
        posts.append(approved(cast, post, now))
    ready, ahead, other = posts
    place_post(other, cast.camille, campaign=None, now=now)
    approved(cast, other, now)
    planned(ahead, cast.camille, at=later(now, hours=1), now=now)
    same = {"name": "Open day", "campaign": campaign, "hashtags": ["other"], "now": now}
    save_campaign(cast.news, cast.maud, utm=UTM, **same)
    for post in posts:
        post.refresh_from_db()
        assert is_approved(post), "its hashtags are in no link"
    save_campaign(cast.news, cast.maud, utm={**UTM, "medium": "paid"}, **same)
    for post in posts:
        post.refresh_from_db()
    assert [(post.state, is_approved(post)) for post in (ready, ahead, other)] == [
        (PostState.DRAFT, False), (PostState.PLANNED, False), (PostState.READY, True),
    ]  # fmt: skip
    assert Publication.objects.get(post=ahead).content["text"].endswith(TAIL), "it leaves as it was planned"
    with pytest.raises(BadInput, match="approval"):
        planned(ahead, cast.camille, at=later(now, hours=2), now=now)
    assert AuditEntry.objects.filter(action="campaign.save").latest("pk").facts["voided"] == 2


def test_post_that_waits_to_leave_keeps_its_campaign(cast, channel, now):
    campaign = save_campaign(cast.news, cast.maud, name="Open day", utm=UTM, now=now)
    post = written(cast.camille, cast.news, [channel], now=now, text="See https://a.example/b")
    planned(post, cast.camille, at=later(now, hours=1), now=now)
    with pytest.raises(BadInput, match="take it back to writing"):
        place_post(post, cast.camille, campaign=campaign, now=now)


@pytest.mark.parametrize(
    ("fields", "is_missing"),
    [
        ({"text": "Come"}, True),
        ({"text": "Come #opendays"}, True),
        ({"text": "a#openday"}, True),
        ({"text": "Come #OpenDay!"}, False),
        ({"text": "Come #été"}, False),
        ({"text": "Come", "thread": ("And then", "#openday")}, False),
        ({"text": "Come", "comment": "#openday"}, False),
        ({"text": "Come", "options": {"tags": ["OpenDay"]}}, False),
    ],
)
def test_post_without_any_hashtag_of_its_campaign_is_pointed_out_and_leaves_all_the_same(
    fields, is_missing, cast, channel, now
):
    campaign = save_campaign(cast.news, cast.maud, name="Open day", hashtags=["openday", "été"], now=now)
    post = written(cast.camille, cast.news, [channel], now=now, **fields)
    assert "hashtags_missing" not in {one.code for one in preflight(post, now=now)[channel.pk]}
    place_post(post, cast.camille, campaign=campaign, now=now)
    found = [(one.code, one.is_hint) for one in preflight(post, now=now)[channel.pk]]
    assert (("hashtags_missing", True) in found) is is_missing
    assert all(is_hint for _code, is_hint in found)
