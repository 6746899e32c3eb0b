"""Planning on the screen: queues, campaigns, pillars, tables, what is said again, and repeats beside the composer."""

from datetime import date, time, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from parvis.core.post import Content
from parvis.flows import importing_posts
from parvis.jobs.work import run_jobs
from parvis.publishing.campaigns import place_post, save_campaign
from parvis.publishing.evergreen import run_evergreen
from parvis.publishing.models import (
    Campaign,
    Evergreen,
    EvergreenPick,
    Occurrence,
    Pillar,
    Post,
    PostFile,
    PostState,
    Publication,
    PublicationState,
    Queue,
    QueueEntry,
    Repeat,
    Verdict,
)
from parvis.publishing.pillars import save_pillar
from parvis.publishing.queries import request_of
from parvis.publishing.queueing import queue_post
from parvis.publishing.queues import add_slot, save_queue
from parvis.publishing.repeating import make_repeats
from parvis.publishing.rules import set_rule
from parvis.publishing.services import ask_approval, create_post, plan, publish_now, save_draft, vote
from parvis.testing.clock import MONDAY
from parvis.testing.factories import make_channel

assert importing_posts  # registers the kind of job
pytestmark = pytest.mark.django_db
NOW = MONDAY
GERMAN = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung"


@pytest.fixture(autouse=True)
def _monday(monkeypatch):
    monkeypatch.setattr("parvis.web.clock.now", lambda: NOW)


@pytest.fixture
def channel(cast):
    return make_channel(cast.news, connector="mastodon", name="Our toots", can=["publish", "upload", "edit"])


@pytest.fixture
def post(cast, channel):
    return create_post(
        cast.camille, cast.news, now=NOW, title="Valleys", content=Content(text="Hello valleys"), channels=[channel]
    )


@pytest.fixture
def queue(cast):
    queue = save_queue(cast.news, cast.camille, name=f"Daily {GERMAN}", zone="Europe/Zurich", now=NOW)
    for weekday in range(7):
        add_slot(queue, cast.camille, weekday=weekday, time=time(12), now=NOW)
    return queue


@pytest.fixture
def camille(client, cast):
    client.force_login(cast.camille)
    return client


def page(client, name, *arguments):
    answer = client.get(reverse(name, args=arguments))
    assert answer.status_code == 200
    return answer.content.decode()


def do(client, address, /, *arguments, **fields):
    return client.post(reverse(address, args=arguments), fields, follow=True).content.decode()


@pytest.mark.parametrize("name", ["queues", "campaigns", "evergreen", "posts-import"])
def test_each_screen_says_what_will_be_there_and_offers_the_first_step(camille, channel, name):
    html = page(camille, name)
    assert "<form" in html
    assert "Traceback" not in html


def test_a_queue_is_made_given_slots_and_shows_the_next_ten(camille, cast, channel):
    html = do(
        camille, "queues", name="Daily", zone="Europe/Zurich", department=cast.news.pk, when_freed="fill",
        channels=[channel.pk],
    )  # fmt: skip
    queue = Queue.objects.get()
    assert "Daily" in html
    assert (queue.when_freed, list(queue.channels.all())) == ("fill", [channel])
    html = do(camille, "queue-do", queue.pk, verb="add", weekday=[0, 1, 2], time="09:30")
    assert queue.slots.count() == 3
    assert html.count("09:30") >= 3
    assert html.count(">free<") == 10
    do(camille, "queue-do", queue.pk, verb="remove", slot=queue.slots.first().pk)
    assert queue.slots.count() == 2
    do(camille, "queue-do", queue.pk, verb="close")
    assert "No queues yet" in page(camille, "queues")


def test_a_post_takes_the_next_free_slot_from_beside_its_composer(camille, queue, post):
    assert "Next free slot" in page(camille, "post-planning", post.pk)
    html = do(camille, "post-queue", post.pk, queue=queue.pk)
    assert "It leaves on" in html
    assert "It has a slot of the queue" in page(camille, "post-planning", post.pk)
    assert QueueEntry.objects.get().post == post
    assert "Valleys" in page(camille, "queue", queue.pk)


def test_a_queue_is_paused_goes_on_and_changes_places(camille, cast, channel, queue, post):
    other = create_post(
        cast.camille, cast.news, now=NOW, title="Bread", content=Content(text="Bread"), channels=[channel]
    )
    for one in (post, other):
        queue_post(one, queue, cast.camille, now=NOW)
    first = QueueEntry.objects.get(post=post)
    assert "They have changed places." in do(camille, "queue-do", queue.pk, verb="later", entry=first.pk)
    html = page(camille, "queue", queue.pk)
    assert html.index("Bread") < html.index("Valleys")
    assert "2 posts are held" in do(camille, "queue-do", queue.pk, verb="off")
    assert "paused" in page(camille, "queues")
    assert "2 posts have new slots" in do(camille, "queue-do", queue.pk, verb="on")
    assert "changed" in do(camille, "queue-do", queue.pk, verb="shuffle")


def test_what_is_wrong_is_said_and_nothing_is_kept(camille, cast, queue):
    assert (
        "There is a queue of this name" in do(camille, "queues", name=queue.name, zone="UTC", department=cast.news.pk)
        or Queue.objects.count() == 1
    )
    assert "time zone" in do(camille, "queues", name="New", zone="Nowhere", department=cast.news.pk)
    assert Queue.objects.count() == 1


def test_who_may_not_plan_sees_queues_without_their_buttons(client, cast, queue):
    client.force_login(cast.conrad)
    html = page(client, "queue", queue.pk)
    assert 'value="shuffle"' not in html
    assert client.post(reverse("queue-do", args=[queue.pk]), {"verb": "off"}).status_code == 403
    assert client.get(reverse("posts-import")).status_code == 403


def test_queues_of_another_department_are_not_there(client, cast, queue, post):
    client.force_login(cast.sam)
    assert GERMAN not in page(client, "queues")
    for name in ("queue", "queue-do"):
        answer = client.post(reverse(name, args=[queue.pk]), {"verb": "off"})
        assert answer.status_code in (404, 405)


def test_a_campaign_shows_its_links_and_its_posts_by_day(camille, cast, channel, post):
    html = do(
        camille, "campaign-new", name="Open day", department=cast.news.pk, colour="green", starts_on="2026-11-01",
        ends_on="2026-12-31", goal="More visitors", utm_medium="social", utm_campaign="open", hashtags="#open #day",
        **{f"source-{channel.pk}": "toots"},
    )  # fmt: skip
    campaign = Campaign.objects.get()
    assert "https://example.org/page?utm_source=toots&amp;utm_medium=social&amp;utm_campaign=open#part" in html
    assert "No posts in it yet" in html
    do(camille, "post-place", post.pk, campaign=campaign.pk, labels="a, b", evergreen_until="2027-05-01")
    post.refresh_from_db()
    assert (post.campaign, post.evergreen_until) == (campaign, date(2027, 5, 1))
    plan(post, cast.camille, due_local=(NOW + timedelta(days=3)).replace(tzinfo=None), zone="UTC", now=NOW)
    html = page(camille, "campaign", campaign.pk)
    assert "Hello valleys" in html
    assert "19 November 2026" in html
    html = page(camille, "post-planning", post.pk)
    assert "#open" in html
    place_post(
        create_post(
            cast.camille,
            cast.news,
            now=NOW,
            title="Tagged",
            content=Content(text="https://a.example/"),
            channels=[channel],
        ),
        cast.camille,
        campaign=campaign,
        now=NOW,
    )
    tagged = Post.objects.get(title="Tagged")
    assert "https://a.example/?utm_source=toots&amp;utm_medium=social" in page(camille, "post", tagged.pk)
    assert 'value="a, b"' in html


def test_what_is_wrong_with_a_campaign_is_said_and_what_was_typed_stays(camille, cast):
    fields = {
        "name": "Back",
        "department": cast.news.pk,
        "starts_on": "2026-12-01",
        "ends_on": "2026-11-01",
        "goal": "Typed",
    }
    answer = camille.post(reverse("campaign-new"), fields)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Typed" in html
    assert "before it begins" in html
    assert not Campaign.objects.exists()


def test_a_campaign_is_changed_and_closed(camille, cast):
    campaign = save_campaign(cast.news, cast.camille, name="Open day", utm={"medium": "social"}, now=NOW)
    assert "social" in page(camille, "campaign-change", campaign.pk)
    do(camille, "campaign", campaign.pk, name="Open week", colour="red")
    campaign.refresh_from_db()
    assert (campaign.name, campaign.utm) == ("Open week", {})
    do(camille, "campaign", campaign.pk, verb="close")
    assert "No campaigns yet" in page(camille, "campaigns")


def test_the_balance_has_bars_with_figures(camille, cast, channel, post):
    do(camille, "pillars", verb="save", name="Music", wanted="60", colour="violet", department=cast.news.pk)
    pillar = Pillar.objects.get()
    place_post(post, cast.camille, pillar=pillar, now=NOW)
    plan(post, cast.camille, due_local=(NOW + timedelta(days=3)).replace(tzinfo=None), zone="UTC", now=NOW)
    html = page(camille, "campaigns")
    assert "60 %" in html
    assert "100 %" in html
    assert '<progress class="c-violet" max="100" value="100"' in html
    assert (
        "nothing in this time"
        in camille.get(reverse("campaigns"), {"first": "2020-01-01", "last": "2020-02-01"}).content.decode()
    )
    assert "left to be shared" in do(
        camille, "pillars", verb="save", name="Town", wanted="50", colour="red", department=cast.news.pk
    )
    do(camille, "pillars", verb="close", pillar=pillar.pk)
    assert not Pillar.objects.filter(closed_at__isnull=True).exists()


def _upload(client, cast, *lines):
    data = "\n".join(["date,time,channels,text,price", *lines]).encode()
    fields = {"file": SimpleUploadedFile("posts.csv", data), "zone": "Europe/Zurich", "department": cast.news.pk}
    return client.post(reverse("posts-import"), fields, follow=True).content.decode()


def test_a_table_is_checked_taken_in_and_its_results_are_fetched(camille, cast, channel):
    html = _upload(
        camille,
        cast,
        "2027-01-01,9:00,Our toots,Fine,",
        "05/03/2027,9:00,Our toots,Which day,",
        "2027-03-28,2:30,Our toots,Gap,",
    )
    file = PostFile.objects.get()
    assert not Post.objects.exists()
    assert "1 row can be taken in." in html
    assert "2 rows have faults and stay out." in html
    assert "could be two days" in html
    assert "01:59" in html
    assert "price" in html
    assert "Which day" not in page_of_faults(camille, file, only=False).split("With faults")[0]
    assert "Fine" not in page_of_faults(camille, file)
    html = do(camille, "posts-file", file.pk, verb="plan")
    assert 'hx-trigger="every 2s"' in html
    run_jobs("w", NOW)
    html = page(camille, "posts-file-run", file.pk)
    assert "All rows are through." in html
    assert "hx-trigger" not in html
    assert "1 planned" in html
    assert Publication.objects.get().state == PublicationState.PLANNED
    answer = camille.get(reverse("posts-file-results", args=[file.pk]))
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.content.decode().startswith("\ufeffrow,outcome")
    assert "taken in before" in _upload(
        camille,
        cast,
        "2027-01-01,9:00,Our toots,Fine,",
        "05/03/2027,9:00,Our toots,Which day,",
        "2027-03-28,2:30,Our toots,Gap,",
    )


def page_of_faults(client, file, *, only=True):
    query = {"rows": "faults"} if only else {}
    return client.get(reverse("posts-file", args=[file.pk]), query).content.decode()


def test_what_is_no_table_is_said_and_a_run_can_be_stopped(camille, cast, channel):
    empty = {"file": SimpleUploadedFile("posts.csv", b"a,b\n1,2"), "zone": "UTC", "department": cast.news.pk}
    answer = camille.post(reverse("posts-import"), empty)
    assert answer.status_code == 422
    assert "column “text”" in answer.content.decode()
    assert camille.post(reverse("posts-import"), {"zone": "UTC"}).status_code == 422
    _upload(camille, cast, *[f"2027-01-{day:02},9:00,Our toots,Number {day}," for day in range(1, 20)])
    file = PostFile.objects.get()
    do(camille, "posts-file", file.pk, verb="drafts")
    do(camille, "posts-file", file.pk, verb="stop")
    run_jobs("w", NOW)
    assert "Stopped. What was done stays done." in page(camille, "posts-file", file.pk)
    do(camille, "posts-file", file.pk, verb="resume")
    run_jobs("w", NOW)
    assert Post.objects.filter(state=PostState.DRAFT).count() == 19


def test_a_repeat_shows_its_next_five_before_and_after_it_begins(camille, cast, post):
    fields = {
        "every": "week", "interval": "1", "weekday": ["0", "3"], "starts_on": "2026-11-16", "time": "18:00",
        "zone": "Europe/Zurich",
    }  # fmt: skip
    html = camille.get(reverse("post-repeat-preview", args=[post.pk]), fields).content.decode()
    assert "every week on Monday, Thursday at 18:00 (Europe/Zurich)" in html
    assert html.count("<li>") == 5
    assert (
        "choose the days"
        in camille.get(reverse("post-repeat-preview", args=[post.pk]), {**fields, "weekday": []}).content.decode()
    )
    do(camille, "post-repeat", post.pk, verb="start", **fields)
    html = page(camille, "post-planning", post.pk)
    assert html.count("November 2026 18:00") >= 3
    make_repeats(now=NOW)
    one = Occurrence.objects.order_by("local").first()
    html = page(camille, "post-planning", one.post_id)
    assert "One of a repeat" in html
    following = Occurrence.objects.count() - 1
    assert f"{following} posts that follow say it now" in do(camille, "post-repeat", one.post_id, verb="spread")
    html = do(camille, "post-repeat", post.pk, verb="except", day="2026-11-19")
    assert "It does not come on" in html
    html = do(camille, "post-repeat", post.pk, verb="end", drops="1")
    assert "It is repeated no more." in html
    assert not Repeat.objects.filter(is_on=True).exists()


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"every": "day", "interval": "3"}, "every 3 days at 09:00 (UTC)"),
        ({"every": "month_weekday", "nth": "last", "nth_weekday": "4"}, "every month, the last Friday at 09:00"),
        (
            {"every": "month_day", "month_day": "last", "count": "2"},
            "every month, the last day at 09:00 (UTC), 2 times",
        ),
    ],
)
def test_rules_are_read_as_sentences_and_jumps_are_told(camille, post, rule, words):
    fields = {"interval": "1", "starts_on": "2026-11-17", "time": "09:00", "zone": "UTC", **rule}
    html = camille.get(reverse("post-repeat-preview", args=[post.pk]), fields).content.decode()
    assert words in html
    fields |= {"every": "day", "interval": "1", "starts_on": "2027-03-27", "time": "02:30", "zone": "Europe/Zurich"}
    html = camille.get(reverse("post-repeat-preview", args=[post.pk]), fields).content.decode()
    assert "the clock jumps over 02:30 on that day" in html


def test_a_rule_proposes_says_why_and_is_answered(camille, cast, channel, queue, post):
    pillar = save_pillar(cast.news, cast.camille, name="Music", now=NOW)
    place_post(post, cast.camille, pillar=pillar, now=NOW)
    then = NOW - timedelta(days=200)
    plan(post, cast.camille, due_local=NOW.replace(tzinfo=None), zone="UTC", now=NOW)
    Publication.objects.update(state=PublicationState.DONE, due_at=then)
    Post.objects.update(state=PostState.OUT, due_at=then)
    html = do(
        camille, "evergreen", name="Classics", queue=queue.pk, pillar=pillar.pk, least_days="90", most_per_week="1",
        mode="propose",
    )  # fmt: skip
    assert "Music: after 90 days at least, at most 1 a week, proposed as a draft, said anew each time" in html
    run_evergreen(now=NOW)
    html = page(camille, "evergreen")
    assert "Said 1 time, last on" in html
    pick = EvergreenPick.objects.get()
    assert "words of the first time" in do(camille, "evergreen-answer", pick.pk, verb="take")
    assert "said again" in page(camille, "post-planning", pick.post_id)
    assert "not proposed again" in do(camille, "evergreen-answer", pick.pk, verb="refuse")
    rule = Evergreen.objects.get()
    do(camille, "evergreen-do", rule.pk, verb="off")
    assert "Switch on" in page(camille, "evergreen")
    html = camille.get(reverse("evergreen"), {"change": rule.pk}).content.decode()
    assert f'name="rule" value="{rule.pk}"' in html
    do(camille, "evergreen-do", rule.pk, verb="close")
    assert "Nothing is said again yet" in page(camille, "evergreen")


def test_a_rule_without_sense_keeps_what_was_typed(camille, cast, queue):
    answer = camille.post(reverse("evergreen"), {"name": "Typed", "queue": queue.pk, "label": "a", "least_days": "3"})
    assert answer.status_code == 422
    assert 'value="Typed"' in answer.content.decode()


def test_hashtags_of_the_campaign_can_be_put_into_the_text_while_it_is_written(camille, cast, post, channel):
    campaign = save_campaign(cast.news, cast.camille, name="Open day", hashtags=["open", "day"], now=NOW)
    assert "data-insert-tags" not in page(camille, "post-planning", post.pk)
    do(camille, "post-place", post.pk, campaign=campaign.pk)
    assert 'data-insert-tags="#open #day "' in page(camille, "post-planning", post.pk)
    assert "none of the hashtags of “Open day” is in it" in page(camille, "post-cards", post.pk)
    plan(post, cast.camille, due_local=(NOW + timedelta(days=3)).replace(tzinfo=None), zone="UTC", now=NOW)
    publish_now(post, cast.camille, now=NOW)
    assert "data-insert-tags" not in page(camille, "post-planning", post.pk), "it has left: nobody writes in it"


def test_campaign_that_changes_links_says_that_approval_is_over(camille, cast, post, channel):
    campaign = save_campaign(cast.news, cast.camille, name="Open day", utm={"medium": "social"}, now=NOW)
    linked = Content(text="See https://example.org/")
    save_draft(post, cast.camille, base_version=1, content=linked, variants={channel.pk: {}}, now=NOW)
    words = "Another campaign, whose links carry something else"
    assert words not in page(camille, "post-planning", post.pk)
    set_rule(cast.news, cast.maud, "one", now=NOW)
    ask_approval(post, cast.camille, now=NOW)
    vote(request_of(post), cast.maud, Verdict.APPROVE, now=NOW)
    assert words in page(camille, "post-planning", post.pk)
    said = do(camille, "post-place", post.pk, campaign=campaign.pk)
    assert "Its links are others now: it needs approval again." in said
    assert "it was changed since, and needs approval again" in said
    post.refresh_from_db()
    assert post.state == PostState.DRAFT
    assert "utm: Open day" in page(camille, "post-versions", post.pk)
