"""Who approves what, on the screen: a rule in a sentence, who could approve now, and one's own list, one or many at once."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.apps.test_publishing_approvals import change as rewrite

from parvis.core.post import Content
from parvis.orgs.rights import Role
from parvis.publishing.models import ApprovalRule, ApprovalVote, PostState
from parvis.publishing.queries import approvals_waiting, request_of
from parvis.publishing.rules import Step, rule_of, set_rule, who_may_stand
from parvis.publishing.services import ask_approval, create_post, write_comment
from parvis.testing.clock import MONDAY
from parvis.testing.factories import make_channel, make_member

pytestmark = pytest.mark.django_db
NOW = MONDAY


@pytest.fixture(autouse=True)
def _monday(monkeypatch):
    cache.clear()
    monkeypatch.setattr("parvis.web.clock.now", lambda: NOW)


@pytest.fixture
def maud(client, cast):
    client.force_login(cast.maud)
    return client


@pytest.fixture
def toots(cast):
    return make_channel(cast.news, connector="mastodon", name="Our toots", can=["publish"])


def asked(cast, *channels, text="Hello", title="Hills"):
    post = create_post(cast.camille, cast.news, now=NOW, title=title, content=Content(text=text), channels=channels)
    return ask_approval(post, cast.camille, now=NOW, note="Before noon")


def change(client, place, **form):
    return client.post(reverse("approval-rule", args=[place.pk]), form, follow=True)


def test_rule_is_said_in_a_sentence_with_who_could_approve_now(maud, cast):
    html = maud.get(reverse("approval-rules")).content.decode()
    assert "Nobody need approve" in html
    set_rule(cast.news, cast.maud, "one", now=NOW, expires_h=48)
    html = maud.get(reverse("approval-rules")).content.decode()
    assert "one of the people below" in html and "lasts 48 hours" in html
    assert "Maud" in html and "Stella" in html and "Camille" not in html.split("Could approve now")[1].split("</li>")[0]


def test_rule_of_steps_is_written_from_the_form(maud, cast):
    html = change(
        maud, cast.news, kind="in_order", expires_h="24", each_time="1",
        **{"who-0": "manager", "count-0": "1", "name-0": "Desk", "guests-1": "a@example.com; b@example.com", "count-1": "2"},
    ).content.decode()  # fmt: skip
    assert "one after the other" in html
    rule = rule_of(cast.news.pk)
    assert (rule.kind, rule.expires_h, rule.asks_each_time) == ("in_order", 24, True)
    first, second = rule.steps
    assert (first.role, first.name, second.guests, second.count) == (
        "manager", "Desk", ("a@example.com", "b@example.com"), 2,
    )  # fmt: skip
    form = maud.get(reverse("approval-rule", args=[cast.news.pk])).content.decode()
    assert "a@example.com, b@example.com" in form


def test_any_number_of_a_group_and_four_eyes(maud, cast):
    change(maud, cast.news, kind="any_of", **{"who-0": "any", "count-0": "2"})
    assert [(one.role, one.members, one.count) for one in rule_of(cast.news.pk).steps] == [("", (), 2)]
    change(maud, cast.news, kind="four_eyes", **{"members-0": [cast.maud.pk, cast.stella.pk], "who-1": "manager"})
    [step] = rule_of(cast.news.pk).steps
    assert set(step.members) == {cast.maud.pk, cast.stella.pk}
    change(maud, cast.news, kind="none")
    assert rule_of(cast.news.pk).steps == ()


def test_faulty_rule_is_refused_in_words_and_keeps_what_was_typed(maud, cast):
    answer = change(maud, cast.news, kind="one", **{"guests-0": "nobody", "name-0": "Client"})
    assert answer.status_code == 422
    assert "nobody" in answer.content.decode() and 'value="Client"' in answer.content.decode()
    assert not ApprovalRule.objects.exists()


def test_rule_that_nobody_could_fulfil_is_marked(maud, cast):
    change(maud, cast.news, kind="any_of", **{"who-0": "manager", "count-0": "9"})
    assert "too few: nothing could leave" in maud.get(reverse("approval-rules")).content.decode()


def test_only_who_manages_people_changes_a_rule_and_nobody_that_of_another_department(client, cast):
    for member, status in ((cast.camille, 403), (cast.conrad, 403), (cast.sam, 404)):
        client.force_login(member)
        assert change(client, cast.news, kind="one").status_code == status
        if status == 403:
            assert (
                reverse("approval-rule", args=[cast.news.pk])
                not in client.get(reverse("approval-rules")).content.decode()
            )
    assert not ApprovalRule.objects.exists()


def test_one_is_approved_and_one_sent_back_from_the_list(maud, cast, toots):
    set_rule(cast.news, cast.maud, "one", now=NOW)
    one, two = asked(cast, toots, title="First"), asked(cast, toots, text="Other words", title="Second")
    html = maud.get(reverse("post-approvals")).content.decode()
    assert "Hello" in html and "Other words" in html and "Before noon" in html and "Our toots" in html
    path = reverse("post-approvals-answer")
    maud.post(path, {"verb": f"approve:{one.pk}"})
    answer = maud.post(path, {"verb": f"refuse:{two.pk}"})
    assert answer.status_code == 422 and "is missing" in answer.content.decode()
    maud.post(path, {"verb": f"refuse:{two.pk}", "note": "Too long"})
    for row, state in ((one, PostState.READY), (two, PostState.DRAFT)):
        row.post.refresh_from_db()
        assert row.post.state == state
    assert "Nothing waits for you" in maud.get(reverse("post-approvals")).content.decode()


def test_many_are_approved_at_once_and_what_was_changed_meanwhile_is_not(maud, cast, toots):
    set_rule(cast.news, cast.maud, "one", now=NOW)
    rows = [asked(cast, toots, title=f"Post {n}") for n in range(3)]
    form = {"verb": "approve", "ids": [one.pk for one in rows], f"v-{rows[0].pk}": rows[0].version + 1}
    html = maud.post(reverse("post-approvals-answer"), form, follow=True).content.decode()
    assert "You have approved 2 posts." in html and "was changed meanwhile" in html
    assert ApprovalVote.objects.count() == 2


def test_ones_own_and_what_belongs_to_others_is_not_in_the_list(client, cast, toots):
    set_rule(cast.news, cast.maud, "four_eyes", now=NOW)
    mine = create_post(cast.maud, cast.news, now=NOW, title="Mine", content=Content(text="x"), channels=[toots])
    ask_approval(mine, cast.maud, now=NOW)
    for member in (cast.maud, cast.camille, cast.sam):
        client.force_login(member)
        assert "Mine" not in client.get(reverse("post-approvals")).content.decode()
    client.force_login(cast.sam)
    form = {"verb": f"approve:{request_of(mine).pk}"}
    html = client.post(reverse("post-approvals-answer"), form, follow=True).content.decode()
    assert "does not wait for you" in html and not ApprovalVote.objects.exists()


def test_list_asks_no_question_per_request(maud, cast, toots):
    set_rule(cast.news, cast.maud, "four_eyes", now=NOW)
    asked(cast, toots)
    with CaptureQueriesContext(connection) as few:
        assert len(approvals_waiting(cast.maud, now=NOW)) == 1
    for number in range(12):
        asked(cast, toots, title=f"Post {number}")
    with CaptureQueriesContext(connection) as many:
        assert len(approvals_waiting(cast.maud, now=NOW)) == 13
    assert len(many) <= len(few)
    with CaptureQueriesContext(connection) as page:
        maud.get(reverse("post-approvals"))
    assert len(page) < 30


def test_who_could_approve_is_worked_out_in_two_questions(cast, django_assert_num_queries):
    for number in range(8):
        make_member(f"Mia {number}", role=Role.MANAGER, department=cast.news)
    with django_assert_num_queries(2):
        names = {one.name for one in who_may_stand(Step(role="manager"), cast.news.pk)}
    assert {"Maud", "Mia 0", "Mia 7"} <= names and "Camille" not in names


def test_channel_that_the_reader_does_not_see_is_counted_and_not_named(maud, cast, toots):
    set_rule(cast.news, cast.maud, "one", now=NOW)
    hidden = make_channel(cast.sport, connector="mastodon", name="Secret toots", can=["publish"])
    post = create_post(
        cast.olive, cast.news, now=NOW, title="Both", content=Content(text="x"), channels=[toots, hidden]
    )
    ask_approval(post, cast.olive, now=NOW)
    html = maud.get(reverse("post-approvals")).content.decode()
    assert "Secret toots" not in html and "1 channel of others" in html
    assert "Secret toots" not in maud.get(reverse("post", args=[post.pk])).content.decode()


def test_guest_is_invited_and_their_link_taken_back_from_the_posts_page(maud, cast, toots):
    set_rule(cast.news, cast.maud, "one", now=NOW)
    request = asked(cast, toots)
    path = reverse("post-guests", args=[request.post_id])
    html = maud.post(path, {"name": "Clara", "email": "clara@example.com"}, follow=True).content.decode()
    assert "A mail with the link leaves now." in html and "clara@example.com" in html
    assert "the mail leaves in a moment" in html and "/approve/" not in html
    link = request.links.get()
    html = maud.post(path, {"withdraw": link.pk}, follow=True).content.decode()
    assert "link taken back" in html
    html = maud.post(path, {"name": "", "email": "clara@example.com"}, follow=True).content.decode()
    assert "is missing" in html


def test_approval_that_fell_says_why(client, cast, toots):
    set_rule(cast.news, cast.maud, "one", now=NOW)
    post = asked(cast, toots).post
    rewrite(post, cast.camille, "Other", NOW)
    client.force_login(cast.camille)
    html = client.get(reverse("post", args=[post.pk])).content.decode()
    assert "It was changed after its approval was asked for" in html


def test_who_is_named_in_a_comment_finds_it_at_the_bell(client, cast, toots):
    post = create_post(cast.camille, cast.news, now=NOW, title="Hills", content=Content(text="x"), channels=[toots])
    write_comment(post, cast.camille, "@Maud shorter?", now=NOW)
    client.force_login(cast.maud)
    html = client.get("/").content.decode()
    assert "shorter?" in html and reverse("post", args=[post.pk]) in html
    assert '<span class="count">1</span>' in html.split('id="bell"')[1].split("</a>")[0]
    client.post(reverse("post-presence", args=[post.pk]))
    html = client.get("/").content.decode()
    assert "shorter?" not in html
    client.force_login(cast.sam)
    assert "shorter?" not in client.get("/").content.decode()
