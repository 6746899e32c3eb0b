"""Posts from a table: read in any usual form, checked without a trace, taken in once each, wherever it stops."""

import csv
import io
import time
from datetime import date, timedelta
from functools import partial

import pytest
from tests.apps.planning import at_once
from tests.apps.publishing import written

from parvis.channels.registry import added
from parvis.core.errors import BadInput, FileNotUnderstood, NotAllowed, NothingToDo
from parvis.flows import importing_posts
from parvis.jobs.models import Job, JobState
from parvis.jobs.work import run_jobs
from parvis.publishing.campaigns import save_campaign
from parvis.publishing.importing import (
    check_table,
    earlier_run,
    hand_in,
    import_step,
    outcomes,
    plan_approved_rows,
    results,
    take_in,
)
from parvis.publishing.models import Post, PostFile, PostFileRow, PostState, Publication
from parvis.publishing.pillars import save_pillar
from parvis.publishing.rules import set_rule
from parvis.publishing.services import vote
from parvis.publishing.tables import defused, read_day, read_table, read_time
from parvis.testing.factories import make_channel
from parvis.testing.simulated import simulated

assert importing_posts  # registers the kind of job
HEAD = "date,time,zone,channels,title,text,link,labels,campaign,pillar"


@pytest.fixture(autouse=True)
def platform():
    with added(simulated()):
        yield


@pytest.fixture
def channel(cast):
    return make_channel(cast.news, connector="simulated", name="Our toots", can=["upload", "publish"])


def table(*lines, head="date,time,channels,text"):
    return "\n".join([head, *lines]).encode()


def check(cast, data, now, **fields):
    read = read_table(data, name="posts.csv")
    return check_table(read, cast.news, cast.camille, zone="Europe/Zurich", now=now, **fields)


def hand(cast, data, now, **fields):
    return hand_in(data, cast.news, cast.camille, name="posts.csv", zone="Europe/Zurich", now=now, **fields)


def codes(row):
    return [fault.code for fault in row.faults]


TEXT = 'date;text;étiquettes\n2027-01-01;"Übergröße, «\u202foui\u202f»\nand a second line";a\n'
WINDOWS = TEXT.replace("\u202f", "\u00a0")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"), (b"\xef\xbb\xbf" + TEXT.encode(), "utf-8-sig"), (TEXT.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16"), (TEXT.encode("utf-16-le"), "utf-16-le"),
        (WINDOWS.encode("cp1252"), "cp1252"), (TEXT.replace("\n", "\r\n").encode(), "utf-8"),
        (TEXT.replace(";", "\t").encode(), "utf-8"),
    ],
)  # fmt: skip
def test_tables_are_read_in_any_usual_encoding(data, encoding):
    read = read_table(data, name="posts.csv")
    assert read.encoding == encoding
    [(number, cells)] = read.rows
    assert number == 2
    assert cells["text"].replace("\u00a0", "\u202f") == "Übergröße, «\u202foui\u202f»\nand a second line"
    assert cells["labels"] == "a"


def test_columns_have_french_names_too_and_unknown_ones_are_told():
    read = read_table(b"Jour;Heure;Canaux;Texte;Prix\n1.2.2027;9h30;A;Bonjour;3", name="x")
    assert read.rows[0][1] == {"date": "1.2.2027", "time": "9h30", "channels": "A", "text": "Bonjour"}
    assert read.unknown == ("Prix",)


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b"date,time\n1,2\n", b'text\n"open', b"text,text\na,b\n", b"\xff\xfe\x00", b"text\n\x81\x8d"],
)
def test_what_is_no_table_says_why(data):
    with pytest.raises(FileNotUnderstood):
        read_table(data, name="posts.csv")


@pytest.mark.parametrize(
    ("written_", "day"),
    [
        ("2027-03-05", date(2027, 3, 5)), ("5.3.2027", date(2027, 3, 5)), ("05.03.2027", date(2027, 3, 5)),
        ("25/03/2027", date(2027, 3, 25)), ("03/25/2027", date(2027, 3, 25)), ("05/05/2027", date(2027, 5, 5)),
    ],
)  # fmt: skip
def test_days_are_read_as_they_are_written(written_, day):
    assert read_day(written_) == day


def test_a_day_that_could_be_two_is_told_and_not_guessed():
    with pytest.raises(BadInput, match="two days"):
        read_day("05/03/2027")
    assert read_day("05/03/2027", day_order="dmy") == date(2027, 3, 5)
    assert read_day("05/03/2027", day_order="mdy") == date(2027, 5, 3)


@pytest.mark.parametrize("wrong", ["31.2.2027", "tomorrow", "2027-13-01", "1/2/27", "", "0001-01-01", "9999-12-31"])
def test_what_is_no_day_is_refused(wrong):
    with pytest.raises(BadInput):
        read_day(wrong)


@pytest.mark.parametrize(("written_", "hour"), [("9:05", 9), ("09:05:30", 9), ("9h05", 9), ("9 h", 9), ("17.30", 17)])
def test_times_are_read_as_they_are_written(written_, hour):
    assert read_time(written_).hour == hour
    with pytest.raises(BadInput):
        read_time("25:00")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", " =1", "\n=1"])
def test_formulas_are_defused_on_the_way_out(cell):
    assert defused(cell) == f"'{cell}"
    assert defused(f"say {cell}") == f"say {cell}"


@pytest.mark.django_db
def test_the_dry_run_writes_nothing(cast, channel, now, django_assert_max_num_queries):
    data = table(*[f"2027-01-{day:02},9:00,Our toots,Text number {day}" for day in range(1, 29)])
    with django_assert_max_num_queries(15):
        rows = check(cast, data, now)
    assert len(rows) == 28
    assert all(row.is_fit for row in rows)
    assert not Post.objects.exists()
    assert not PostFile.objects.exists()


@pytest.mark.django_db
def test_every_row_is_checked_as_the_composer_would(cast, channel, now):
    make_channel(cast.news, connector="simulated", name="Twin", can=["publish"])
    make_channel(cast.news, connector="simulated", name="Twin", can=["publish"])
    make_channel(cast.news, connector="simulated", name="Deaf", can=[])
    post = written(cast.camille, cast.news, [channel], now=now, text="Said before")
    from tests.apps.publishing import planned

    planned(post, cast.camille, at=now + timedelta(days=1), now=now)
    lines = {
        "2027-01-01,9:00,Our toots,Fine": [],
        "2027-01-01,9:00,Nowhere,Text a": ["no_channel"],
        "2027-01-01,9:00,Twin,Text b": ["no_channel"],
        "2027-01-02,9:00,,Text c": ["no_channel"],
        "2027-01-02,9:00,Our toots,": ["empty", "empty"],
        "2027-01-02,9:01,Deaf,Text d": ["not_offered"],
        "2020-01-01,9:00,Our toots,Text e": ["time"],
        "2027-03-28,2:30,Our toots,Text f": ["time"],
        "2027-10-31,2:30,Our toots,Text g": ["twice"],
        "05/03/2027,9:00,Our toots,Text h": ["time"],
        "2027-01-03,,Our toots,Text i": ["time"],
        ",,Our toots,Text j": [],
        "2027-01-05,9:00,Our toots,Said before": ["repeated"],
        "2027-01-06,9:00,Our toots,Twice here": [],
        "2027-01-07,9:00,Our toots,Twice here": ["repeated"],
        "2027-01-06,9:00,Our toots,Same minute": ["same_minute"],
    }
    rows = check(cast, table(*lines), now)
    assert [sorted(codes(row)) for row in rows] == [sorted(wanted) for wanted in lines.values()]
    gap = rows[7].faults[0].words.en
    assert "01:59" in gap
    assert "03:00" in gap
    assert [row.number for row in rows[:2]] == [2, 3]


@pytest.mark.django_db
def test_channels_of_others_and_unknown_names_are_faults(cast, channel, now):
    make_channel(cast.sport, connector="simulated", name="Goals", can=["publish"])
    [row] = check(
        cast, table("2027-01-01,9:00,Goals,Text,Nothing,None", head="date,time,channels,text,campaign,pillar"), now
    )
    assert sorted(codes(row)) == ["no_campaign", "no_channel", "no_pillar"]
    with pytest.raises(NotAllowed):
        check_table(read_table(table(), name="x"), cast.sport, cast.camille, zone="UTC", now=now)
    with pytest.raises(BadInput):
        check_table(read_table(table(), name="x"), cast.news, cast.camille, zone="Nowhere", now=now)


@pytest.mark.django_db
def test_rows_become_posts_with_all_that_they_say(cast, channel, now):
    campaign = save_campaign(cast.news, cast.camille, name="Open day", now=now, utm={"medium": "social"})
    pillar = save_pillar(cast.news, cast.camille, name="Music", now=now)
    line = '2027-01-01,9:00,America/New_York,Our toots,A title,"Two\nlines https://a.example/",,"a; b",open DAY,music'
    file = hand(cast, table(line, head=HEAD), now)
    assert not Post.objects.exists()
    job = take_in(file, cast.camille, now=now)
    run_jobs("w", now)
    post = Post.objects.get()
    assert (post.title, post.state, post.due_local, post.zone) == (
        "A title", PostState.PLANNED, "2027-01-01T09:00:00", "America/New_York",
    )  # fmt: skip
    assert (post.campaign, post.pillar) == (campaign, pillar)
    assert set(post.labels.values_list("name", flat=True)) == {"a", "b"}
    assert (
        Publication.objects.get().content["text"]
        == "Two\nlines https://a.example/?utm_source=simulated&utm_medium=social"
    )
    job.refresh_from_db()
    assert (job.state, job.done_count, job.problem_count) == (JobState.DONE, 1, 0)
    assert outcomes(file) == {"planned": 1, "unfit": 0}


@pytest.mark.django_db
def test_what_is_not_fit_stays_out_and_drafts_get_no_time(cast, channel, now):
    file = hand(cast, table("2027-01-01,9:00,Our toots,Fine", "2020-01-01,9:00,Our toots,Late"), now)
    take_in(file, cast.camille, now=now, is_draft_only=True)
    run_jobs("w", now)
    post = Post.objects.get()
    assert (post.state, post.due_local) == (PostState.DRAFT, "2027-01-01T09:00:00")
    assert not Publication.objects.exists()
    assert outcomes(file) == {"draft": 1, "unfit": 1}
    with pytest.raises(NothingToDo):
        take_in(file, cast.camille, now=now)


@pytest.mark.django_db
def test_where_approval_is_needed_it_is_asked_and_gives_each_its_time(cast, channel, now):
    set_rule(cast.news, cast.maud, "one", now=now)
    file = hand(cast, table("2027-01-01,9:00,Our toots,One", "2027-01-02,9:00,Our toots,Two"), now)
    take_in(file, cast.camille, now=now)
    run_jobs("w", now)
    assert outcomes(file) == {"asked": 2, "unfit": 0}
    first, second = Post.objects.order_by("pk")
    vote(first.requests.get(), cast.maud, "approve", now=now)
    vote(second.requests.get(), cast.maud, "refuse", note="No", now=now)
    assert plan_approved_rows(now=now) == 1
    first.refresh_from_db()
    assert (first.state, Publication.objects.get().post) == (PostState.PLANNED, first)
    assert plan_approved_rows(now=now) == 0


@pytest.mark.django_db
def test_a_run_that_stops_goes_on_and_doubles_no_row(cast, channel, now, monkeypatch):
    file = hand(cast, table(*[f"2027-01-{day:02},9:00,Our toots,Number {day}" for day in range(1, 29)]), now)
    monkeypatch.setattr("parvis.publishing.importing.ROWS_A_STEP", 5)
    job = take_in(file, cast.camille, now=now)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, leased_by="killed")
    job.refresh_from_db()
    for _ in range(2):
        assert not import_step(job, now=now)
    assert Post.objects.count() == 10
    Job.objects.filter(pk=job.pk).update(state=JobState.WAITING, leased_by="", cursor={})  # and its place is lost, too
    while run_jobs("w", now):
        pass
    assert Post.objects.count() == 28 == Publication.objects.count()
    assert PostFileRow.objects.filter(post__isnull=False).count() == 28


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_each_row_once(cast, channel, now):
    file = hand(cast, table(*[f"2027-01-{day:02},9:00,Our toots,Number {day}" for day in range(1, 11)]), now)
    take_in(file, cast.camille, now=now)
    assert at_once(partial(run_jobs, "a", now), partial(run_jobs, "b", now)) == []
    run_jobs("c", now)
    assert Post.objects.count() == 10


@pytest.mark.django_db
def test_results_come_as_a_table_without_formulas(cast, channel, now):
    file = hand(cast, table("2027-01-01,9:00,Our toots,=1+1", "2020-01-01,9:00,Our toots,Late"), now)
    take_in(file, cast.camille, now=now)
    run_jobs("w", now)
    head, first, second = csv.reader(io.StringIO(results(file), newline=""))
    assert head[:4] == ["row", "outcome", "post", "faults"]
    assert (first[1], first[-1]) == ("planned", "'=1+1")
    assert second[1] == "not fit"
    assert "over" in second[3]


@pytest.mark.django_db
def test_the_same_file_again_is_told(cast, channel, now):
    data = table("2027-01-01,9:00,Our toots,Fine")
    first = hand(cast, data, now)
    assert earlier_run(hand(cast, data, now)) is None
    take_in(first, cast.camille, now=now)
    assert earlier_run(hand(cast, data, now)) == first


@pytest.mark.django_db
def test_two_thousand_rows_are_taken_in_within_twenty_seconds(cast, channel, now):
    lines = [
        f"{date(2027, 6, 1) + timedelta(days=n // 20)},{n % 20}:{n % 60:02},Our toots,Number {n} of many"
        for n in range(2000)
    ]
    start_s = time.process_time()
    file = hand(cast, table(*lines), now)
    checked_s = time.process_time() - start_s
    take_in(file, cast.camille, now=now)
    while run_jobs("w", now) and outcomes(file).get(""):
        pass
    spent_s = time.process_time() - start_s
    assert outcomes(file) == {"planned": 2000, "unfit": 0}
    print(f"checked in {checked_s:.1f} s, all in {spent_s:.1f} s")
    assert spent_s < 20
