"""The crisis room on the screen: opened by one switch, worked in by several, ended with a debrief, read by no stranger."""

import pytest
from django.urls import reverse
from tests.web.test_query_counts import MOST_QUERIES, count_queries

from parvis.listening.crisis import lines, log, rooms, tasks
from parvis.listening.crisis.presence import be_in_room
from parvis.listening.crisis.rooms import Debrief, end_room, open_room
from parvis.listening.files.services import FileWish, open_file
from parvis.listening.models import CrisisRoom, HoldingLine, LogEntry, RoomTask, Story
from parvis.listening.services import Wish, save_query
from parvis.orgs.crisis import is_paused, may_leave
from parvis.orgs.models import HeldBack
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_conversation, make_item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday(monkeypatch, now):
    monkeypatch.setattr("parvis.web.clock.now", lambda: later(now, hours=1))


@pytest.fixture
def room(cast, now):
    return open_room(cast.maud, name="Transmitter <b>", why="Nobody hears us", departments=[cast.news], now=now)


def _signed_in(client, member):
    client.force_login(member, backend="parvis.orgs.asking.Backend")
    return client


def _page(client, name, *args):
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_one_switch_opens_the_room_and_a_band_stands_on_every_page_of_its_department(client, cast, now):
    _signed_in(client, cast.maud)
    answer = client.post(
        reverse("room-new"), {"name": "Transmitter", "why": "Down", "departments": [str(cast.news.pk)]}
    )
    room = CrisisRoom.objects.get()
    assert answer.headers["Location"] == reverse("room", args=[room.pk])
    assert is_paused(cast.news, now=later(now, hours=2))
    for name in ("today", "inbox", "listen", "room-new"):
        page = _page(client, name)
        assert "everything scheduled is paused for News" in page
        assert reverse("room", args=[room.pk]) in page
    _signed_in(client, cast.sam)
    assert "Transmitter" not in _page(client, "today")


def test_a_form_that_lacks_something_keeps_what_was_typed_and_pauses_nothing(client, cast, now):
    _signed_in(client, cast.maud)
    answer = client.post(reverse("room-new"), {"name": "Transmitter", "why": "", "departments": [str(cast.news.pk)]})
    assert answer.status_code == 422
    assert 'value="Transmitter"' in answer.content.decode()
    assert client.post(reverse("room-new"), {"name": "a", "why": "b"}).status_code == 422
    assert client.post(reverse("room-new"), {"name": "a", "why": "b", "departments": ["house"]}).status_code == 422
    assert not CrisisRoom.objects.exists()
    assert "No crisis so far" in _page(client, "rooms")


@pytest.mark.parametrize("who", ["camille", "anna", "conrad", "sam"])
def test_who_does_not_lead_finds_no_switch(client, cast, who):
    _signed_in(client, getattr(cast, who))
    assert client.get(reverse("room-new")).status_code == 403
    assert reverse("room-new") not in _page(client, "rooms")


def test_another_department_meets_no_trace_of_the_room(client, cast, now, room):
    line = lines.write_line(room, cast.camille, "We look into it.", language="en", now=now)
    task = tasks.add_task(room, cast.camille, "Call", now=now)
    _signed_in(client, cast.sam)
    assert "Transmitter" not in _page(client, "rooms")
    for name in ("room", "room-print", "room-debrief", "room-tasks", "room-choose"):
        assert client.get(reverse(name, args=[room.pk])).status_code == 404
    for name in ("room-log", "room-lines", "room-tasks", "room-choose", "room-presence", "room-debrief"):
        assert client.post(reverse(name, args=[room.pk]), {"text": "x", "what": "x", "end": "1"}).status_code == 404
    for name in ("room-line", "room-line-approve", "room-line-withdraw"):
        assert client.post(reverse(name, args=[room.pk, line.pk]), {"text": "x"}).status_code == 404
    assert client.post(reverse("room-task", args=[room.pk, task.pk])).status_code == 404
    assert room.log.count() == 4


def test_entries_lines_and_tasks_are_written_without_scripts(client, cast, room):
    _signed_in(client, cast.camille)
    here = reverse("room", args=[room.pk])
    answer = client.post(reverse("room-log", args=[room.pk]), {"text": "The <i>engineer</i> left\nat nine"})
    assert answer.headers["Location"] == f"{here}#room-log"
    client.post(reverse("room-lines", args=[room.pk]), {"text": "Wir klären es.", "language": "de"})
    client.post(
        reverse("room-tasks", args=[room.pk]),
        {"what": "Call the tower", "member": cast.maud.pk, "due_at": "2026-11-16T12:00"},
    )
    page = _page(client, "room", room.pk)
    assert "The &lt;i&gt;engineer&lt;/i&gt; left" in page
    assert "Transmitter &lt;b&gt;" in page
    assert "Wir klären es." in page
    assert "draft by Camille" in page
    assert "gave the task “Call the tower” to Maud" in page
    task = RoomTask.objects.get()
    assert task.due_at.hour == 11, "12:00 in Zurich"
    client.post(reverse("room-task", args=[room.pk, task.pk]))
    assert "done by Camille" in _page(client, "room", room.pk)


def test_a_line_is_approved_by_a_lead_and_offered_in_the_inbox(client, cast, now, room):
    line = lines.write_line(room, cast.camille, "We look into it.", language="en", now=now)
    conversation = make_conversation(make_item(make_channel(cast.news)))
    _signed_in(client, cast.camille)
    assert client.post(reverse("room-line-approve", args=[room.pk, line.pk])).status_code == 403
    assert "We look into it" not in _page(client, "lines-for", conversation.pk)
    _signed_in(client, cast.maud)
    client.post(reverse("room-line-approve", args=[room.pk, line.pk]), {"revision": "1"})
    _signed_in(client, cast.camille)
    assert "approved by Maud" in _page(client, "room", room.pk)
    assert "We look into it." in _page(client, "lines-for", conversation.pk)
    assert "data-insert" in client.get(
        reverse("lines-for", args=[conversation.pk]), headers={"HX-Request": "true"}
    ).content.decode()  # fmt: skip
    assert reverse("lines-for", args=[conversation.pk]) in _page(client, "talk", conversation.pk)
    client.post(
        reverse("room-line", args=[room.pk, line.pk]), {"text": "More soon.", "language": "en", "revision": "1"}
    )
    assert HoldingLine.objects.get().approved_at is None


def test_a_line_that_changed_meanwhile_is_not_overwritten_and_nothing_typed_is_lost(client, cast, now, room):
    line = lines.write_line(room, cast.camille, "One.", language="en", now=now)
    lines.change_line(line, cast.anna, "Two.", language="en", now=now)
    _signed_in(client, cast.camille)
    answer = client.post(
        reverse("room-line", args=[room.pk, line.pk]), {"text": "Three.", "language": "en", "revision": "1"}
    )
    assert answer.status_code == 422
    assert "Three." in answer.content.decode()
    line.refresh_from_db()
    assert line.text == "Two."


def test_what_stands_on_the_screen_is_chosen_among_what_one_sees(client, cast, now, room):
    query = save_query(cast.maud, Wish(name="Radio", text="radio", department=cast.news), now=now)
    other = save_query(cast.sam, Wish(name="Of Sport", text="goal", department=cast.sport), now=now)
    file = open_file(cast.camille, FileWish(claim="Off the air", department=cast.news), now=now)
    item = make_item(make_channel(cast.news), title="Silence", text="Silence on the air")
    story = Story.objects.create(
        department=cast.news, founder=item, signature=b"", first_at=now, last_at=now, item_count=3
    )
    _signed_in(client, cast.camille)
    offered = _page(client, "room-choose", room.pk)
    assert all(word in offered for word in ("Radio", "Off the air", "Silence"))
    assert "Of Sport" not in offered
    choose = reverse("room-choose", args=[room.pk])
    assert client.post(choose, {"query": other.pk}).status_code == 404
    for name, thing in (("query", query), ("file", file), ("story", story)):
        client.post(choose, {name: thing.pk})
    page = _page(client, "room", room.pk)
    assert "0 this hour" in page
    assert all(f"“{word}” on the screen" in page for word in ("Radio", "Off the air", "Silence"))
    client.post(choose, {"file": file.pk, "drop": "1"})
    assert "took “Off the air” off the screen" in _page(client, "room", room.pk)


def test_what_changed_comes_in_one_piece_for_each_place(client, cast, now, room):
    log.write_entry(room, cast.maud, "Power is back", now=now)
    answer = _signed_in(client, cast.camille).get(reverse("room", args=[room.pk]), {"part": "live"})
    page = answer.content.decode()
    assert page.count("<hx-partial") == 6
    assert "Power is back" in page
    assert "<html" not in page


def test_people_in_the_room_see_each_other(client, cast, now, room):
    be_in_room(room, cast.maud, now=later(now, hours=1))
    answer = _signed_in(client, cast.camille).post(reverse("room-presence", args=[room.pk]))
    assert all(name in answer.content.decode() for name in ("Camille", "Maud"))


def test_the_room_ends_with_its_debrief_and_says_what_was_held_back(client, cast, now, room):
    may_leave(cast.news.pk, kind="post", key=1, title="Good morning", due_at=now, now=now)
    _signed_in(client, cast.maud)
    debrief = reverse("room-debrief", args=[room.pk])
    assert "1 thing was held back" in _page(client, "room-debrief", room.pk)
    answer = client.post(debrief, {"happened": "", "worked": "The line", "revision": room.revision, "end": "1"})
    assert answer.status_code == 422
    assert "The line" in answer.content.decode()
    assert is_paused(cast.news, now=later(now, hours=1))
    client.post(debrief, {"happened": "Rain", "revision": room.revision})
    assert is_paused(cast.news, now=later(now, hours=1))
    room.refresh_from_db()
    answer = client.post(debrief, {"happened": "Rain", "failed": "Phones", "revision": room.revision, "end": "1"})
    assert answer.headers["Location"] == reverse("room-print", args=[room.pk])
    assert not is_paused(cast.news, now=later(now, hours=1))
    page = _page(client, "room-print", room.pk)
    assert all(word in page for word in ("Rain", "Phones", "Good morning", "nobody has decided", "Nobody hears us"))
    assert "everything scheduled is paused" not in page
    assert client.get(reverse("room", args=[room.pk])).headers["Location"] == reverse("room-print", args=[room.pk])
    held = HeldBack.objects.get()
    client.post(reverse("held-decide", args=[held.pk]), {"decision": "drop"})
    assert "does not leave" in _page(client, "room-print", room.pk)


def test_the_debrief_says_where_an_entry_was_changed_behind_the_desks_back(client, cast, now, room):
    entry = log.write_entry(room, cast.maud, "Power is back", now=now)
    end_room(room, cast.maud, Debrief(happened="Rain"), now=later(now, minutes=30))
    _signed_in(client, cast.camille)
    assert "Every entry is as it was written" in _page(client, "room-print", room.pk)
    LogEntry.objects.filter(pk=entry.pk).update(text="It never went")
    assert "1 entry is other than the audit trail knows it" in _page(client, "room-print", room.pk)


def test_who_does_not_lead_writes_no_debrief(client, cast, room):
    _signed_in(client, cast.camille)
    assert client.get(reverse("room-debrief", args=[room.pk])).status_code == 403
    assert client.post(reverse("room-debrief", args=[room.pk]), {"happened": "x", "end": "1"}).status_code == 403


def test_what_was_found_goes_into_the_log_with_one_button(client, cast, room):
    item = make_item(make_channel(cast.news), "Is anybody there?")
    _signed_in(client, cast.conrad)
    assert reverse("room-log", args=[room.pk]) in _page(client, "item-keep", item.pk)
    client.post(reverse("room-log", args=[room.pk]), {"item": item.pk})
    page = _page(client, "room", room.pk)
    assert "Is anybody there?" in page
    assert "put a text into the log" in page
    of_sport = make_item(make_channel(cast.sport), "Of Sport")
    assert client.post(reverse("room-log", args=[room.pk]), {"item": of_sport.pk}).status_code == 404


@pytest.fixture
def full(cast, now, room):
    """A room with more than a screen of everything."""
    item = make_item(make_channel(cast.news), "A long day")
    for number in range(12):
        query = save_query(cast.maud, Wish(name=f"Query {number}", text=f"q{number}", department=cast.news), now=now)
        file = open_file(cast.camille, FileWish(claim=f"Claim {number}", department=cast.news), now=now)
        story = Story.objects.create(department=cast.news, founder=item, signature=b"", first_at=now, last_at=now)
        for thing in (query, file, story):
            rooms.choose(room, cast.maud, thing, name="it", now=now)
        line = lines.write_line(room, cast.camille, f"Line {number}", language="fr", now=now)
        if number % 2:
            lines.approve_line(line, cast.maud, now=now)
        tasks.add_task(room, cast.maud, f"Task {number}", now=now, to=cast.camille, due_at=later(now, minutes=number))
        log.log_item(room, cast.camille, item, now=now, text="look")
        may_leave(cast.news.pk, kind="post", key=number, title=f"Post {number}", due_at=now, now=now)
    be_in_room(room, cast.maud, now=later(now, hours=1))
    return room


@pytest.mark.parametrize("who", ["olive", "maud", "camille"])
def test_pages_of_a_full_room_take_few_queries(client, cast, full, who):
    _signed_in(client, getattr(cast, who))
    places = ["room", "room-print", "room-tasks", "room-choose"]
    if who != "camille":
        places.append("room-debrief")
    for name in places:
        found = count_queries(client, reverse(name, args=[full.pk]))
        assert len(found) <= MOST_QUERIES, "\n".join([name, *(query["sql"][:200] for query in found)])
    assert len(count_queries(client, reverse("room", args=[full.pk]) + "?part=live")) <= MOST_QUERIES
    assert len(count_queries(client, reverse("room-line", args=[full.pk, HoldingLine.objects.first().pk]))) <= 15
    assert len(count_queries(client, reverse("rooms"))) <= MOST_QUERIES
