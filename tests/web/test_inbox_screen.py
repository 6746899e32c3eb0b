"""The inbox's pages: few queries, the text itself, deciding and undoing through forms."""

import re

import pytest
from django.utils.translation import override

from parvis.core.types import Status
from parvis.inbox.models import Conversation, ConversationState
from parvis.inbox.rows import AuthorView
from parvis.testing.clock import MONDAY, later
from parvis.testing.factories import make_channel, make_conversation, make_item, make_profile
from parvis.web.screens.inbox.lines import history_of

MOST_QUERIES = 15


@pytest.fixture
def _monday(monkeypatch):
    monkeypatch.setattr("parvis.web.clock.now", lambda: later(MONDAY, hours=3))


@pytest.fixture
def full(cast, _monday):
    """60 conversations of News, every second one held."""
    channel = make_channel(cast.news, name="site.example.org")
    found = []
    for number in range(60):
        status = Status.HELD if number % 2 == 0 else Status.PUBLISHED
        author = make_profile(channel, f"Author {number}", item_count=3, refused_count=1)
        item = make_item(channel, f"Comment {number} said", at=later(minutes=-number), status=status, profile=author)
        item.root = item
        item.save()
        found.append(make_conversation(item))
    return found


@pytest.fixture
def camille(client, cast):
    client.force_login(cast.camille, backend="parvis.orgs.asking.Backend")
    return client


@pytest.mark.parametrize("path", ["/", "/inbox/", "/inbox/?q=is:held", "/moderation/"])
def test_a_page_of_a_full_house_takes_few_queries(camille, full, path, django_assert_max_num_queries):
    camille.get(path)
    with django_assert_max_num_queries(MOST_QUERIES):
        assert camille.get(path).status_code == 200


def test_a_row_shows_the_text_the_author_with_history_the_place_and_the_state(camille, full):
    html = camille.get("/inbox/").content.decode()
    for words in ("Comment 0 said", "Author 0", "3rd comment, 1 refused", "site.example.org", "Waits for a decision"):
        assert words in html
    assert ">3 h</time>" in html


def test_a_foreign_conversation_is_not_there(client, cast, full):
    client.force_login(cast.sam, backend="parvis.orgs.asking.Backend")
    assert client.get(f"/inbox/{full[0].pk}/").status_code == 404
    assert client.post(f"/inbox/{full[0].pk}/note/", {"text": "hello"}).status_code == 404
    assert "Comment 0 said" not in client.get("/inbox/?q=").content.decode()


def test_a_filter_that_cannot_be_read_is_explained_beside_it(camille, full):
    html = camille.get("/inbox/?q=label:").content.decode()
    assert 'role="alert"' in html


def test_the_pages_follow_each_other_without_gap_or_double(camille, full):
    first = camille.get("/inbox/?q=")
    seen = [line.id for line in first.context["list"].lines]
    second = camille.get(first.context["list"].next_url)
    seen += [line.id for line in second.context["list"].lines]
    assert sorted(seen) == sorted(one.pk for one in full)
    assert not second.context["list"].next_url


def test_a_verdict_is_given_and_taken_back_by_forms_alone(camille, full):
    item = full[0].root
    answer = camille.post(f"/inbox/items/{item.pk}/decide/", {"verdict": "approve", "back": "/inbox/"})
    assert answer["Location"] == "/inbox/"
    item.refresh_from_db()
    assert item.status == Status.PUBLISHED
    batch = item.decisions.get().effect.batch
    camille.post(f"/inbox/undo/{batch}/")
    item.refresh_from_db()
    assert item.status == Status.HELD


def test_a_fragment_answers_with_a_message_and_what_comes_next(camille, full):
    item = full[0].root
    answer = camille.post(f"/inbox/items/{item.pk}/decide/", {"verdict": "spam"}, headers={"HX-Request": "true"})
    assert "parvis:next" in answer["HX-Trigger"]
    assert 'data-undo-s="10"' in answer.content.decode()


def test_a_refusal_keeps_its_reason(camille, full):
    from parvis.moderation.services import reasons

    reason = reasons()[0]
    item = full[0].root
    camille.post(f"/inbox/items/{item.pk}/decide/", {"reason": reason.code})
    assert item.decisions.get().reason == reason
    assert reason.name_en in camille.get(f"/inbox/{full[0].pk}/").content.decode()


def test_somebody_who_was_slower_overwrites_nothing(camille, client, cast, full):
    conversation = full[1]
    shown = conversation.version
    Conversation.objects.filter(pk=conversation.pk).update(version=shown + 1, assignee=cast.maud)
    answer = camille.post(f"/inbox/{conversation.pk}/assign/", {"assignee": cast.camille.pk, "version": shown})
    assert answer.status_code == 409
    conversation.refresh_from_db()
    assert conversation.assignee == cast.maud


def test_a_selection_is_closed_at_once(camille, full):
    ids = [one.pk for one in full[:3]]
    camille.post("/inbox/bulk/", {"verb": "done", "ids": ids})
    assert set(Conversation.objects.filter(state=ConversationState.DONE).values_list("pk", flat=True)) == set(ids)


def test_all_that_match_are_refused_with_a_reason(camille, full):
    from parvis.moderation.services import reasons

    camille.post("/inbox/bulk/", {"verb": f"refuse:{reasons()[0].code}", "all": "1", "q": "is:held"})
    assert not Conversation.objects.filter(held_count__gt=0).exists()


def test_a_note_tells_the_colleague_and_seeing_it_counts(camille, client, cast, full):
    camille.post(f"/inbox/{full[0].pk}/note/", {"text": "@Maud please look"})
    client.force_login(cast.maud, backend="parvis.orgs.asking.Backend")
    assert "please look" in client.get("/").content.decode()
    client.post(f"/inbox/{full[0].pk}/presence/")
    assert "please look" not in client.get("/").content.decode()


def test_a_draft_is_kept_for_its_writer_alone(camille, client, cast, full):
    camille.post(f"/inbox/{full[0].pk}/draft/", {"kind": "reply", "text": "Thank you f"})
    assert "Thank you f" in camille.get(f"/inbox/{full[0].pk}/").content.decode()
    client.force_login(cast.maud, backend="parvis.orgs.asking.Backend")
    assert "Thank you f" not in client.get(f"/inbox/{full[0].pk}/").content.decode()


def test_html_from_outside_is_cleaned_on_the_way_out(camille, full):
    item = full[0].root
    item.body, item.body_is_html = '<p>fine <b>bold</b><script>alert(1)</script><a href="javascript:x">y</a></p>', True
    item.save()
    html = camille.get(f"/inbox/{full[0].pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<b>bold</b>" in html
    assert "alert(1)" not in html
    assert "javascript:" not in html


def test_what_changed_comes_in_one_answer(camille, full):
    first = full[1].pk
    html = camille.get(
        f"/inbox/changes/?q=&rows={full[0].pk}.{full[1].pk}&first={first}", headers={"HX-Request": "true"}
    ).content.decode()
    assert f'hx-target="#c{full[0].pk}"' in html
    assert f'hx-target="#c{full[2].pk}"' not in html
    assert "1 new: show it" in html


def test_inbox_that_was_empty_says_what_is_new_in_it(camille, full):
    html = camille.get("/inbox/changes/?q=&rows=&first=", headers={"HX-Request": "true"}).content.decode()
    assert "new: show them" in html


@pytest.mark.parametrize("what", ["assign", "labels"])
def test_menus_are_read_when_opened_and_are_pages_without_scripts(camille, full, what):
    fragment = camille.get(f"/inbox/{full[0].pk}/choices/{what}/", headers={"HX-Request": "true"}).content.decode()
    page = camille.get(f"/inbox/{full[0].pk}/choices/{what}/").content.decode()
    assert "<form" in fragment
    assert "<html" not in fragment
    assert "<html" in page


@pytest.mark.parametrize(("fields", "state"), [({"until": "tomorrow"}, "snoozed"), ({"until": "at", "at": ""}, "open")])
def test_snoozing_takes_a_preset_and_refuses_an_empty_time(camille, full, fields, state):
    camille.post(f"/inbox/{full[1].pk}/snooze/", fields)
    full[1].refresh_from_db()
    assert full[1].state == state


def test_labels_that_are_ticked_stick_and_the_others_come_off(camille, full):
    path = f"/inbox/{full[0].pk}/labels/"
    camille.post(path, {"new": "Follow up"})
    camille.post(path, {"new": "Legal", "labels": [labelling.label_id for labelling in full[0].labellings.all()]})
    names = set(full[0].labellings.values_list("label__name", flat=True))
    assert names == {"Follow up", "Legal"}
    legal = full[0].labellings.get(label__name="Legal").label_id
    camille.post(path, {"labels": [legal]})
    assert set(full[0].labellings.values_list("label__name", flat=True)) == {"Legal"}


def test_a_view_is_saved_shown_as_a_tab_and_taken_away(camille, full):
    from parvis.inbox.models import SavedView

    camille.post("/inbox/views/", {"name": "Mine and urgent", "q": "is:mine priority:urgent"})
    assert "Mine and urgent" in camille.get("/inbox/").content.decode()
    camille.post(f"/inbox/views/{SavedView.objects.get().pk}/delete/")
    assert "Mine and urgent" not in camille.get("/inbox/").content.decode()


@pytest.mark.usefixtures("_monday")
def test_inbox_of_a_fresh_house_offers_the_first_step_to_who_may_take_it(client, cast):
    client.force_login(cast.maud, backend="parvis.orgs.asking.Backend")
    html = client.get("/inbox/").content.decode().split("<main")[1]
    assert 'href="/channels/new/"' in html and "Connect a channel" in html
    assert "Show everything open" not in html, "that leads to itself"
    client.force_login(cast.camille, backend="parvis.orgs.asking.Backend")
    html = client.get("/inbox/").content.decode().split("<main")[1]
    assert 'href="/channels/new/"' not in html and "Somebody who manages channels" in html


def test_inbox_in_which_nothing_is_open_says_that_all_is_done(camille, cast):
    make_channel(cast.news)
    html = camille.get("/inbox/").content.decode()
    assert "All is done" in html and "Show everything open" not in html
    assert "Nothing has come yet" in camille.get("/inbox/?q=").content.decode()
    html = camille.get("/inbox/?q=is:mine").content.decode()
    assert "Nothing matches" in html and "Show everything open" in html


def test_saved_view_stands_in_the_place_of_the_desks_own_with_the_same_filter(camille, full):
    from parvis.inbox.models import SavedView

    for name, query in (
        ("Everything to do", "state:open"),
        ("The same once more", "state:open"),
        ("Late", "is:held x"),
    ):
        SavedView.objects.create(name=name, query=query, created_at=MONDAY)
    tabs = camille.get("/inbox/").content.decode().split('id="tabs"')[1].split("</nav>")[0]
    assert tabs.count('aria-current="page"') == 1
    names = re.findall(r"data-command>([^<]+?) <", tabs)
    assert names[0] == "Everything to do" and tabs.index('aria-current="page"') < tabs.index("Everything to do")
    assert names[1] == "Mine" and names[-2:] == ["Late", "The same once more"] and "Open" not in names


def test_ordinals_are_written_as_in_the_language():
    author = AuthorView(id=1, name="A", item_count=9, refused_count=0)
    with override("fr"):
        assert history_of(author, "comment") == "9ᵉ commentaire"
    assert history_of(author, "comment", "en") == "9th comment"
