"""Files arrive in pieces: nothing mixes, nothing is doubled, nothing half stays, and what is in them is looked at."""

import hashlib
import subprocess

import pytest
from django.db import connection
from tests.apps.assets import arrived, brought, photo, render, store_files
from tests.apps.planning import at_once

from parvis.assets import arriving, machine, uploading
from parvis.assets.keeping import keep_files
from parvis.assets.models import Asset, AssetVersion, Blob, Rendition, Upload, UploadState
from parvis.assets.queries import open_uploads, upload_for
from parvis.assets.services import abandon, append, begin_upload, finish
from parvis.assets.store import GRACE, is_there, path_of, sha256_of
from parvis.assets.written import file_name_from
from parvis.core.errors import (
    BadInput,
    Conflict,
    DiskFull,
    FileNotWorkedOn,
    FileRefused,
    FileTooLarge,
    KindNotTaken,
    LibraryFull,
    NotAllowed,
    NothingToDo,
    PieceOutOfPlace,
)
from parvis.jobs.models import LiveEvent
from parvis.orgs.models import AuditEntry
from parvis.testing.clock import MONDAY, later

pytestmark = pytest.mark.usefixtures("files")


def begun(cast, data, *, name="photo.jpg"):
    return begin_upload(cast.camille, cast.news, name=name, size_bytes=len(data), now=MONDAY)


def with_options(settings, **options):
    settings.OPTIONS = {**settings.OPTIONS, **options}


def test_file_arrives_in_pieces_and_becomes_an_asset_without_its_metadata(cast, now, files):
    data = photo(exif=True)
    asset = brought(cast.camille, cast.news, data, name="Summer_choir.jpg")
    version = asset.versions.select_related("blob").get()
    assert (asset.title, asset.kind, asset.number) == ("Summer choir", "image", 1)
    assert version.removed == ["location", "person_data"]
    assert version.blob.facts["has_location"] is False and version.blob.facts["width"] == 640
    assert version.uploaded_sha256 == hashlib.sha256(data).hexdigest() != version.blob.sha256
    assert sha256_of(path_of(version.blob)) == version.blob.sha256
    assert b"serial 12345" not in path_of(version.blob).read_bytes()
    assert store_files(files) == {f"assets/{version.blob.sha256[:2]}/{version.blob.sha256[2:]}"}
    assert AuditEntry.objects.filter(action="asset.upload", subject_key=str(asset.pk)).exists()
    assert LiveEvent.objects.filter(kind="asset", subject_key=asset.pk, department_key=cast.news.pk).exists()


def test_original_is_kept_beside_only_where_the_house_says_so(cast, settings):
    with_options(settings, PARVIS_KEEP_ORIGINALS=True)
    data = photo(exif=True)
    version = brought(cast.camille, cast.news, data).versions.get()
    assert path_of(version.original).read_bytes() == data
    plain = brought(cast.camille, cast.news, photo(seed=9), name="plain.jpg").versions.get()
    assert plain.original is None and plain.removed == []


def test_same_piece_again_changes_nothing(cast, now):
    data = photo()
    upload = begun(cast, data)
    for _ in range(2):
        assert append(upload, cast.camille, 0, data[:5000], now=now).received_bytes == 5000
    assert append(upload, cast.camille, 3000, data[3000:9000], now=now).received_bytes == 9000
    assert append(upload, cast.camille, 9000, b"", now=now).received_bytes == 9000
    append(upload, cast.camille, 9000, data[9000:], now=now)
    assert sha256_of(uploading.path_of(upload)) == hashlib.sha256(data).hexdigest()


def test_piece_out_of_place_tells_where_it_goes_on(cast, now):
    data = photo()
    upload = begun(cast, data)
    append(upload, cast.camille, 0, data[:1000], now=now)
    for offset in (1001, 10**9, -1):
        with pytest.raises(PieceOutOfPlace) as refused:
            append(upload, cast.camille, offset, b"x", now=now)
        assert refused.value.received_bytes == 1000
    with pytest.raises(PieceOutOfPlace):
        finish(upload, cast.camille, now=now)
    assert upload_for(cast.camille, upload.key).received_bytes == 1000


def test_another_file_under_the_same_upload_is_refused(cast, now):
    data = photo()
    upload = begun(cast, data)
    append(upload, cast.camille, 0, data[:1000], now=now)
    with pytest.raises(Conflict):
        append(upload, cast.camille, 0, b"\0" * 2000, now=now)
    with pytest.raises(BadInput, match="more arrives"):
        append(upload, cast.camille, 1000, data, now=now)
    assert append(upload, cast.camille, 1000, data[1000:], now=now).received_bytes == len(data)


def test_file_that_the_disk_has_lost_is_sent_again_from_there(cast, now):
    data = photo()
    upload = begun(cast, data)
    append(upload, cast.camille, 0, data[:5000], now=now)
    uploading.path_of(upload).write_bytes(data[:2000])
    with pytest.raises(PieceOutOfPlace) as refused:
        append(upload, cast.camille, 5000, data[5000:], now=now)
    assert refused.value.received_bytes == 2000
    append(upload, cast.camille, 2000, data[2000:], now=now)
    assert finish(upload, cast.camille, now=now).asset is not None


def test_full_disk_leaves_everything_as_it_was(cast, now, files, monkeypatch):
    files.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", files], check=False).returncode:
        pytest.skip("a file system of one's own can only be mounted as root")
    try:
        monkeypatch.setattr(uploading, "_DISK_RESERVE_BYTES", -10_000_000)
        data = b"".join(hashlib.sha256(n.to_bytes(4)).digest() for n in range(100_000))
        upload = begun(cast, data)
        append(upload, cast.camille, 0, data[:1_000_000], now=now)
        with pytest.raises(DiskFull):
            append(upload, cast.camille, 1_000_000, data[1_000_000:], now=now)
        assert uploading.path_of(upload).stat().st_size == 1_000_000
        assert upload_for(cast.camille, upload.key).received_bytes == 1_000_000
        subprocess.run(["mount", "-o", "remount,size=20m", files], check=True)
        append(upload, cast.camille, 1_000_000, data[1_000_000:], now=now)
        assert uploading.path_of(upload).read_bytes() == data
        monkeypatch.undo()
        with pytest.raises(DiskFull):
            begun(cast, data)
    finally:
        subprocess.run(["umount", "-l", files], check=False)


def test_disk_that_is_full_when_the_file_is_taken_in_lets_it_be_finished_later(cast, now, monkeypatch):
    upload = arrived(cast.camille, cast.news, photo())

    def full(*arguments, **named):
        raise DiskFull

    monkeypatch.setattr(arriving, "keep", full)
    with pytest.raises(DiskFull):
        finish(upload, cast.camille, now=now)
    upload.refresh_from_db()
    assert (upload.state, upload.error["code"], Asset.objects.count()) == (UploadState.WAITING, "disk_full", 0)
    monkeypatch.undo()
    assert finish(upload, cast.camille, now=now).asset is None
    render(later(now, minutes=2))
    assert finish(upload, cast.camille, now=later(now, minutes=3)).asset == Asset.objects.get()


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_send_the_same_file_cannot_mix_it(cast, now):
    data = b"".join(hashlib.sha256(bytes([n % 256])).digest() for n in range(20_000))
    upload = begun(cast, data)

    def tab():
        offset, mine = 0, Upload.objects.get(pk=upload.pk)
        while offset < len(data):
            try:
                offset = append(mine, cast.camille, offset, data[offset : offset + 37_777], now=now).received_bytes
            except PieceOutOfPlace as error:
                offset = error.received_bytes

    assert at_once(tab, tab) == []
    assert uploading.path_of(upload).read_bytes() == data


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time by itself")
@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_finish_at_once_make_one_asset(cast, now):
    upload = arrived(cast.camille, cast.news, photo())

    def tab():
        finish(Upload.objects.get(pk=upload.pk), cast.camille, now=now)

    assert at_once(tab, tab) == []
    assert (Asset.objects.count(), AssetVersion.objects.count()) == (1, 1)


def test_same_bytes_again_offer_the_asset_that_is_there(cast, now, files):
    data = photo(exif=True)
    first = brought(cast.camille, cast.news, data)
    again = finish(arrived(cast.conrad, cast.news, data, name="other.jpg"), cast.conrad, now=now)
    assert (again.asset, again.is_known) == (first, True)
    cleaned = path_of(first.versions.get().blob).read_bytes()
    assert finish(arrived(cast.camille, cast.news, cleaned), cast.camille, now=now).asset == first
    elsewhere = finish(arrived(cast.sam, cast.sport, data), cast.sam, now=now)
    assert not elsewhere.is_known and elsewhere.asset != first
    assert Blob.objects.filter(kind="image").count() == 1 == len(store_files(files))


def test_better_file_becomes_the_next_version_and_the_old_one_stays(cast, now):
    asset = brought(cast.camille, cast.news, photo())
    upload = arrived(cast.camille, cast.news, photo(seed=50), name="better.jpg")
    assert finish(upload, cast.camille, now=later(now, minutes=1), asset=asset, note="sharper").asset == asset
    asset.refresh_from_db()
    assert (asset.number, asset.title) == (2, "photo")
    assert [(row.number, row.name, row.note) for row in asset.versions.order_by("number")] == [
        (1, "photo.jpg", ""), (2, "better.jpg", "sharper"),
    ]  # fmt: skip
    assert AuditEntry.objects.filter(action="asset.replace").count() == 1
    with pytest.raises(NotAllowed):
        finish(arrived(cast.conrad, cast.news, photo(seed=70)), cast.conrad, now=now, asset=asset)
    own = brought(cast.conrad, cast.news, photo(seed=71))
    assert finish(arrived(cast.conrad, cast.news, photo(seed=72)), cast.conrad, now=now, asset=own).asset == own


@pytest.mark.parametrize(
    "data",
    [b"\xff\xd8\xff\xe0 no picture at all", b"<html><script>alert(1)</script></html>", b"\0" * 5000, b"MZ\x90\0" * 99,
     b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', photo()[:-3000]],
    ids=["cut", "html", "nothing", "program", "svg", "half"],
)  # fmt: skip
def test_garbage_named_jpg_is_refused_in_words_and_leaves_nothing(data, cast, now, files):
    upload = arrived(cast.camille, cast.news, data)
    with pytest.raises(FileRefused) as refused:
        finish(upload, cast.camille, now=now)
    assert "photo.jpg" in refused.value.text.en and refused.value.text.fr != refused.value.text.en
    upload.refresh_from_db()
    assert (upload.state, upload.error["code"]) == (UploadState.FAILED, "file_refused")
    assert store_files(files) == set() and Asset.objects.count() == 0
    assert LiveEvent.objects.filter(kind="asset", facts__state="failed").exists()


def test_picture_that_bursts_the_bounds_of_its_process_harms_nobody(cast, now, files, monkeypatch):
    monkeypatch.setattr(machine, "MEMORY_MB", 20)
    with pytest.raises(FileNotWorkedOn):
        finish(arrived(cast.camille, cast.news, photo()), cast.camille, now=now)
    assert store_files(files) == set()


def test_what_the_house_does_not_take_is_refused_by_its_bytes(cast, now, settings):
    with_options(settings, PARVIS_UPLOAD_KINDS=("video",))
    with pytest.raises(KindNotTaken):
        finish(arrived(cast.camille, cast.news, photo(), name="film.mp4"), cast.camille, now=now)
    with_options(settings, PARVIS_UPLOAD_MB=1)
    with pytest.raises(FileTooLarge):
        begin_upload(cast.camille, cast.news, name="a", size_bytes=1_000_001, now=now)
    with_options(settings, PARVIS_LIBRARY_GB=1, PARVIS_UPLOAD_MB=1000)
    begin_upload(cast.camille, cast.news, name="a", size_bytes=600_000_000, now=now)
    with pytest.raises(LibraryFull):
        begin_upload(cast.camille, cast.news, name="b", size_bytes=600_000_000, now=now)


def test_empty_file_is_refused_at_once(cast, now):
    for size_bytes in (0, -5):
        with pytest.raises(BadInput, match="empty"):
            begin_upload(cast.camille, cast.news, name="a.jpg", size_bytes=size_bytes, now=now)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Users\\ada\\été.jpg", "été.jpg"), ("a/b/", "file"), ("", "file"),
        ("..", "file"), ("صورة.jpg", "صورة.jpg"), ("photo\u202egpj.exe", "photo gpj.exe"), ("a\0b.jpg", "a b.jpg"),
        ("x" * 300 + ".jpeg", "x" * 195 + ".jpeg"), ("\n\t .", "file"), ("x" * 300, "x" * 200),
    ],
)  # fmt: skip
def test_any_name_is_kept_as_one_that_can_be_shown(written, kept, cast, now):
    assert file_name_from(written) == kept
    upload = begin_upload(cast.camille, cast.news, name=written, size_bytes=5, now=now)
    assert upload_for(cast.camille, upload.key).name == kept


def test_upload_is_its_own_persons_alone(cast, now):
    data = photo()
    upload = begun(cast, data)
    for other in (cast.maud, cast.sam, cast.anna):
        with pytest.raises(NotAllowed):
            append(upload, other, 0, data, now=now)
        with pytest.raises(NotAllowed):
            finish(upload, other, now=now)
        assert upload_for(other, upload.key) is None
    for member, department in ((cast.anna, cast.news), (cast.sam, cast.news)):
        with pytest.raises(NotAllowed):
            begin_upload(member, department, name="a", size_bytes=5, now=now)
    assert begin_upload(cast.conrad, cast.news, name="a", size_bytes=5, now=now).pk


def test_abandoned_and_forgotten_uploads_leave_nothing(cast, now, files):
    data = photo()
    left, forgotten = begun(cast, data), begun(cast, data)
    append(left, cast.camille, 0, data[:100], now=now)
    abandon(left, cast.camille, now=now)
    with pytest.raises(NothingToDo):
        append(left, cast.camille, 100, data[100:], now=now)
    assert open_uploads(cast.camille) == [forgotten]
    keep_files(later(now, days=1))
    assert open_uploads(cast.camille) == [forgotten]
    keep_files(later(now, days=3))
    assert open_uploads(cast.camille) == [] and store_files(files) == set()


def test_large_file_is_looked_into_by_a_worker(cast, now, monkeypatch):
    monkeypatch.setattr(arriving, "AT_ONCE_BYTES", 10)
    upload = arrived(cast.camille, cast.news, photo())
    assert finish(upload, cast.camille, now=now, title="The choir").asset is None
    render(now)
    done = finish(upload, cast.camille, now=now)
    assert (done.asset.title, done.upload.state) == ("The choir", UploadState.DONE)
    assert LiveEvent.objects.filter(kind="asset", facts__upload=str(upload.key)).exists()
    bad = arrived(cast.camille, cast.news, b"nothing that anybody can read")
    finish(bad, cast.camille, now=now)
    render(now)
    bad.refresh_from_db()
    assert bad.state == UploadState.FAILED


def test_files_that_nothing_names_any_more_go_after_a_grace(cast, now, files):
    from parvis.assets.services import delete_asset

    asset = brought(cast.camille, cast.news)
    render(now)
    assert Rendition.objects.get().state == "made" and len(store_files(files)) == 2
    blob = asset.versions.get().blob
    delete_asset(asset, cast.maud, now=now)
    keep_files(later(now, days=1))
    assert is_there(blob)
    again = brought(cast.camille, cast.news, now=later(now, days=6))
    keep_files(now + GRACE * 1.2)
    assert is_there(blob) and again.versions.get().blob == blob
    delete_asset(again, cast.maud, now=now + GRACE * 1.2)
    keep_files(now + GRACE * 3)
    keep_files(now + GRACE * 3)
    assert store_files(files) == set() and Blob.objects.count() == 0
