"""Making forms of files in processes of their own: killed, starved, garbage-fed, they harm nobody and nothing is lost."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta

import psutil
import pytest
from tests.apps.assets import brought, film, photo, render
from tests.worker.box import stop, wait_until

from parvis.assets import machine, renditions
from parvis.assets.models import AssetVersion, Blob, Rendition, RenditionState
from parvis.assets.renditions import MOST_TRIES, Want, as_params, claim_films, claim_pictures, order
from parvis.assets.store import is_there, path_of
from parvis.core.errors import DiskFull, FileNotWorkedOn, FileRefused
from parvis.core.media.wanted import Wanted
from parvis.jobs.claim import extend
from parvis.jobs.models import LiveEvent
from parvis.testing.cast import make_cast
from parvis.testing.clock import MONDAY, later


@pytest.fixture
def files(settings, tmp_path):
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def asset(cast, files):
    return brought(cast.camille, cast.news, photo(900, 600))


def blob_of(asset) -> Blob:
    return asset.versions.get().blob


def wanted(asset, now=MONDAY, *, kind="image", mime="image/jpeg", **bounds) -> Rendition:
    want = Want(blob_id=blob_of(asset).pk, params=as_params(Wanted(name="", kind=kind, mime=mime, **bounds)))
    return order([want], now=now)[want.blob_id, want.key]


def stand(row) -> str:
    row.refresh_from_db()
    return row.state


def own_children() -> list[psutil.Process]:
    return [one for one in psutil.Process().children(recursive=True) if "parvis.assets.child" in _line(one)]


def _line(process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@contextmanager
def killing(find: Callable[[], list[psutil.Process]], *, most: int):
    """Kills the first so many processes that are found while the block runs."""
    killed: set[int] = set()
    is_over = threading.Event()

    def look():
        while not is_over.is_set() and len(killed) < most:
            for process in find():
                if process.pid not in killed and len(killed) < most:
                    os.kill(process.pid, signal.SIGKILL)
                    killed.add(process.pid)
            time.sleep(0.002)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield killed
    finally:
        is_over.set()
        thread.join()


def test_every_form_is_made_within_its_bounds_and_read_back(asset):
    from parvis.core.media.looked import look

    square = wanted(asset, most_width=300, most_height=300, ratio=(1, 1), most_bytes=20_000)
    wide = wanted(asset, mime="image/webp", most_width=400, most_bytes=15_000)
    render()
    for row, width, mime in ((square, 300, "image/jpeg"), (wide, 400, "image/webp")):
        assert (stand(row), row.share, row.leased_by) == (RenditionState.MADE, 1.0, "")
        looked = look(path_of(row.made))
        assert (looked.width, looked.mime, looked.size_bytes) == (width, mime, row.made.size_bytes)
        assert looked.size_bytes <= row.params["most_bytes"] and row.made.facts["width"] == width
    told = LiveEvent.objects.filter(kind="asset", subject_key=asset.pk, facts__state="made")
    assert {event.facts["rendition"] for event in told} >= {square.pk, wide.pk}


def test_process_that_is_killed_mid_way_takes_nothing_with_it_and_is_begun_again(asset, files):
    row = wanted(asset, most_width=300)
    with killing(own_children, most=1) as killed:
        render()
    assert len(killed) == 1
    assert (stand(row), row.try_count, row.leased_by) == (RenditionState.WANTED, 1, "")
    render()  # not yet: it waits a little
    assert stand(row) == RenditionState.WANTED
    render(later(MONDAY, minutes=5))
    assert stand(row) == RenditionState.MADE and is_there(row.made)
    assert list((files / "making").iterdir()) == []


def test_file_that_kills_every_process_is_given_up_with_a_reason(asset):
    Rendition.objects.all().delete()
    row = wanted(asset, most_width=300)
    now = MONDAY
    for _ in range(MOST_TRIES):
        with killing(own_children, most=1):
            render(now)
        now = later(now, minutes=10)
    assert (stand(row), row.error["code"]) == (RenditionState.FAILED, "file_not_worked_on")
    assert "damaged" in row.error["en"] and "abîmé" in row.error["fr"]
    render(now)
    assert stand(row) == RenditionState.FAILED


def test_one_whose_worker_dies_each_time_is_given_up_too(asset):
    row = wanted(asset, most_width=300)
    now = MONDAY
    for _ in range(MOST_TRIES):
        assert claim_pictures(worker="dies", now=now) is not None
        now = later(now, minutes=10)
    assert claim_pictures(worker="next", now=now) is None
    assert stand(row) == RenditionState.FAILED


def test_process_is_bounded_in_time_and_in_memory(asset, files, monkeypatch):
    row = wanted(asset, most_width=300)
    monkeypatch.setattr(machine, "MEMORY_MB", 20)
    render()
    assert (stand(row), row.try_count) == (RenditionState.WANTED, 1)
    monkeypatch.undo()
    task = {"do": "render", "path": str(path_of(blob_of(asset))), "into": str(files), "kind": "image", "wanted": []}
    with pytest.raises(FileNotWorkedOn, match="longer than"):
        asyncio.run(machine.work_on(task, limit_s=0.01))
    assert own_children() == []


def test_garbage_is_refused_in_words_and_not_tried_again(asset):
    Rendition.objects.all().delete()
    row = wanted(asset, most_width=300)
    path_of(blob_of(asset)).write_bytes(b"\xff\xd8\xff" + b"\0" * 5000)
    render()
    assert (stand(row), row.try_count) == (RenditionState.FAILED, 1)
    assert row.error["en"] and row.error["fr"] != row.error["en"]


def test_form_that_cannot_be_fails_alone(asset):
    impossible = wanted(asset, most_bytes=10)
    fine = wanted(asset, most_width=100)
    render()
    assert (stand(impossible), stand(fine)) == (RenditionState.FAILED, RenditionState.MADE)
    assert impossible.error["code"] == "media_unfit"


def test_full_disk_lets_it_wait_and_counts_as_no_try(asset, monkeypatch):
    row = wanted(asset, most_width=300)

    def full(*arguments, **named):
        raise DiskFull

    monkeypatch.setattr(renditions, "keep", full)
    for minutes in range(0, 20, 2):
        render(later(MONDAY, minutes=minutes))
        assert (stand(row), row.try_count) == (RenditionState.WANTED, 0)
    monkeypatch.undo()
    render(later(MONDAY, minutes=30))
    assert stand(row) == RenditionState.MADE


def test_disk_that_fills_in_the_process_is_told_as_such(files, tmp_path):
    def said(errno):
        return machine._outcome({"disk": errno}, "x")

    with pytest.raises(DiskFull):
        said(28)
    with pytest.raises(FileRefused, match="Broken"):
        machine._outcome({"refused": {"en": "Broken.", "fr": "Abîmé."}}, "x")


def test_what_another_worker_holds_is_left_to_it(asset):
    row = wanted(asset, most_width=300)
    held = claim_pictures(worker="other", now=MONDAY)
    assert row in held.rows
    render(later(MONDAY, seconds=30))
    assert stand(row) == RenditionState.MAKING
    assert claim_films(worker="third", now=later(MONDAY, minutes=5)) is None
    render(later(MONDAY, minutes=5))
    assert stand(row) == RenditionState.MADE
    assert not extend(held.rows[0], now=MONDAY, lease_s=5)


def test_form_that_was_taken_over_meanwhile_is_recorded_once(asset):
    row = wanted(asset, most_width=300)
    (lost,) = [one for one in claim_pictures(worker="slow", now=MONDAY).rows if one.pk == row.pk]
    render(later(MONDAY, minutes=5))
    made = Rendition.objects.get(pk=row.pk).made
    renditions.fail(lost, {"code": "x", "en": "x", "fr": "x"}, now=later(MONDAY, minutes=6))
    renditions.put_back([lost], now=later(MONDAY, minutes=6), counts=True, wait=timedelta(0))
    assert stand(row) == RenditionState.MADE and row.made == made


def test_film_becomes_two_shapes_by_one_decode_and_a_photo_does_not_wait_for_it(cast, files, monkeypatch):
    from parvis.worker import rendering

    clip = brought(cast.camille, cast.news, film(3.0, 320, 180), name="clip.mp4")
    tall = wanted(clip, kind="video", mime="video/mp4", ratio=(9, 16))
    square = wanted(clip, kind="video", mime="video/mp4", ratio=(1, 1), most_bytes=100_000)
    still = wanted(brought(cast.camille, cast.news, photo()), most_width=50)
    ended = []
    real = rendering.work_on

    async def noted(task, **named):
        found = await real(task, **named)
        ended.append((task["kind"], len(task["wanted"])))
        return found

    monkeypatch.setattr(rendering, "work_on", noted)
    render()
    assert [stand(row) for row in (tall, square, still)] == [RenditionState.MADE] * 3
    assert ("video", 2) in ended
    width, height = tall.made.facts["width"], tall.made.facts["height"]
    assert height / width == pytest.approx(16 / 9, rel=0.03) and square.made.size_bytes <= 100_000


def test_progress_of_a_film_is_told_while_it_is_made(cast, files, monkeypatch):
    from parvis.worker import rendering

    monkeypatch.setattr(rendering, "TICK_S", 0.02)
    clip = brought(cast.camille, cast.news, film(8.0, 480, 270), name="clip.mp4")
    row = wanted(clip, kind="video", mime="video/mp4", ratio=(1, 1))
    render()
    shares = [
        event.facts["share"]
        for event in LiveEvent.objects.filter(kind="asset", facts__rendition=row.pk).order_by("id")
        if event.facts["state"] == "making"
    ]
    assert stand(row) == RenditionState.MADE
    assert shares == sorted(shares) and any(0 < share < 1 for share in shares)


def test_process_has_a_low_priority_and_loads_nothing_of_django(asset, monkeypatch):
    seen = []

    def look():
        for one in own_children():
            try:
                seen.append((one.nice(), one.memory_info().rss))
            except psutil.Error:
                continue
        return []

    wanted(asset, most_width=300)
    with killing(look, most=1):
        render()
    assert max(nice for nice, _ in seen) == 10 + os.nice(0)
    code = "import parvis.assets.child, sys; sys.exit('django' in sys.modules)"
    assert (
        os.spawnvpe(os.P_WAIT, "env", ["env", os.sys.executable, "-c", code], {**os.environ, "PYTHONPATH": "src"}) == 0
    )


@pytest.mark.slow
def test_killed_worker_leaves_no_process_and_another_ends_the_work(box, settings):
    settings.DATA_DIR, settings.MEDIA_ROOT = box.data, box.data / "files"
    from parvis.worker.process import utc_now

    cast = make_cast()
    clip = brought(cast.camille, cast.news, film(30.0, 640, 360), name="clip.mp4", now=utc_now())
    row = wanted(clip, utc_now(), kind="video", mime="video/mp4", ratio=(1, 1))
    first = box.worker(lease_s=3.0)

    def of_worker():
        return [
            one for one in psutil.Process(first.pid).children(recursive=True) if "parvis.assets.child" in _line(one)
        ]

    wait_until(of_worker, what="its process")
    wait_until(lambda: stand(row) == RenditionState.MAKING)
    orphans = of_worker()
    first.kill()
    first.wait(90)
    wait_until(
        lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in orphans), timeout_s=20
    )
    second = box.worker(lease_s=3.0)
    wait_until(lambda: stand(row) == RenditionState.MADE, what="the second form")
    assert is_there(row.made) and AssetVersion.objects.count() == 1
    third = wanted(clip, utc_now(), kind="video", mime="video/mp4", ratio=(9, 16))
    wait_until(lambda: stand(third) == RenditionState.MAKING)
    assert stop(second) < 10
    assert (stand(third), third.try_count, third.leased_by) == (RenditionState.WANTED, 0, "")
    assert "Traceback" not in box.log()
