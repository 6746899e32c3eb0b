"""A crisis room: one switch pauses what is scheduled, everything said in it stays, ending it lets nothing loose."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from parvis.core.errors import BadInput, Conflict, FieldMissing, NotAllowed
from parvis.listening.crisis import lines, log, rooms, tasks
from parvis.listening.crisis.presence import be_in_room, people_in, prune_room_presences
from parvis.listening.crisis.queries import approved_lines, open_rooms, room_figures, room_for, room_view
from parvis.listening.crisis.rooms import Debrief, end_room, open_room
from parvis.listening.crisis.timeline import timeline
from parvis.listening.files.services import FileWish, open_file, set_file_state
from parvis.listening.models import (
    AlertEpisode,
    AlertKind,
    CrisisRoom,
    FileState,
    HourCount,
    LogEntry,
    LogKind,
    QueryState,
    Severity,
)
from parvis.listening.services import Wish, save_query, set_query_state
from parvis.orgs.audit import history_of, verify
from parvis.orgs.crisis import decide_held, held_since, is_in_crisis, is_paused, may_leave, paused_departments
from parvis.orgs.models import AuditEntry, CrisisPause, HeldBack, HeldDecision
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_department, make_item

pytestmark = pytest.mark.django_db
SAID = Debrief(happened="The transmitter was down for two hours.", worked="The holding line.")


@pytest.fixture
def room(cast, now):
    return open_room(cast.maud, name="Transmitter", why="Nobody hears us", departments=[cast.news], now=now)


def _leaves(department, now, key=1):
    return may_leave(department.pk, kind="post", key=key, title="Good morning", due_at=now, now=now)


def test_opening_pauses_the_chosen_departments_from_that_moment(cast, now):
    assert not is_paused(cast.news, now=now)
    open_room(cast.maud, name="Transmitter", why="Down", departments=[cast.news], now=now)
    assert is_paused(cast.news, now=now)
    assert not is_paused(cast.news, now=later(now, seconds=-1))
    assert not is_paused(cast.sport, now=now)
    assert paused_departments(now=now) == {cast.news.pk}


def test_a_room_of_the_whole_house_pauses_departments_that_come_later_too(cast, now):
    room = open_room(cast.stella, name="Fire", why="Evacuated", departments=None, now=now)
    fresh = make_department("Fresh")
    assert is_paused(fresh, now=now)
    assert {cast.news.pk, cast.sport.pk, fresh.pk} == paused_departments(now=now)
    end_room(room, cast.stella, SAID, now=later(now, hours=1))
    assert paused_departments(now=later(now, hours=1)) == frozenset()


@pytest.mark.parametrize("who", ["camille", "anna", "conrad", "sam", "arthur"])
def test_only_who_leads_opens_a_room_and_nothing_stays_of_the_attempt(cast, now, who):
    with pytest.raises(NotAllowed):
        open_room(getattr(cast, who), name="X", why="Y", departments=[cast.news], now=now)
    assert not CrisisRoom.objects.exists()
    assert not CrisisPause.objects.exists()


def test_a_lead_of_one_department_opens_none_for_another_nor_for_the_house(cast, now):
    for departments in ([cast.news, cast.sport], None):
        with pytest.raises(NotAllowed):
            open_room(cast.maud, name="X", why="Y", departments=departments, now=now)
    assert not AuditEntry.objects.filter(subject="room").exists()


@pytest.mark.parametrize(("name", "why"), [("", "why"), ("name", " "), ("n" * 81, "why")])
def test_a_room_needs_a_name_and_a_reason(cast, now, name, why):
    with pytest.raises(BadInput):
        open_room(cast.maud, name=name, why=why, departments=[cast.news], now=now)
    with pytest.raises(BadInput):
        open_room(cast.maud, name="Name", why="Why", departments=[], now=now)


def test_opening_and_ending_stand_in_the_trail_of_each_department(cast, now):
    room = open_room(cast.stella, name="Both", why="Down", departments=[cast.news, cast.sport], now=now)
    end_room(room, cast.stella, SAID, now=later(now, hours=2))
    for department in (cast.news, cast.sport):
        actions = AuditEntry.objects.filter(department=department).order_by("id").values_list("action", flat=True)
        assert list(actions) == ["crisis.pause", "crisis.resume"]
    assert {"room.open", "room.end", "room.log"} <= {one.action for one in history_of("room", room.pk)}
    assert list(verify()) == []


def test_the_house_knows_that_something_is_paused_until_the_last_room_is_ended(cast, now, room):
    other = open_room(cast.stella, name="Other", why="Also", departments=[cast.sport], now=now)
    end_room(room, cast.maud, SAID, now=now)
    cast.house.refresh_from_db()
    assert is_in_crisis(cast.house)
    end_room(other, cast.stella, SAID, now=now)
    cast.house.refresh_from_db()
    assert not is_in_crisis(cast.house)


def test_two_rooms_pause_the_same_department_until_both_are_ended(cast, now, room):
    other = open_room(cast.maud, name="Other", why="Also", departments=[cast.news], now=now)
    end_room(room, cast.maud, SAID, now=later(now, hours=1))
    assert is_paused(cast.news, now=later(now, hours=2))
    end_room(other, cast.maud, SAID, now=later(now, hours=3))
    assert not is_paused(cast.news, now=later(now, hours=3))
    assert is_paused(cast.news, now=later(now, hours=2))


def test_ending_takes_the_pause_away_in_the_transaction_that_keeps_the_debrief(cast, now, room):
    with pytest.raises(FieldMissing):
        end_room(room, cast.maud, Debrief(happened="  "), now=later(now, hours=1))
    assert is_paused(cast.news, now=later(now, hours=1))
    end_room(room, cast.maud, SAID, now=later(now, hours=1))
    room.refresh_from_db()
    assert (room.state, room.happened, room.worked) == ("ended", SAID.happened, SAID.worked)
    assert not is_paused(cast.news, now=later(now, hours=1))
    kinds = list(LogEntry.objects.filter(room=room).values_list("kind", flat=True))
    assert kinds == [LogKind.OPENED, LogKind.PAUSED, LogKind.RESUMED, LogKind.ENDED]


def test_who_does_not_lead_every_department_ends_nothing(cast, now):
    room = open_room(cast.stella, name="Both", why="Down", departments=[cast.news, cast.sport], now=now)
    for who in (cast.maud, cast.camille, cast.sam):
        with pytest.raises(NotAllowed):
            end_room(room, who, SAID, now=now)
    assert paused_departments(now=now) == {cast.news.pk, cast.sport.pk}


def test_what_came_due_in_the_pause_stays_until_a_person_decides_for_each(cast, now, room):
    assert not _leaves(cast.news, now, key=1)
    assert not _leaves(cast.news, later(now, minutes=5), key=1)
    assert not _leaves(cast.news, now, key=2)
    assert _leaves(cast.sport, now, key=3)
    assert HeldBack.objects.count() == 2
    [first, second] = held_since([cast.news.pk], since=room.opened_at)
    with pytest.raises(BadInput):
        decide_held(first, cast.maud, HeldDecision.RELEASE, now=now)
    end_room(room, cast.maud, SAID, now=later(now, hours=1))
    after = later(now, hours=2)
    assert not _leaves(cast.news, after, key=1)
    with pytest.raises(NotAllowed):
        decide_held(first, cast.camille, HeldDecision.RELEASE, now=after)
    decide_held(first, cast.maud, HeldDecision.RELEASE, now=after)
    decide_held(second, cast.maud, HeldDecision.DROP, now=after)
    assert _leaves(cast.news, after, key=1)
    assert not _leaves(cast.news, after, key=2)
    with pytest.raises(Conflict):
        decide_held(first, cast.maud, HeldDecision.DROP, now=after)


def test_what_was_released_is_held_again_by_the_next_crisis(cast, now, room):
    assert not _leaves(cast.news, now)
    end_room(room, cast.maud, SAID, now=later(now, hours=1))
    decide_held(HeldBack.objects.get(), cast.maud, HeldDecision.RELEASE, now=later(now, hours=1))
    open_room(cast.maud, name="Next", why="Again", departments=[cast.news], now=later(now, hours=2))
    assert not _leaves(cast.news, later(now, hours=2))
    assert HeldBack.objects.filter(decision="").count() == 1


def test_an_entry_is_never_changed_and_a_change_behind_the_desks_back_is_found(cast, now, room):
    entry = log.write_entry(room, cast.camille, "The engineer is on the way", now=now)
    assert log.changed_entries(room) == []
    entry.text = "No engineer"
    with pytest.raises(TypeError):
        entry.save()
    LogEntry.objects.filter(pk=entry.pk).update(text="No engineer")
    assert log.changed_entries(room) == [entry.pk]
    LogEntry.objects.filter(pk=entry.pk).delete()
    assert log.changed_entries(room) == [entry.pk]


def test_everybody_of_the_department_writes_and_nobody_of_another_reads(cast, now, room):
    for who in (cast.camille, cast.anna, cast.conrad, cast.olive, cast.stella):
        log.write_entry(room, who, f"{who.name} is here", now=now)
    with pytest.raises(NotAllowed):
        log.write_entry(room, cast.sam, "me too", now=now)
    assert room_for(cast.sam, room.pk) is None
    assert open_rooms(cast.sam) == []
    assert [one.name for one in open_rooms(cast.conrad)] == ["Transmitter"]


def test_nothing_is_written_into_a_room_that_was_ended(cast, now, room):
    line = lines.write_line(room, cast.camille, "We look into it.", language="en", now=now)
    task = tasks.add_task(room, cast.camille, "Call the engineer", now=now)
    end_room(room, cast.maud, SAID, now=now)
    before = LogEntry.objects.count()
    for act in (
        lambda: log.write_entry(room, cast.camille, "late", now=now),
        lambda: lines.write_line(room, cast.camille, "late", language="en", now=now),
        lambda: lines.approve_line(line, cast.maud, now=now),
        lambda: tasks.finish_task(task, cast.camille, now=now),
        lambda: end_room(room, cast.maud, SAID, now=now),
    ):
        with pytest.raises(Conflict):
            act()
    assert LogEntry.objects.count() == before


def test_the_debrief_is_completed_later_and_nobody_overwrites_anybody(cast, now, room):
    end_room(room, cast.maud, SAID, now=now)
    seen = room.revision
    later_said = Debrief(happened=SAID.happened, failed="The phone list was old.")
    rooms.save_debrief(room, cast.maud, later_said, now=now, revision=seen)
    with pytest.raises(Conflict):
        rooms.save_debrief(room, cast.stella, SAID, now=now, revision=seen)
    with pytest.raises(FieldMissing):
        rooms.save_debrief(room, cast.maud, Debrief(happened=""), now=now)
    room.refresh_from_db()
    assert room.failed == "The phone list was old."


def test_a_holding_line_that_is_changed_needs_its_approval_anew(cast, now, room):
    line = lines.write_line(room, cast.camille, "We look into it.", language="en", now=now)
    assert approved_lines(cast.camille, cast.news.pk) == []
    with pytest.raises(NotAllowed):
        lines.approve_line(line, cast.camille, now=now)
    assert lines.approve_line(line, cast.maud, now=now, revision=line.revision)
    assert [one.text for one in approved_lines(cast.camille, cast.news.pk)] == ["We look into it."]
    assert approved_lines(cast.sam, cast.sport.pk) == []
    assert lines.change_line(line, cast.camille, "We know more at 14:00.", language="en", now=now)
    assert approved_lines(cast.camille, cast.news.pk) == []


def test_an_approval_counts_for_the_words_that_were_read(cast, now, room):
    line = lines.write_line(room, cast.camille, "We look into it.", language="en", now=now)
    lines.change_line(line, cast.anna, "It is all our fault.", language="en", now=now)
    with pytest.raises(Conflict):
        lines.approve_line(line, cast.maud, now=now, revision=1)


def test_a_withdrawn_line_is_no_longer_offered_and_the_log_keeps_its_words(cast, now, room):
    line = lines.write_line(room, cast.camille, "We look into it.", language="en", now=now)
    lines.approve_line(line, cast.maud, now=now)
    line.refresh_from_db()
    with pytest.raises(NotAllowed):
        lines.withdraw_line(line, cast.camille, now=now)
    assert lines.withdraw_line(line, cast.maud, now=now)
    assert approved_lines(cast.camille, cast.news.pk) == []
    assert LogEntry.objects.get(kind=LogKind.WITHDRAWN).text == "We look into it."


def test_a_task_says_who_until_when_and_who_did_it(cast, now, room):
    due = later(now, hours=1)
    task = tasks.add_task(room, cast.maud, "Call the engineer", now=now, to=cast.camille, due_at=due)
    assert tasks.finish_task(task, cast.anna, now=now)
    assert not tasks.finish_task(task, cast.camille, now=now)
    task.refresh_from_db()
    assert (task.member, task.due_at, task.done_by) == (cast.camille, due, cast.anna)
    assert tasks.reopen_task(task, cast.camille, now=now)
    with pytest.raises(BadInput):
        tasks.add_task(room, cast.maud, "Not for Sport", now=now, to=cast.sam)


def test_people_in_the_room_are_known_for_half_a_minute(cast, now, room):
    be_in_room(room, cast.camille, now=now)
    be_in_room(room, cast.maud, now=later(now, seconds=20))
    assert people_in(room, now=later(now, seconds=25)) == ["Camille", "Maud"]
    assert people_in(room, now=later(now, seconds=40)) == ["Maud"]
    with pytest.raises(NotAllowed):
        be_in_room(room, cast.sam, now=now)
    assert prune_room_presences(later(now, hours=1)) == 2


def test_figures_of_the_last_hours_and_of_the_period_come_from_the_counts(cast, now, room):
    query = save_query(cast.maud, Wish(name="Radio", text="radio", department=cast.news), now=now)
    rooms.choose(room, cast.maud, query, name=query.name, now=now)
    hour = now.replace(minute=0)
    for offset, count in ((-30, 9), (-1, 2), (0, 5), (1, 7)):
        HourCount.objects.create(
            query=query, hour=hour + timedelta(hours=offset), count=count, tone_count=count, tone_sum=-count / 2
        )
    at = later(now, hours=1, minutes=10)
    [figure] = room_view(room, cast.maud, now=at).figures
    assert (figure.this_hour, figure.hour_before, figure.total) == (7, 5, 14)
    [period] = room_figures(room, cast.maud, now=at).queries
    assert (period.count, period.peak, period.before, period.tone) == (12, 7, 2, -0.5)
    assert period.peak_hour == hour + timedelta(hours=1)


def test_a_query_that_found_nothing_yet_has_its_figures_too(cast, now, room):
    query = save_query(cast.maud, Wish(name="Radio", text="radio", department=cast.news), now=now)
    rooms.choose(room, cast.maud, query, name=query.name, now=now)
    [figure] = room_view(room, cast.maud, now=now).figures
    assert (figure.this_hour, figure.total, len(figure.hours)) == (0, 0, 24)


def test_in_a_shared_room_each_reads_what_their_departments_let_them(cast, now):
    room = open_room(cast.stella, name="Both", why="Down", departments=[cast.news, cast.sport], now=now)
    query = save_query(cast.maud, Wish(name="Secret of News", text="radio", department=cast.news), now=now)
    rooms.choose(room, cast.maud, query, name=query.name, now=now)
    item = make_item(make_channel(cast.news), "only News reads this")
    log.log_item(room, cast.camille, item, now=now, text="look")
    view = room_view(room, cast.sam, now=now)
    assert view.figures == []
    assert view.unseen_count == 1
    told = timeline(room, cast.sam)
    assert "Secret" not in str(told)
    assert "only News" not in str(told)
    assert [one.is_hidden for one in told][:2] == [True, True]
    assert "only News reads this" in str(timeline(room, cast.camille))


def test_an_item_in_the_log_says_what_it_said_after_it_was_edited(cast, now, room):
    item = make_item(make_channel(cast.news), "You are liars")
    log.log_item(room, cast.camille, item, now=now)
    item.text = "You are great"
    item.save()
    [moment, *_] = timeline(room, cast.maud)
    assert moment.facts["text"] == "You are liars"
    other = make_item(make_channel(cast.sport), "of Sport")
    with pytest.raises(NotAllowed):
        log.log_item(room, cast.camille, other, now=now)


def test_what_the_desk_does_meanwhile_stands_in_the_line_of_time(cast, now, room):
    query = save_query(cast.maud, Wish(name="Radio", text="radio", department=cast.news), now=now)
    file = open_file(cast.camille, FileWish(claim="We are off the air", department=cast.news), now=now)
    rooms.choose(room, cast.maud, query, name=query.name, now=later(now, minutes=1))
    rooms.choose(room, cast.maud, file, name=file.claim, now=later(now, minutes=2))
    set_query_state(query, cast.camille, QueryState.PAUSED, now=later(now, minutes=3))
    set_file_state(file, cast.camille, FileState.CLOSED, now=later(now, minutes=4), outcome="Corrected")
    kinds = [one.kind for one in timeline(room, cast.maud)]
    assert kinds[:4] == ["file", "query", "linked", "linked"]
    hour = later(now, minutes=6)
    AlertEpisode.objects.create(
        query=query, kind=AlertKind.VOLUME, severity=Severity.HIGH, opened_at=hour, first_hour=now, last_hour=now,
        last_at=hour,
    )  # fmt: skip
    [rang, *_] = timeline(room, cast.maud)
    assert (rang.kind, rang.text, rang.who) == ("alert", "Radio", "")
    assert rooms.drop(room, cast.maud, query, name=query.name, now=later(now, minutes=5))
    assert not rooms.drop(room, cast.maud, query, name=query.name, now=later(now, minutes=5))


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time by itself")
@pytest.mark.django_db(transaction=True)
def test_of_two_who_end_a_room_at_once_one_is_told_that_it_was_ended(cast, now):
    room = open_room(cast.stella, name="Fire", why="Down", departments=[cast.news], now=now)
    told = []

    def end(who):
        try:
            end_room(room.__class__.objects.get(pk=room.pk), who, SAID, now=now)
            told.append("ended")
        except Conflict:
            told.append("conflict")
        finally:
            connection.close()

    both = [threading.Thread(target=end, args=(who,)) for who in (cast.stella, cast.maud)]
    for one in both:
        one.start()
    for one in both:
        one.join(20)
    assert sorted(told) == ["conflict", "ended"]
    assert CrisisPause.objects.filter(ended_at=None).count() == 0
    assert log.changed_entries(room) == []
