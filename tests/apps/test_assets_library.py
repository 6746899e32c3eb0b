"""The library: who sees and changes what, folders, versions, captions, what is found, and what cannot be deleted."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from tests.apps.assets import brought, film, photo, render, store_files

from parvis.assets.keeping import keep_files
from parvis.assets.models import Asset, AssetUse, AssetVersion, Blob, Caption, Folder, Rendition
from parvis.assets.queries import (
    Wanted,
    asset_for,
    caption_for,
    captions_of,
    expiring_rights,
    folders_of,
    previews_for,
    search_assets,
    tags_of,
    version_for,
    versions_of,
)
from parvis.assets.renditions import Want, as_params, order
from parvis.assets.services import (
    RightWish,
    add_right,
    archive_asset,
    bring_back_asset,
    change_asset,
    create_folder,
    delete_asset,
    delete_folder,
    import_captions,
    move_folder,
    remove_captions,
    rename_folder,
    restore_version,
    save_captions,
    wish_of,
)
from parvis.assets.uses import note_uses
from parvis.core.errors import AssetInUse, BadInput, Conflict, NotAllowed, NothingToDo, ParvisError, TextTooLong
from parvis.orgs.models import AuditEntry
from parvis.testing.clock import later

pytestmark = pytest.mark.usefixtures("files")
SRT = "1\n00:00:00,100 --> 00:00:00,500\nBonjour à toutes\n\n2\n00:00:00,600 --> 00:00:00,900\net à tous\n"


@pytest.fixture
def asset(cast):
    return brought(cast.camille, cast.news)


def found(member, **wanted):
    return [one.title for one in search_assets(member, Wanted(**wanted))]


def test_asset_is_seen_and_changed_only_where_its_department_is(cast, asset, now):
    version = asset.versions.get()
    for stranger in (cast.sam,):
        assert asset_for(stranger, asset.pk) is None and version_for(stranger, version.pk) is None
        assert search_assets(stranger) == [] and tags_of(stranger) == []
        with pytest.raises(NotAllowed):
            change_asset(asset, stranger, wish_of(asset), now=now)
    assert asset_for(cast.anna, asset.pk).current == version
    for member in (cast.anna,):
        with pytest.raises(NotAllowed):
            change_asset(asset, member, wish_of(asset), now=now)
    for work in (archive_asset, delete_asset):
        with pytest.raises(NotAllowed):
            work(asset, cast.conrad, now=now)


def test_what_is_written_about_it_is_kept_and_nobody_overwrites_anybody(cast, asset, now):
    wish = replace(
        wish_of(asset), title="Le chœur d’été", alt={"fr": "Un chœur", "en": "A choir", "de": " "}, credit="Ada Lovelace",
        tags=("#Été", "été", "Chœur"), shows_people=True, focus=(0.25, 1.0), licence="CC BY 4.0", source="agence",
    )  # fmt: skip
    change_asset(asset, cast.conrad, wish, now=later(now, minutes=1), revision=asset.revision)
    kept = asset_for(cast.camille, asset.pk)
    assert wish_of(kept) == replace(wish, alt={"fr": "Un chœur", "en": "A choir"}, tags=("Été", "Chœur"))
    with pytest.raises(Conflict):
        change_asset(kept, cast.camille, wish_of(kept), now=now, revision=kept.revision - 1)
    for bad in ({"focus": (1.5, 0.0)}, {"alt": {"not a tag!": "x"}}, {"credit": "x" * 301}, {"title": " "}):
        with pytest.raises(BadInput):
            change_asset(kept, cast.camille, replace(wish, **bad), now=now)
    assert AuditEntry.objects.filter(action="asset.change").count() == 1


def test_it_is_found_by_every_word_that_stands_about_it_however_it_is_spelt(cast, asset, now):
    other = brought(cast.camille, cast.news, photo(seed=5), name="DSC_0042.jpg")
    wish = replace(wish_of(asset), title="Le chœur d’été", alt={"fr": "Sur la place"}, credit="Müller", tags=("Fête",))
    change_asset(asset, cast.camille, wish, now=later(now, minutes=1))
    for words in ("choeur", "CHŒUR été", "muller", "fete place", "photo", "cho"):
        assert found(cast.camille, words=words) == ["Le chœur d’été"], words
    assert found(cast.camille, words="dsc 0042") == [other.title]
    assert found(cast.camille, words="nothing such") == [] == found(cast.camille, words="%")[2:]
    assert found(cast.camille, tag="FETE") == ["Le chœur d’été"] and tags_of(cast.camille) == [("Fête", 1)]
    assert found(cast.camille, kinds=("video",)) == []


def test_folders_hold_each_other_and_their_assets(cast, asset, now):
    summer = create_folder(cast.conrad, cast.news, "Summer", now=now)
    choir = create_folder(cast.camille, cast.news, "a/b choir", now=now, parent=summer)
    change_asset(asset, cast.camille, replace(wish_of(asset), folder=choir), now=now)
    assert [(one.path, one.asset_count) for one in folders_of(cast.anna)] == [
        ("/summer/", 0), ("/summer/a b choir/", 1),
    ]  # fmt: skip
    assert found(cast.camille, folder=summer) == ["photo"] and found(cast.camille, folder=summer, is_deep=False) == []
    with pytest.raises(BadInput, match="of that name"):
        create_folder(cast.camille, cast.news, "SUMMER", now=now)
    with pytest.raises(BadInput, match="in itself"):
        move_folder(summer, cast.camille, choir, now=now)
    with pytest.raises(BadInput, match="folders in it"):
        delete_folder(summer, cast.camille, now=now)
    rename_folder(summer, cast.camille, "Été %_", now=now)
    choir.refresh_from_db()
    assert choir.path.startswith("/ete") and choir.path.endswith("/a b choir/")
    move_folder(choir, cast.camille, None, now=now)
    assert found(cast.camille, folder=summer) == [] and found(cast.camille, folder=choir) == ["photo"]
    delete_folder(choir, cast.camille, now=now)
    asset.refresh_from_db()
    assert asset.folder is None
    assert folders_of(cast.sam) == []
    with pytest.raises(NotAllowed):
        create_folder(cast.sam, cast.news, "x", now=now)
    elsewhere = create_folder(cast.sam, cast.sport, "x", now=now)
    with pytest.raises(BadInput):
        change_asset(asset, cast.olive, replace(wish_of(asset), folder=elsewhere), now=now)
    deepest = None
    with pytest.raises(BadInput, match="deep"):
        for number in range(12):
            deepest = create_folder(cast.camille, cast.news, f"level {number}", now=now, parent=deepest)
    assert Folder.objects.filter(department=cast.news).count() < 12


def test_used_asset_is_archived_and_never_deleted(cast, asset, now):
    note_uses("post", 7, [asset.pk])
    with pytest.raises(AssetInUse) as refused:
        delete_asset(asset, cast.maud, now=now)
    assert "1" in refused.value.text.fr
    archive_asset(asset, cast.maud, now=now)
    assert found(cast.camille) == [] and found(cast.camille, is_archived=True, is_used=True) == ["photo"]
    with pytest.raises(NothingToDo):
        archive_asset(asset, cast.maud, now=now)
    bring_back_asset(asset, cast.maud, now=now)
    note_uses("post", 7, [])
    assert found(cast.camille, is_used=False) == ["photo"]
    delete_asset(asset, cast.maud, now=now)
    assert not Asset.objects.exists() and not AssetVersion.objects.exists()
    assert AuditEntry.objects.filter(action="asset.delete").exists()


def test_paper_that_proves_a_right_is_not_deleted(cast, asset, now):
    paper = brought(cast.camille, cast.news, b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n", name="signed.pdf")
    assert (paper.kind, paper.title) == ("pdf", "signed")
    add_right(asset, cast.conrad, RightWish(kind="consent", holder="Ada", document=paper), now=now)
    with pytest.raises(AssetInUse):
        delete_asset(paper, cast.maud, now=now)


def test_rights_that_end_soon_are_told(cast, asset, now):
    day = now.date()
    add_right(asset, cast.camille, RightWish(kind="right", holder="Agency", ends_on=date(2026, 12, 1)), now=now)
    assert [right.holder for right in expiring_rights(cast.anna, today=day)] == ["Agency"]
    assert expiring_rights(cast.sam, today=day) == []
    assert found(cast.camille, expires_by=date(2026, 12, 1)) == ["photo"]
    assert found(cast.camille, expires_by=date(2026, 11, 30)) == []
    with pytest.raises(BadInput, match="before it begins"):
        add_right(
            asset, cast.camille,
            RightWish(kind="right", holder="A", starts_on=date(2026, 2, 1), ends_on=date(2026, 1, 1)), now=now,
        )  # fmt: skip


def test_earlier_version_comes_back_as_the_newest(cast, asset, now):
    from tests.apps.assets import arrived

    from parvis.assets.services import finish

    finish(arrived(cast.camille, cast.news, photo(seed=9)), cast.camille, now=now, asset=asset)
    asset.refresh_from_db()
    restore_version(asset, cast.camille, 1, now=now)
    rows = list(versions_of(asset))
    assert [row.number for row in rows] == [3, 2, 1] and rows[0].blob == rows[2].blob != rows[1].blob
    assert asset.number == 3 == asset_for(cast.anna, asset.pk).current.number
    with pytest.raises(NothingToDo):
        restore_version(asset, cast.camille, 9, now=now)


def test_subtitles_are_read_written_on_and_every_state_stays(cast, now):
    asset = brought(cast.camille, cast.news, film(), name="film.mp4")
    version = asset.versions.get()
    first = import_captions(version, cast.conrad, SRT.encode("utf-8-sig"), name="a.srt", language="fr-CH", now=now)
    assert first.vtt.startswith("WEBVTT") and "Bonjour à toutes" in first.vtt
    second = save_captions(first, cast.camille, first.vtt.replace("toutes", "vous toutes"), now=now)
    with pytest.raises(Conflict):
        save_captions(first, cast.conrad, first.vtt.replace("Bonjour", "Salut"), now=now)
    assert [row.number for row in captions_of(version, language="fr-CH")] == [2, 1]
    assert list(captions_of(version)) == [second] == versions_of(asset)[0].subtitles
    assert caption_for(cast.sam, second.pk) is None and caption_for(cast.anna, second.pk) == second
    with pytest.raises(BadInput, match="3"):
        import_captions(version, cast.camille, b"1\n00:00:01,000 --> 00:00:02,000\nx\n\nnonsense\n00:99\n".replace(b"00:00:02,000", b"never"), name="a.srt", language="de", now=now)  # fmt: skip
    with pytest.raises(TextTooLong):
        import_captions(version, cast.camille, b"x" * 3_000_000, name="a.srt", language="de", now=now)
    remove_captions(second, cast.camille, now=now)
    assert list(captions_of(version)) == [] and Caption.objects.count() == 2
    with pytest.raises(BadInput):
        import_captions(brought(cast.camille, cast.news).versions.get(), cast.camille, SRT.encode(), name="a", language="fr", now=now)  # fmt: skip


def test_library_shows_a_small_picture_of_photos_and_films(cast, now):
    still, moving = (
        brought(cast.camille, cast.news, photo(3000, 2000)),
        brought(cast.camille, cast.news, film(), name="f"),
    )
    versions = [still.versions.get(), moving.versions.get()]
    assert previews_for(versions) == {}
    render(now)
    found = previews_for(versions)
    assert {found[version.pk].mime for version in versions} == {"image/jpeg"}
    assert found[versions[0].pk].facts["width"] == 640 and found[versions[1].pk].facts["width"] == 160


def test_forms_that_nobody_asks_for_go_and_what_the_library_shows_stays(cast, asset, now, files):
    from parvis.core.media.wanted import Wanted as Form

    form = Want(blob_id=asset.versions.get().blob_id, params=as_params(Form(name="", kind="image", mime="image/png")))
    order([form], now=now)
    render(now)
    keep_files(later(now, days=29))
    assert Rendition.objects.count() == 2
    order([form], now=later(now, days=29))
    keep_files(later(now, days=50))
    assert Rendition.objects.count() == 2
    keep_files(later(now, days=60))
    keep_files(later(now, days=80))
    assert [row.params.get("preview") for row in Rendition.objects.all()] == [True]
    assert len(store_files(files)) == 2 == Blob.objects.count()


def test_uses_are_written_once_and_taken_away_again(cast, asset, now):
    other = brought(cast.camille, cast.news, photo(seed=5))
    note_uses("post", 1, {asset.pk, other.pk})
    note_uses("post", 1, {other.pk})
    note_uses("publication", 1, {other.pk})
    assert set(AssetUse.objects.values_list("asset", "subject")) == {(other.pk, "post"), (other.pk, "publication")}


def many_assets(cast, now, count):
    blob = Blob.objects.create(sha256="ab" * 32, size_bytes=1, mime="image/jpeg", kind="image", created_at=now)
    rows = Asset.objects.bulk_create(
        Asset(
            department=cast.news, title=f"Picture {number}", kind="image", created_by=cast.camille, created_at=now,
            updated_at=later(now, seconds=number // 3), search_text=f" picture {number} choir summer ",
        )
        for number in range(count)
    )  # fmt: skip
    AssetVersion.objects.bulk_create(
        AssetVersion(asset=row, number=1, blob=blob, uploaded_sha256="", name="a", member=cast.camille, at=now)
        for row in rows
    )
    return rows


def test_pages_follow_each_other_without_a_gap_in_few_queries(cast, now, django_assert_max_num_queries):
    rows = many_assets(cast, now, 40)
    member, seen, before = cast.anna, [], None
    while True:
        with django_assert_max_num_queries(5):
            page = search_assets(member, Wanted(words="choir"), before=before, limit=7)
        if not page:
            break
        seen += [one.pk for one in page]
        before = (page[-1].updated_at, page[-1].pk)
    assert seen == [row.pk for row in sorted(rows, key=lambda row: (row.updated_at, row.pk), reverse=True)]


def test_list_of_a_department_goes_by_its_index(cast, now):
    many_assets(cast, now, 5)
    rows = Asset.objects.filter(department=cast.news, is_archived=False).order_by("-updated_at", "-pk")[:50]
    if connection.vendor == "sqlite":
        assert "asset_newest" in rows.explain() and "TEMP B-TREE" not in rows.explain()


def test_errors_of_the_library_speak_both_languages():
    for error in (AssetInUse(title="x", count=2), Conflict(who="a", detail="b")):
        assert isinstance(error, ParvisError) and error.text.fr != error.text.en
