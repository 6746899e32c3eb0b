"""Posts on the screen: written, counted, kept, put together, approved, planned, stopped, looked at in a calendar."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from parvis.channels.models import Channel, Effect, EffectState
from parvis.core.post import Content
from parvis.orgs.models import House, Member
from parvis.publishing.models import Post, PostState, Publication, PublicationState
from parvis.publishing.rules import set_rule
from parvis.publishing.services import (
    ask_approval,
    create_post,
    plan,
    publish_now,
    save_draft,
    unseen_post_mentions,
    write_comment,
)
from parvis.testing.clock import MONDAY
from parvis.testing.factories import make_channel

pytestmark = pytest.mark.django_db
NOW = MONDAY
ARABIC = "هذا تعليق طويل باللغة العربية"
GERMAN = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung"


@pytest.fixture(autouse=True)
def _monday(monkeypatch):
    monkeypatch.setattr("parvis.web.clock.now", lambda: NOW)


@pytest.fixture
def channel(cast):
    return make_channel(cast.news, connector="mastodon", name="Our toots", can=["publish", "upload", "edit"])


@pytest.fixture
def sky(cast):
    return make_channel(cast.news, connector="bluesky", name="Our sky", can=["publish", "upload"])


@pytest.fixture
def post(cast, channel):
    return create_post(
        cast.camille, cast.news, now=NOW, title="Valleys", content=Content(text="Hello"), channels=[channel]
    )


@pytest.fixture
def camille(client, cast):
    client.force_login(cast.camille)
    return client


def _page(client, post):
    return client.get(reverse("post", args=[post.pk])).content.decode()


def _form(post, channel, **fields):
    form = {"base_version": post.version, "working_title": post.title, "text": "Hello", "channels": [channel.pk]}
    return {**form, f"v-{channel.pk}": "1", f"v-{channel.pk}-option-visibility": "public", **fields}


def _keep(client, post, form):
    return client.post(reverse("post-save", args=[post.pk]), form, headers={"X-Requested-With": "fetch"})


def _do(client, post, verb, **fields):
    answer = client.post(reverse("post-do", args=[post.pk]), {"verb": verb, **fields}, follow=True)
    post.refresh_from_db()
    return answer.content.decode()


def test_a_post_is_begun_and_opens_in_its_composer(camille, cast):
    answer = camille.post(reverse("post-new"), {"department": cast.news.pk, "working_title": "New one"})
    post = Post.objects.get()
    assert answer.headers["Location"] == reverse("post", args=[post.pk])
    assert (post.title, post.department, post.state) == ("New one", cast.news, PostState.DRAFT)
    assert 'id="composer"' in _page(camille, post)


def test_a_post_is_begun_in_no_department_where_one_may_not_write(client, cast):
    client.force_login(cast.sam)
    answer = client.post(reverse("post-new"), {"department": cast.news.pk, "working_title": "Taken over"})
    assert answer.status_code == 403
    assert not Post.objects.exists()


def test_what_is_typed_is_kept_and_told_with_its_time(camille, post, channel):
    told = _keep(camille, post, _form(post, channel, text="Hello\r\nvalleys", thread=["", "And more", ""])).json()
    post.refresh_from_db()
    assert post.content["text"] == "Hello\nvalleys"
    assert post.content["thread"] == ["And more"]
    assert (told["version"], told["is_merged"], len(told["at"])) == (post.version, False, 5)


def test_what_the_form_has_no_field_for_stays(camille, cast, post, channel):
    medium = {"path": "a.jpg", "name": "a.jpg", "mime": "image/jpeg", "size_bytes": 9, "alt": "A valley"}
    Post.objects.filter(pk=post.pk).update(content={**post.content, "media": [medium]})
    _keep(camille, post, _form(post, channel, text="Other"))
    post.refresh_from_db()
    assert post.content["media"][0]["alt"] == "A valley"


def test_what_differs_on_a_channel_is_kept_and_the_same_again_is_not(camille, post, channel):
    key = channel.pk
    differs = {f"v-{key}-text": "Toot!", f"v-{key}-alone": "1", f"v-{key}-option-visibility": "unlisted"}
    _keep(camille, post, _form(post, channel, **differs))
    variant = post.variants.get()
    assert variant.changes == {"text": "Toot!", "thread": [], "options": {"visibility": "unlisted"}}
    assert "Different on Our toots" in _page(camille, post)
    post.refresh_from_db()
    _keep(camille, post, _form(post, channel))
    assert post.variants.get().changes == {}


def test_a_channel_that_is_unticked_is_off_and_one_that_is_not_seen_stays_on(camille, cast, post, channel):
    far = make_channel(cast.sport, connector="mastodon", name="Secret sport", can=["publish"])
    save_draft(
        post, cast.olive, base_version=post.version, content=Content(text="Hello"), now=NOW,
        variants={channel.pk: {"changes": {}}, far.pk: {"changes": {}}},
    )  # fmt: skip
    html = _page(camille, post)
    assert "Secret sport" not in html
    assert "It is also for 1 channel that you do not see." in html
    _keep(camille, post, _form(post, channel, channels=[]))
    assert {one.channel_id: one.is_on for one in post.variants.all()} == {channel.pk: False, far.pk: True}


def test_what_two_people_write_is_put_together_and_said(camille, cast, post, channel):
    form = _form(post, channel, text="Hello", warning="Loud")
    save_draft(
        post, cast.maud, base_version=post.version, content=Content(text="Hello again"),
        variants={channel.pk: {"changes": {}}}, now=NOW,
    )  # fmt: skip
    told = _keep(camille, post, form).json()
    assert told["is_merged"]
    assert told["fields"]["text"] == "Hello again"
    post.refresh_from_db()
    assert (post.content["text"], post.content["warning"]) == ("Hello again", "Loud")


@pytest.mark.parametrize("is_script", [True, False])
def test_where_both_changed_the_same_both_texts_are_shown_and_nothing_is_lost(camille, cast, post, channel, is_script):
    form = _form(post, channel, text="Camille’s words", warning="Loud")
    save_draft(
        post, cast.maud, base_version=post.version, content=Content(text="Maud’s words", comment="First"),
        variants={channel.pk: {"changes": {}}}, now=NOW,
    )  # fmt: skip
    address = reverse("post-save", args=[post.pk])
    answer = camille.post(address, form, headers={"X-Requested-With": "fetch"} if is_script else {})
    assert answer.status_code == 409
    post.refresh_from_db()
    assert post.content["text"] == "Maud’s words"
    if not is_script:
        html = answer.content.decode()
        assert "Camille’s words" in html
        assert "Maud’s words" in html
        return
    told = answer.json()
    assert told["version"] == post.version
    assert told["conflicts"] == [{"name": "text", "label": "Text", "theirs": "Maud’s words", "mine": "Camille’s words"}]
    assert (told["fields"]["warning"], told["fields"]["comment"]) == ("Loud", "First")
    mine = {**form, "base_version": told["version"], "comment": "First"}
    assert _keep(camille, post, mine).status_code == 200
    post.refresh_from_db()
    assert post.content["text"] == "Camille’s words"
    assert "kept aside" in camille.get(reverse("post-versions", args=[post.pk])).content.decode()


def test_the_count_is_the_platforms_own_and_the_part_too_long_is_marked(camille, post, channel, sky):
    form = _form(post, channel, text="a" * 499 + "👩‍👩‍👧‍👦bc", channels=[channel.pk, sky.pk]) | {f"v-{sky.pk}": "1"}
    html = camille.post(reverse("post-cards", args=[post.pk]), form).content.decode()
    assert "502 of 500 signs" in html
    assert '<mark class="over">bc</mark>' in html
    assert "502 of 300 signs" in html
    assert post.content["text"] == "Hello"


def test_what_is_typed_is_never_code(camille, post, channel):
    bad = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    form = _form(
        post, channel, text=bad, working_title=bad, warning=bad, comment=bad, thread=[bad], link="javascript:x"
    )
    assert "<script>alert" not in camille.post(reverse("post-cards", args=[post.pk]), form).content.decode()
    _keep(camille, post, form)
    for path in (reverse("post", args=[post.pk]), reverse("publish"), reverse("post-versions", args=[post.pk])):
        html = camille.get(path).content.decode()
        assert "<script>alert" not in html
        assert 'href="javascript' not in html


def test_a_long_text_is_split_for_the_strictest_channel(camille, post, channel, sky):
    text = " ".join(["These are six words of one."] * 40)
    form = _form(post, channel, text=text, channels=[channel.pk, sky.pk], split="1") | {f"v-{sky.pk}": "1"}
    camille.post(reverse("post-save", args=[post.pk]), form)
    post.refresh_from_db()
    parts = [post.content["text"], *post.content["thread"]]
    assert len(parts) > 3
    assert all(len(part) <= 300 for part in parts)
    assert " ".join(parts) == text


def test_a_thread_of_what_fits_stays_whole(camille, post, channel):
    camille.post(reverse("post-save", args=[post.pk]), _form(post, channel, text="Short.", split="1"))
    post.refresh_from_db()
    assert (post.content["text"], post.content["thread"]) == ("Short.", [])


def test_it_is_planned_at_a_wall_time_and_says_when(camille, post):
    html = _do(camille, post, "plan", day="2026-12-24", time="18:00", zone="Europe/Zurich", expected=post.version)
    assert post.state == PostState.PLANNED
    assert post.due_at.isoformat() == "2026-12-24T17:00:00+00:00"
    assert "24 December 2026" in html
    assert Publication.objects.get().state == PublicationState.PLANNED


def test_a_time_that_the_clock_jumps_over_is_refused_with_the_nearest(camille, post):
    html = _do(camille, post, "plan", day="2027-03-28", time="02:30", zone="Europe/Zurich")
    assert post.state == PostState.DRAFT
    assert "2027-03-28 01:59" in html
    assert "2027-03-28 03:00" in html


def test_a_time_that_comes_twice_is_the_first_and_says_so(camille, post):
    assert "twice on that day" in _do(camille, post, "plan", day="2027-10-31", time="02:30", zone="Europe/Zurich")
    assert post.due_at.isoformat() == "2027-10-31T00:30:00+00:00"


@pytest.mark.parametrize("given", [{"day": "", "time": ""}, {"day": "2026-12-24", "time": "25:00"}, {"day": "x"}])
def test_without_a_time_nothing_is_planned(camille, post, given):
    assert "missing" in _do(camille, post, "plan", zone="Europe/Zurich", **given).lower()
    assert post.state == PostState.DRAFT


def test_what_was_changed_meanwhile_is_not_published_unread(camille, cast, post, channel):
    seen = post.version
    save_draft(
        post, cast.maud, base_version=seen, content=Content(text="Something else"),
        variants={channel.pk: {"changes": {}}}, now=NOW,
    )  # fmt: skip
    assert "read it once more" in _do(camille, post, "publish", expected=seen)
    assert not Publication.objects.exists()


def test_it_is_approved_by_somebody_else_and_only_then_leaves(client, cast, post):
    set_rule(cast.news, cast.maud, "four_eyes", now=NOW)
    client.force_login(cast.camille)
    assert "Publish now" not in _page(client, post)
    assert "approval is still missing" in _do(client, post, "publish")
    _do(client, post, "ask", note="Please", expected=post.version)
    assert post.state == PostState.REVIEW
    assert 'value="approve"' not in _page(client, post)
    client.force_login(cast.maud)
    html = client.get(reverse("publish"), {"tab": "approve"}).content.decode()
    assert "Camille asks for approval" in html
    assert 'value="approve"' in _page(client, post)
    _do(client, post, "approve", expected=post.version)
    assert post.state == PostState.READY
    _do(client, post, "publish", expected=post.version)
    assert post.state == PostState.LEAVING


def test_who_sends_it_back_says_why(client, cast, post):
    set_rule(cast.news, cast.maud, "one", now=NOW)
    ask_approval(post, cast.camille, now=NOW)
    client.force_login(cast.maud)
    _do(client, post, "refuse", note="")
    assert post.state == PostState.REVIEW
    _do(client, post, "refuse", note="Too loud")
    assert post.state == PostState.DRAFT
    client.force_login(cast.camille)
    assert "Too loud" in _page(client, post)


def test_it_is_stopped_goes_on_goes_back_and_is_cancelled(camille, cast, post):
    plan(post, cast.camille, due_local=(NOW + timedelta(days=1)).replace(tzinfo=None), zone="UTC", now=NOW)
    _do(camille, post, "hold")
    assert post.state == PostState.HELD
    _do(camille, post, "resume")
    assert post.state == PostState.PLANNED
    _do(camille, post, "unplan")
    assert post.state == PostState.READY
    _do(camille, post, "cancel")
    assert post.state == PostState.CANCELLED
    assert 'id="composer"' not in _page(camille, post)


def test_each_channel_says_how_far_it_is(camille, cast, post, channel):
    content = Content(text="One", thread=("Two", "Three"))
    save_draft(
        post, cast.camille, base_version=post.version, content=content, variants={channel.pk: {"changes": {}}}, now=NOW
    )
    publish_now(post, cast.camille, now=NOW)
    assert "part 1 of 3" in _page(camille, post)
    Effect.objects.filter(name="post").update(state=EffectState.DONE)
    assert "part 2 of 3" in _page(camille, post)


@pytest.mark.parametrize("is_in_doubt", [True, False])
def test_what_needs_a_person_says_why_and_what_can_be_done(camille, cast, post, is_in_doubt):
    publish_now(post, cast.camille, now=NOW)
    error = {"code": "refused", "en": "It said no.", "fr": "Non."}
    Effect.objects.update(state=EffectState.NEEDS_PERSON, error=error, is_in_doubt=is_in_doubt, try_count=1)
    Publication.objects.update(state=PublicationState.NEEDS_PERSON, error=error)
    Post.objects.update(state=PostState.STUCK)
    html = _page(camille, post)
    assert "It said no." in html
    publication = Publication.objects.get()
    address = reverse("publication-do", args=[publication.pk])
    if is_in_doubt:
        assert 'value="happened"' in html
        camille.post(address, {"verb": "happened"})
        publication.refresh_from_db()
        assert publication.state == PublicationState.DONE
    else:
        assert 'value="give_up"' in html
        camille.post(address, {"verb": "retry"})
        publication.refresh_from_db()
        assert publication.state == PublicationState.RELEASED


def test_what_arrived_has_its_link_unless_it_is_none(camille, cast, post):
    publish_now(post, cast.camille, now=NOW)
    for url, is_shown in (("https://toots.example/1", True), ("javascript:alert(1)", False)):
        Publication.objects.update(state=PublicationState.DONE, url=url, done_at=NOW)
        assert (f'href="{url}"' in _page(camille, post)) == is_shown


def test_versions_show_which_words_came_and_went(camille, cast, post, channel):
    save_draft(
        post, cast.maud, base_version=post.version, content=Content(text="Hello valleys"), title="Peaks",
        variants={channel.pk: {"changes": {}}}, now=NOW,
    )  # fmt: skip
    html = camille.get(reverse("post-versions", args=[post.pk])).content.decode()
    assert "<ins> valleys</ins>" in html
    assert "<del>Valleys</del><ins>Peaks</ins>" in html


def test_colleagues_talk_about_a_post_and_settle_it(camille, cast, post):
    camille.post(reverse("post-comment", args=[post.pk]), {"text": f"@Maud look <b>here</b> {ARABIC}"})
    comment = post.comments.get()
    assert comment.mentions.get().member == cast.maud
    assert "look &lt;b&gt;here&lt;/b&gt;" in _page(camille, post)
    camille.post(reverse("post-comment-settle", args=[comment.pk]), {"resolved": "1"})
    comment.refresh_from_db()
    assert comment.resolved_by == cast.camille


def test_lists_have_each_post_once_with_its_channels_and_why(camille, cast, post, channel):
    assert "Our toots" in camille.get(reverse("publish")).content.decode()
    plan(post, cast.camille, due_local=(NOW + timedelta(days=1)).replace(tzinfo=None), zone="UTC", now=NOW)
    drafts, planned = (camille.get(reverse("publish"), {"tab": tab}).content.decode() for tab in ("drafts", "planned"))
    assert "No drafts" in drafts
    assert "leaves on" in planned
    assert planned.count(reverse("post", args=[post.pk])) == 1


def test_long_lists_go_on_where_they_ended(camille, cast):
    for number in range(65):
        create_post(cast.camille, cast.news, now=NOW + timedelta(seconds=number // 10), title=f"Post {number}")
    seen, address = [], reverse("publish")
    while address:
        html = camille.get(address).content.decode()
        seen += [part.split("/")[0] for part in html.split('post-link" href="/publish/')[1:]]
        address = html.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&") if "Load more" in html else ""
    assert len(seen) == len(set(seen)) == 65


@pytest.mark.parametrize("written", ["", "x", "2026-99", "0001-01", "9999-12", "2026-11-01"])
def test_a_month_that_is_none_is_this_one(camille, written):
    html = camille.get(reverse("publish-calendar"), {"month": written}).content.decode()
    assert "November 2026" in html


def test_calendar_has_what_leaves_on_its_day_in_the_readers_zone(camille, cast, post):
    cast.camille.zone = "Asia/Tokyo"
    cast.camille.save()
    plan(post, cast.camille, due_local=NOW.replace(day=27, hour=20, minute=0, tzinfo=None), zone="UTC", now=NOW)
    html = camille.get(reverse("publish-calendar"), {"month": "2026-11"}).content.decode()
    day = html.split('day-long">Saturday 28 November')[1].split("</td>")[0]
    assert "05:00" in day
    assert "Valleys" in day
    assert "Valleys" not in camille.get(reverse("publish-calendar"), {"month": "2027-02"}).content.decode()


def test_another_department_meets_no_trace_of_a_post(client, cast, post):
    plan(post, cast.camille, due_local=(NOW + timedelta(days=1)).replace(tzinfo=None), zone="UTC", now=NOW)
    client.force_login(cast.sam)
    assert client.get(reverse("post", args=[post.pk])).status_code == 404
    for path in (reverse("publish"), reverse("publish") + "?tab=planned", reverse("publish-calendar")):
        assert "Valleys" not in client.get(path).content.decode()


def test_who_only_reads_is_offered_nothing_to_change(client, cast, post):
    client.force_login(cast.anna)
    html = _page(client, post)
    assert 'id="composer"' not in html
    assert 'name="verb"' not in html
    assert _keep(client, post, {"text": "x", "base_version": post.version}).status_code == 403


def test_texts_of_any_script_and_long_words_stand_as_they_are(camille, post, channel):
    _keep(camille, post, _form(post, channel, text=ARABIC, working_title=GERMAN, language="ar"))
    html = _page(camille, post)
    assert ARABIC in html
    assert GERMAN in html
    assert 'lang="ar"' in html


def test_a_channel_whose_platform_takes_no_posts_is_not_offered(camille, cast, post):
    make_channel(cast.news, name="Just a site")
    make_channel(cast.news, connector="mastodon", name="Reads only", can=["reply"])
    html = _page(camille, post)
    assert "Our toots" in html
    assert "Just a site" not in html
    assert "Reads only" not in html


def test_a_channel_whose_connector_is_gone_breaks_no_page(camille, cast, post, channel):
    type(channel).objects.filter(pk=channel.pk).update(connector="gone")
    for name in ("post", "post-versions", "post-check"):
        assert camille.get(reverse(name, args=[post.pk])).status_code == 200
    assert camille.get(reverse("publish")).status_code == 200


def test_people_on_the_same_post_see_each_other_and_nobody_of_elsewhere(client, cast, post):
    address = reverse("post-presence", args=[post.pk])
    seen = {}
    for who in (cast.camille, cast.maud, cast.sam, cast.camille):
        client.force_login(who)
        seen[who.name] = client.post(address, {"typing": "1"})
    assert "Camille is writing" in seen["Maud"].content.decode()
    assert "Maud is writing" in seen["Camille"].content.decode()
    assert "Sam" not in seen["Camille"].content.decode()
    assert seen["Sam"].status_code == 404


def test_who_opens_a_post_has_seen_that_they_were_named(client, cast, post):
    write_comment(post, cast.maud, "@Camille look", now=NOW)
    assert unseen_post_mentions(cast.camille).count() == 1
    client.force_login(cast.camille)
    client.post(reverse("post-presence", args=[post.pk]))
    assert not unseen_post_mentions(cast.camille).exists()


def test_asking_what_stands_changes_nothing_and_tells_what_others_wrote(camille, cast, post, channel):
    content = Content(text="\n Spaces around \r\n", language="de-CH", link=" https://example.org ", thread=(" ", "x\n"))
    variants = {channel.pk: {"changes": {"options": {"visibility": "public"}, "thread": ["of its own"]}}}
    save_draft(post, cast.maud, base_version=post.version, content=content, variants=variants, now=NOW)
    before = post.version
    told = _keep(camille, post, {"base_version": before}).json()
    assert (told["version"], told["is_changed"], told["is_merged"]) == (before, False, False)
    assert _keep(camille, post, {"base_version": before - 1}).json()["fields"]["language"] == "de-CH"
    post.refresh_from_db()
    assert post.version == before
    assert post.variants.get().changes == variants[channel.pk]["changes"]
    html = _page(camille, post)
    assert '<option value="de-CH" selected>' in html
    assert ">\n\n Spaces around" in html  # a browser drops the first line end within a field


def test_a_form_that_comes_back_as_it_was_shown_is_no_change(camille, post, channel):
    _keep(camille, post, _form(post, channel, text="One\ntwo", thread=["Three", "four"], comment="Five"))
    post.refresh_from_db()
    same = _form(post, channel, text="One\r\ntwo", thread=["Three", "four", ""], comment="Five")
    assert _keep(camille, post, same).json()["is_changed"] is False


def test_an_open_page_of_a_post_that_has_left_is_told_so_and_what_is_typed_is_refused_in_words(camille, post):
    _do(camille, post, "cancel")
    address, script = reverse("post-save", args=[post.pk]), {"X-Requested-With": "fetch"}
    asked = camille.post(address, {"base_version": "1"}, headers=script)
    assert (asked.status_code, asked.json()["is_over"]) == (200, True)
    typed = camille.post(address, {"base_version": "1", "text": "Too late"}, headers=script)
    assert typed.status_code == 422 and "has left" in typed.json()["problem"]


def test_planning_says_what_time_it_is_for_the_audience_of_each_channel(camille, cast, post, channel, sky):
    Member.objects.filter(pk=cast.camille.pk).update(zone="Europe/Zurich")
    save_draft(
        post,
        cast.camille,
        base_version=1,
        content=Content(text="Hello"),
        variants={channel.pk: {}, sky.pk: {}},
        now=NOW,
    )
    assert "data-audiences" not in _page(camille, post)
    Channel.objects.filter(pk=channel.pk).update(audience_zone="America/New_York")
    page = _page(camille, post)
    assert 'data-zone="America/New_York" data-place="New York – Our toots" hidden></li>' in page
    plan(post, cast.camille, due_local=datetime(2026, 12, 1, 18), zone="Europe/Zurich", now=NOW)
    assert "18:00 here, 12:00 for the audience (New York – Our toots)" in _page(camille, post)
    Channel.objects.update(audience_zone="Australia/Sydney")
    assert "18:00 here, Wed 04:00 for the audience (Sydney)" in _page(camille, post)
    Channel.objects.update(audience_zone="Europe/Rome")
    assert "for the audience (Rome)</li>" not in _page(camille, post), "the same time needs no words"
    Channel.objects.update(audience_zone="")
    House.objects.update(options={"calendar": {"audience_zone": "America/New_York"}})
    assert "18:00 here, 12:00 for the audience (New York)" in _page(camille, post), "else as the house says"
