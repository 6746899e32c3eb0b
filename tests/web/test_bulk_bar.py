"""Acting on many: each act of the bar by forms alone, on a selection and on all that match, and taken back."""

import uuid
from datetime import timedelta

import pytest

from parvis.channels.models import Effect, EffectState, ItemVersion
from parvis.core.connector import Can
from parvis.inbox.models import ConversationState
from parvis.inbox.services import add_label
from parvis.jobs.work import start_job
from parvis.testing.clock import MONDAY, later
from parvis.testing.factories import make_channel, make_conversation, make_item

NOW = later(MONDAY, hours=3)


@pytest.fixture
def found(cast, monkeypatch):
    monkeypatch.setattr("parvis.web.clock.now", lambda: NOW)
    channel = make_channel(cast.news)
    conversations = []
    for number in range(4):
        item = make_item(channel, f"Comment {number}", at=later(minutes=number))
        item.root = item
        item.save()
        conversations.append(make_conversation(item))
    return conversations


@pytest.fixture
def camille(client, cast, found):
    client.force_login(cast.camille, backend="parvis.orgs.asking.Backend")
    return client


def read(conversations):
    for one in conversations:
        one.refresh_from_db()
    return conversations


def names_on(conversation):
    return set(conversation.labellings.values_list("label__name", flat=True))


@pytest.mark.parametrize(
    ("verb", "is_so"),
    [
        ("label:urgent", lambda one, cast: names_on(one) == {"urgent"}),
        ("snooze:hour", lambda one, cast: one.snoozed_until == NOW + timedelta(hours=1)),
        ("priority:2", lambda one, cast: one.priority == 2),
        ("assign:MAUD", lambda one, cast: one.assignee == cast.maud),
        ("mine", lambda one, cast: one.assignee == cast.camille),
        ("done", lambda one, cast: one.state == ConversationState.DONE),
    ],
)
@pytest.mark.parametrize("is_all", [False, True])
def test_act_reaches_what_is_chosen_says_how_many_and_is_taken_back(camille, cast, found, verb, is_so, is_all):
    verb = verb.replace("MAUD", str(cast.maud.pk))
    chosen = {"all": "1", "q": "state:open"} if is_all else {"ids": [found[0].pk, found[1].pk]}
    answer = camille.post("/inbox/bulk/", {"verb": verb, **chosen}, headers={"HX-Request": "true"})
    assert ("4 done." if is_all else "2 done.") in answer.content.decode()
    assert [is_so(one, cast) for one in read(found)] == ([True] * 4 if is_all else [True, True, False, False])
    undo = answer.content.decode().split('action="/inbox/undo/')[1].split('"')[0]
    camille.post(f"/inbox/undo/{undo}", headers={"HX-Request": "true"})
    assert not any(is_so(one, cast) for one in read(found))


def test_label_is_taken_off_and_a_typed_one_is_made(camille, cast, found):
    add_label(found[0], cast.camille, "old", now=NOW)
    camille.post("/inbox/bulk/", {"verb": "unlabel:old", "ids": [found[0].pk, found[1].pk]})
    camille.post("/inbox/bulk/", {"verb": "label:", "label": "  brand new ", "ids": [found[1].pk]})
    assert (names_on(found[0]), names_on(found[1])) == (set(), {"brand new"})
    refused = camille.post("/inbox/bulk/", {"verb": "label:", "label": " ", "ids": [found[1].pk]})
    assert refused.status_code == 422


def test_nobody_is_assigned_who_does_not_see_the_conversations(camille, cast, found):
    answer = camille.post("/inbox/bulk/", {"verb": f"assign:{cast.sam.pk}", "ids": [found[0].pk]})
    assert answer.status_code in (403, 409, 422)
    assert read(found)[0].assignee is None


def test_menus_work_as_pages_that_keep_the_selection(camille, cast, found):
    add_label(found[3], cast.camille, "press", now=NOW)
    for what, offered in (("labels", "label:press"), ("assign", f"assign:{cast.maud.pk}")):
        page = camille.post("/inbox/bulk/", {"verb": f"choose:{what}", "ids": [found[0].pk]}).content.decode()
        assert offered in page and f'name="ids" value="{found[0].pk}"' in page
        assert offered in camille.get(f"/inbox/bulk/choices/{what}/").content.decode()
    assert camille.get("/inbox/bulk/choices/nothing/").status_code == 404


def test_all_are_counted_before_they_are_acted_on(camille, found):
    assert camille.get("/inbox/bulk/count/?q=state:open").json() == {"n": "4"}
    assert camille.get("/inbox/bulk/count/?q=label:").json() == {"n": ""}


def test_running_work_is_shown_again_when_the_page_is_loaded_anew(camille, cast, found):
    job = start_job("bulk", member_id=cast.camille.pk, params={"batch": str(uuid.uuid4())}, now=NOW, total_count=1234)
    for path in ("/inbox/", "/moderation/"):
        page = camille.get(path).content.decode()
        assert f'id="job-{job.pk}"' in page and "0 of 1,234" in page


def test_earlier_versions_are_shown_cleaned_and_only_to_who_sees_the_item(camille, client, cast, found):
    item = found[0].root
    hostile = "<p>Before</p><script>alert(1)</script><img src=x onerror=alert(1)>"
    ItemVersion.objects.create(item=item, until=MONDAY, body=hostile, body_is_html=True)
    assert f"/inbox/items/{item.pk}/versions/" in camille.get(f"/inbox/{found[0].pk}/").content.decode()
    part = camille.get(f"/inbox/items/{item.pk}/versions/", headers={"HX-Request": "true"}).content.decode()
    assert "Before" in part and "<script" not in part and "onerror" not in part
    client.force_login(cast.sam, backend="parvis.orgs.asking.Backend")
    assert client.get(f"/inbox/items/{item.pk}/versions/").status_code == 404


def test_history_is_read_when_it_is_opened_and_only_by_who_sees_the_conversation(camille, client, cast, found):
    camille.post("/inbox/bulk/", {"verb": "priority:1", "ids": [found[0].pk]})
    assert "changed the priority" not in camille.get(f"/inbox/{found[0].pk}/").content.decode()
    assert "Camille" in camille.get(f"/inbox/{found[0].pk}/history/").content.decode()
    client.force_login(cast.sam, backend="parvis.orgs.asking.Backend")
    assert client.get(f"/inbox/{found[0].pk}/history/").status_code == 404


def test_stuck_order_offers_its_buttons_only_to_who_may_use_them(client, cast, found):
    sport = make_item(make_channel(cast.sport))
    for item in (found[0].root, sport):
        Effect.objects.create(
            channel=item.channel, department_id=item.department_id, item=item, can=Can.APPROVE, created_at=NOW,
            state=EffectState.NEEDS_PERSON,
        )  # fmt: skip
    cast.camille.memberships.create(department=cast.sport, role="analyst", created_at=MONDAY)
    client.force_login(cast.camille, backend="parvis.orgs.asking.Backend")
    page = client.get("/moderation/").content.decode()
    assert page.count('class="effect needs-person"') == 2
    assert page.count('value="give_up"') == 1
