"""Assets in posts: each channel gets the file that it takes, and nothing leaves without right or consent."""

import threading
import time
from dataclasses import replace
from datetime import date, datetime, timedelta

import msgspec
import pytest
from django.conf import settings as house_settings
from django.db import connection, transaction
from tests.apps.assets import arrived, brought, film, photo, render
from tests.apps.delivering import platform
from tests.apps.planning import at_once
from tests.apps.publishing import only_publication, parts_of, planned, posting_channel, run, state_of, written

from parvis.assets import arriving
from parvis.assets.models import Asset, AssetUse, Rendition, RenditionState, RenditionWait
from parvis.assets.rights import mark_withdrawn
from parvis.assets.services import (
    RightWish,
    add_right,
    change_asset,
    delete_asset,
    finish,
    import_captions,
    retry_rendition,
    wish_of,
)  # fmt: skip
from parvis.assets.store import path_of
from parvis.channels.models import Effect
from parvis.channels.registry import added
from parvis.core.errors import AssetInUse, BadInput, DraftConflict, NotAllowed, PostNotFit
from parvis.core.post import Content, MediaRule, Medium
from parvis.orgs.models import AuditEntry, House
from parvis.publishing.content import content_for, preflight
from parvis.publishing.media import medium_of
from parvis.publishing.models import Post, PostState, Publication, Variant
from parvis.publishing.releasing import next_due_at, release_due
from parvis.publishing.rescheduling import reschedule
from parvis.publishing.services import create_post, hold, plan, publish_now, resume, retry, save_draft, withdraw_consent
from parvis.publishing.waiting import WAITS_FOR
from parvis.testing.clock import MONDAY, later
from parvis.testing.simulated import PUBLISHING, simulated

pytestmark = pytest.mark.usefixtures("files")
DUE = later(MONDAY, hours=1)
JPEG = MediaRule(kind="image", mimes=("image/jpeg",), most=4, most_bytes=10**7)
SQUARE = MediaRule(kind="image", mimes=("image/jpeg",), most=4, most_bytes=50_000, ratios=(1.0, 1.0))
FILMS = MediaRule(kind="video", mimes=("video/mp4",), most=1, most_bytes=10**7)


def taking(*rules):
    return replace(simulated(), publishing=replace(PUBLISHING, media=lambda facts: rules))


@pytest.fixture
def far():
    with platform() as simulator:
        yield simulator


@pytest.fixture
def square(far):
    """The platform takes squares alone."""
    with added(taking(SQUARE, FILMS)):
        yield


@pytest.fixture
def plain(far):
    """It takes any picture."""
    with added(taking(JPEG, FILMS)):
        yield


@pytest.fixture
def channel(far, cast):
    return posting_channel(far, cast.news)


@pytest.fixture
def asset(cast):
    return brought(cast.camille, cast.news, photo(exif=True))


def post_with(asset, cast, channels, *, now=MONDAY, text="Good morning", **medium):
    media = (msgspec.structs.replace(medium_of(asset), **{"alt": "A gradient", **medium}),)
    return written(cast.camille, cast.news, channels, now=now, text=text, media=media)


def codes(post, now=MONDAY, **named):
    return sorted({fault.code for faults in preflight(post, now=now, **named).values() for fault in faults})


def consent(asset, cast, **fields):
    return add_right(asset, cast.camille, RightWish(**{"kind": "consent", "holder": "Ada", **fields}), now=MONDAY)


def file_of(effect):
    return house_settings.DATA_DIR / effect.body["file"]["path"]


def test_draft_names_an_asset_and_its_version_and_no_path_of_a_form(plain, cast, channel, asset, now):
    sneaky = {
        "path": "parvis.sqlite3",
        "name": "x",
        "mime": "text/plain",
        "size_bytes": 7,
        "captions": "keys",
        "version": None,
    }
    post = post_with(asset, cast, [channel], **sneaky)
    (kept,) = Post.objects.get().content["media"]
    assert (kept["path"], kept["name"], kept["captions"], kept["version"]) == ("", "", "", 1)
    assert list(AssetUse.objects.values_list("asset", "subject", "subject_key")) == [(asset.pk, "post", post.pk)]
    (medium,) = content_for(post, Variant.objects.select_related("channel").get()).media
    blob = asset.versions.get().blob
    assert house_settings.DATA_DIR / medium.path == path_of(blob)
    assert (medium.name, medium.mime, medium.size_bytes) == ("photo.jpg", "image/jpeg", blob.size_bytes)
    assert (medium.width, medium.height, medium.alt) == (640, 480, "A gradient")


def test_nobody_names_an_asset_that_they_do_not_see(plain, cast, channel, now):
    theirs = brought(cast.sam, cast.sport)
    with pytest.raises(BadInput, match="not in your library"):
        post_with(theirs, cast, [channel])
    post = written(cast.camille, cast.news, [channel], now=now)
    media = [msgspec.to_builtins(medium_of(theirs))]
    with pytest.raises(BadInput, match="not in your library"):
        save_draft(
            post, cast.camille, base_version=1, content=Content(text="x"), now=now,
            variants={channel.pk: {"changes": {"media": media}}},
        )  # fmt: skip
    assert AssetUse.objects.count() == 0
    mine = written(cast.olive, cast.news, [channel], now=now, media=(medium_of(theirs),))
    kept = msgspec.convert(Post.objects.get(pk=mine.pk).content, Content)
    save_draft(
        mine, cast.camille, base_version=1, content=msgspec.structs.replace(kept, text="y"), now=now,
        variants={channel.pk: {"changes": {}}},
    )  # fmt: skip


def test_no_file_of_the_house_is_published_by_its_path(plain, cast, channel, now):
    post = written(cast.camille, cast.news, [channel], now=now)
    for medium in ({"path": "parvis.sqlite3"}, {"path": "", "captions": "keys/secret"}):
        media = [{"name": "a", "mime": "image/jpeg", "size_bytes": 1, **medium}]
        with pytest.raises(BadInput, match="from the library"):
            create_post(
                cast.olive, cast.news, now=now, channels=[channel], content=msgspec.convert({"media": media}, Content)
            )
        for content, changes in (({"media": media}, {}), ({}, {"media": media})):
            with pytest.raises(BadInput, match="from the library"):
                save_draft(
                    post, cast.camille, base_version=1, content=msgspec.convert({"text": "x", **content}, Content),
                    now=now, variants={channel.pk: {"changes": changes}},
                )  # fmt: skip


def test_uses_follow_what_the_draft_names(plain, cast, channel, asset, now):
    post = post_with(asset, cast, [channel])
    save_draft(post, cast.camille, base_version=1, content=Content(text="x"), variants={channel.pk: {}}, now=now)
    assert not AssetUse.objects.exists()
    media = [msgspec.to_builtins(medium_of(asset))]
    wish = {channel.pk: {"changes": {"media": media}}}
    save_draft(post, cast.camille, base_version=2, content=Content(text="x"), variants=wish, now=now)
    with pytest.raises(AssetInUse):
        delete_asset(asset, cast.maud, now=now)


@pytest.mark.django_db(transaction=True)
def test_asset_that_somebody_uses_at_that_moment_is_not_deleted(plain, cast, channel, asset, now):
    begun, seen = threading.Event(), []

    def use():
        with transaction.atomic():
            post_with(asset, cast, [channel])
            begun.set()
            time.sleep(0.3)  # the other is at it meanwhile

    def remove():
        begun.wait(10)
        with pytest.raises(AssetInUse):
            delete_asset(asset, cast.maud, now=now)
        seen.append(True)

    assert at_once(use, remove) == [] and seen == [True]
    assert asset.uses.count() == 1


@pytest.mark.django_db(transaction=True)
def test_asset_that_somebody_deletes_at_that_moment_is_not_used(plain, cast, channel, asset, now):
    post = written(cast.camille, cast.news, [channel], now=now)
    begun, seen = threading.Event(), []
    wish = {channel.pk: {"changes": {"media": [msgspec.to_builtins(medium_of(asset))]}}}

    def remove():
        with transaction.atomic():
            delete_asset(asset, cast.maud, now=now)
            begun.set()
            time.sleep(0.3)

    def use():
        begun.wait(10)
        with pytest.raises(BadInput, match="library"):
            save_draft(post, cast.camille, base_version=1, content=Content(text="x"), variants=wish, now=now)
        seen.append(True)

    assert at_once(remove, use) == [] and seen == [True]
    assert Post.objects.get().version == 1 and not AssetUse.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_paper_of_a_right_is_not_deleted_at_the_moment_in_which_it_becomes_one(cast, asset, now):
    paper = brought(cast.camille, cast.news, photo(seed=7))
    begun, seen = threading.Event(), []

    def use():
        with transaction.atomic():
            consent(asset, cast, document=paper)
            begun.set()
            time.sleep(0.3)

    def remove():
        begun.wait(10)
        with pytest.raises(AssetInUse):
            delete_asset(paper, cast.maud, now=now)
        seen.append(True)

    assert at_once(use, remove) == [] and seen == [True]


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time: nothing happens at once"
)
@pytest.mark.django_db(transaction=True)
def test_file_that_arrives_again_as_its_asset_is_deleted_becomes_another(cast, asset, now, monkeypatch):
    upload = arrived(cast.camille, cast.news, photo(exif=True))
    gone, looked, real = threading.Event(), threading.Event(), arriving._known

    def known(*arguments):
        looked.set()
        return real(*arguments)

    monkeypatch.setattr(arriving, "_known", known)

    def remove():
        with transaction.atomic():
            delete_asset(asset, cast.maud, now=now)
            gone.set()
            looked.wait(30)
            time.sleep(0.3)

    def arrive():
        gone.wait(10)
        assert not finish(upload, cast.camille, now=now).is_known

    assert at_once(remove, arrive) == []
    (left,) = Asset.objects.all()
    assert left.pk != asset.pk and left.versions.count() == 1


def own_media(post, cast, channel, *assets, now=MONDAY):
    """What the channel shows instead of what all show."""
    post.refresh_from_db()
    media = [msgspec.to_builtins(medium_of(one)) | {"alt": "Its own"} for one in assets]
    variants = {one.channel_id: {"changes": one.changes, "is_on": one.is_on} for one in post.variants.all()}
    variants[channel.pk] = {"changes": {"media": media}, "is_on": True}
    kept = msgspec.convert(post.content, Content)
    save_draft(post, cast.camille, base_version=post.version, content=kept, variants=variants, now=now)
    return post


def test_channel_gets_its_own_media_and_the_others_those_of_all(plain, far, cast, channel, asset, now):
    other, third = posting_channel(far, cast.news), posting_channel(far, cast.news)
    own = brought(cast.camille, cast.news, photo(seed=7), name="own.jpg")
    post = own_media(post_with(asset, cast, [channel, other, third]), cast, other, own, asset)
    own_media(post, cast, third)
    shown = {
        one.channel_id: [(medium.name, medium.alt) for medium in content_for(post, one).media]
        for one in post.variants.select_related("channel")
    }
    assert shown == {
        channel.pk: [("photo.jpg", "A gradient")],
        other.pk: [("own.jpg", "Its own"), ("photo.jpg", "Its own")],
        third.pk: [],
    }
    planned(post, cast.camille, at=DUE, now=now)
    run(DUE)
    uploads = {one.channel_id: [] for one in Publication.objects.all()}
    for effect in Effect.objects.filter(name__startswith="media:").order_by("name"):
        uploads[effect.channel_id].append(effect.body["file"]["name"])
    assert uploads == {channel.pk: ["photo.jpg"], other.pk: ["own.jpg", "photo.jpg"], third.pk: []}


def test_own_media_of_one_channel_are_made_protected_and_judged_as_the_others_are(
    square, far, cast, channel, asset, now
):
    other = posting_channel(far, cast.news)
    own = brought(cast.camille, cast.news, photo(seed=7), name="own.jpg")
    post = own_media(post_with(asset, cast, [channel, other]), cast, other, own)
    assert set(AssetUse.objects.values_list("asset", "subject")) == {(asset.pk, "post"), (own.pk, "post")}
    with pytest.raises(AssetInUse):
        delete_asset(own, cast.maud, now=now)
    blobs = {one.pk: one.versions.get().blob_id for one in (asset, own)}
    ordered = set(Rendition.objects.filter(params__ratio__isnull=False).values_list("blob", flat=True))
    assert ordered == set(blobs.values()), "its form is made ahead as well"
    right = consent(own, cast)
    render(now)
    planned(post, cast.camille, at=DUE, now=now)
    found = withdraw_consent(right, cast.camille, now=now)
    assert [one.channel_id for one in found.stopped] == [other.pk]
    assert {key: [one.code for one in faults] for key, faults in preflight(post, now=now).items()} == {
        channel.pk: [], other.pk: ["consent_withdrawn"],
    }  # fmt: skip
    run(DUE)
    states = dict(Publication.objects.values_list("channel", "state"))
    assert states == {channel.pk: "done", other.pk: "needs_person"}


def test_two_who_choose_a_channels_own_media_are_put_together_or_asked(plain, far, cast, channel, asset, now):
    own = brought(cast.camille, cast.news, photo(seed=7), name="own.jpg")
    post = own_media(post_with(asset, cast, [channel]), cast, channel, asset, own)
    media = post.variants.get().changes["media"]
    kept = msgspec.convert(post.content, Content)

    def save(member, media):
        changes = {"media": media} if media is not None else {}
        wish = {channel.pk: {"changes": changes, "is_on": True}}
        return save_draft(post, member, base_version=2, content=kept, variants=wish, now=now)

    save(cast.maud, [media[0] | {"alt": "First"}, media[1]])
    save(cast.camille, [media[0], media[1] | {"alt": "Second"}])
    assert [one["alt"] for one in post.variants.get().changes["media"]] == ["First", "Second"]
    with pytest.raises(DraftConflict) as found:
        save(cast.maud, None)
    assert list(found.value.theirs) == [f"media ({channel.pk})"]


def test_forms_are_ordered_with_the_draft_and_shared_by_channels_that_take_the_same(square, far, cast, channel, asset):
    other = posting_channel(far, cast.news)
    post = post_with(asset, cast, [channel, other], focus=(0.0, 0.0))
    (row,) = Rendition.objects.filter(params__ratio__isnull=False)
    assert (row.params["ratio"], row.params["focus"]) == ([1, 1], [0.0, 0.0])
    assert "media_pending" in codes(post)
    render()
    assert codes(post) == []
    for variant in post.variants.select_related("channel"):
        (medium,) = content_for(post, variant).media
        assert medium.width == medium.height and medium.size_bytes <= 50_000 and medium.name == "photo.jpg"
        assert (house_settings.DATA_DIR / medium.path).stat().st_size == medium.size_bytes


def test_all_forms_of_a_photo_are_made_by_one_process(far, cast, asset, monkeypatch):
    from parvis.worker import rendering

    tasks = []
    real = rendering.work_on

    async def counted(task, **named):
        tasks.append(task)
        return await real(task, **named)

    monkeypatch.setattr(rendering, "work_on", counted)
    with added(taking(SQUARE)):
        post_with(asset, cast, [posting_channel(far, cast.news)])
    with added(taking(replace(SQUARE, ratios=(1.5, 2.0)))):
        post_with(asset, cast, [posting_channel(far, cast.news)], text="Another")
    render()
    assert [len(task["wanted"]) for task in tasks] == [3]
    assert set(Rendition.objects.values_list("state", flat=True)) == {RenditionState.MADE}


def test_publication_that_is_due_waits_for_its_media_and_then_leaves_with_them(square, far, cast, channel, asset, now):
    post = post_with(asset, cast, [channel])
    planned(post, cast.camille, at=DUE, now=now)
    run(DUE)
    assert (state_of(only_publication()), far.books.replies) == ("planned", [])
    assert release_due(now=DUE) == 0 and next_due_at() is None
    render(DUE)
    assert next_due_at() == DUE
    run(later(DUE, seconds=20))
    assert state_of(only_publication()) == "done"
    assert parts_of(only_publication()) == {"media:1": "done", "post": "done"}
    upload = Effect.objects.get(name="media:1")
    assert file_of(upload).is_file() and upload.body["file"]["name"] == "photo.jpg"
    assert not RenditionWait.objects.exists()


def test_it_waits_for_so_long_and_then_needs_a_person(square, far, cast, channel, asset, now):
    post = post_with(asset, cast, [channel])
    planned(post, cast.camille, at=DUE, now=now)
    run(DUE)
    run(DUE + WAITS_FOR - timedelta(seconds=1))
    assert state_of(only_publication()) == "planned"
    over = DUE + WAITS_FOR
    run(over)
    publication = only_publication()
    assert (publication.state, publication.error["code"]) == ("needs_person", "media_late")
    assert "30" in publication.error["fr"] and far.books.replies == []
    render(over)
    retry(publication, cast.camille, now=over)
    run(over)
    assert state_of(publication) == "done"


def test_published_at_once_it_leaves_as_soon_as_its_media_are_made(square, far, cast, channel, asset, now):
    post = post_with(asset, cast, [channel])
    publish_now(post, cast.camille, now=now)
    assert state_of(only_publication()) == "planned" and state_of(post) == PostState.PLANNED
    render(now)
    run(later(now, seconds=5))
    assert (state_of(only_publication()), len(far.books.replies)) == ("done", 2)


def test_form_that_cannot_be_made_says_why_and_nothing_leaves(square, far, cast, channel, asset, now):
    post = post_with(asset, cast, [channel])
    planned(post, cast.camille, at=DUE, now=now)
    broken = {"code": "media_unfit", "en": "It is no use.", "fr": "Rien à faire."}
    Rendition.objects.update(state=RenditionState.FAILED, error=broken)
    run(DUE)
    publication = only_publication()
    assert (publication.state, publication.error["code"]) == ("needs_person", "media_failed")
    assert "It is no use." in publication.error["en"] and "Rien à faire." in publication.error["fr"]
    assert "media_failed" in codes(post)
    row = Rendition.objects.filter(params__ratio__isnull=False).get()
    with pytest.raises(NotAllowed):
        retry_rendition(row, cast.anna, asset, now=DUE)
    retry_rendition(row, cast.camille, asset, now=DUE)
    render(DUE)
    retry(publication, cast.camille, now=DUE)
    run(DUE)
    assert state_of(publication) == "done"


def test_form_whose_file_is_missing_is_made_again(square, far, cast, channel, asset, now):
    post = post_with(asset, cast, [channel])
    render(now)
    planned(post, cast.camille, at=DUE, now=now)
    made = Rendition.objects.filter(params__ratio__isnull=False).get().made
    path_of(made).unlink()
    run(DUE)
    assert state_of(only_publication()) == "planned" and far.books.replies == []
    render(DUE)
    run(later(DUE, seconds=1))
    assert state_of(only_publication()) == "done" and path_of(made).is_file()


def test_original_that_is_missing_keeps_it_here(plain, far, cast, channel, asset, now):
    post = post_with(asset, cast, [channel])
    planned(post, cast.camille, at=DUE, now=now)
    path_of(asset.versions.get().blob).unlink()
    run(DUE)
    assert (only_publication().state, only_publication().error["code"]) == ("needs_person", "media_gone")


def test_what_was_planned_leaves_as_it_was_although_a_newer_version_came(plain, far, cast, channel, asset, now):
    post = post_with(asset, cast, [channel])
    planned(post, cast.camille, at=DUE, now=now)
    old = asset.versions.get().blob
    finish(arrived(cast.camille, cast.news, photo(seed=99)), cast.camille, now=now, asset=asset)
    assert codes(post, due_at=DUE) == ["media_newer"]
    run(DUE)
    assert file_of(Effect.objects.get(name="media:1")) == path_of(old)


@pytest.mark.parametrize(
    ("right", "code"),
    [
        ({"ends_on": date(2026, 11, 15)}, "right_expired"),
        ({"ends_on": date(2026, 11, 16)}, "right_ends_before"),
        ({"starts_on": date(2026, 11, 18)}, "right_not_begun"),
        ({"channels": (999_999,)}, "right_elsewhere"),
        ({"starts_on": date(2026, 11, 17), "ends_on": date(2026, 11, 17)}, None),
        ({}, None),
    ],
)
def test_right_that_does_not_hold_when_it_would_leave_keeps_it_from_being_planned(
    right, code, plain, cast, channel, asset, now
):
    consent(asset, cast, **right)
    post = post_with(asset, cast, [channel])
    at = later(now, hours=24)
    assert codes(post, due_at=at) == ([code] if code else [])
    if code:
        with pytest.raises(PostNotFit):
            planned(post, cast.camille, at=at, now=now)
    else:
        planned(post, cast.camille, at=at, now=now)


def test_nothing_is_moved_to_a_day_on_which_its_right_is_over(plain, cast, channel, asset, now):
    consent(asset, cast, ends_on=date(2026, 11, 17))
    post = post_with(asset, cast, [channel])
    planned(post, cast.camille, at=later(now, hours=1), now=now)
    reschedule(post, cast.camille, due_local=datetime(2026, 11, 17, 12), zone="UTC", now=now)
    with pytest.raises(PostNotFit, match="Ada"):
        reschedule(post, cast.camille, due_local=datetime(2026, 11, 18, 12), zone="UTC", now=now)
    assert only_publication().due_at == now.replace(day=17, hour=12)


def test_day_of_a_right_ends_by_the_wall_of_the_house(plain, cast, channel, asset, now):
    House.objects.update(zone="Pacific/Auckland")
    consent(asset, cast, ends_on=date(2026, 11, 17))
    post = post_with(asset, cast, [channel])
    before_midnight = now.replace(day=17, hour=10, minute=59)
    assert codes(post, due_at=before_midnight) == []
    assert codes(post, due_at=before_midnight + timedelta(minutes=1)) == ["right_ends_before"]


def test_one_holder_s_new_consent_stands_in_for_the_old_and_each_holder_counts(plain, cast, channel, asset, now):
    post = post_with(asset, cast, [channel])
    consent(asset, cast, ends_on=date(2026, 1, 1))
    consent(asset, cast, holder="ADA")
    assert codes(post) == []
    consent(asset, cast, holder="Grace", ends_on=date(2026, 1, 1))
    assert codes(post) == ["right_expired"]


def test_people_without_a_consent_are_hinted_at(plain, cast, channel, asset, now):
    change_asset(asset, cast.camille, replace(wish_of(asset), shows_people=True), now=now)
    post = post_with(asset, cast, [channel])
    (fault,) = preflight(post, now=now)[channel.pk]
    assert (fault.code, fault.is_hint) == ("consent_missing", True)
    consent(asset, cast)
    assert codes(post) == []


def test_consent_that_was_withdrawn_a_second_before_wins_at_release(plain, far, cast, channel, asset, now):
    right = consent(asset, cast)
    planned(post_with(asset, cast, [channel]), cast.camille, at=DUE, now=now)
    assert mark_withdrawn(right, cast.camille, now=later(DUE, seconds=-1))  # nobody has looked at publications yet
    run(DUE)
    publication = only_publication()
    assert (publication.state, publication.error["code"]) == ("needs_person", "consent_withdrawn")
    assert "Ada" in publication.error["fr"] and far.books.replies == []
    retry(publication, cast.camille, now=DUE)
    run(DUE)
    assert state_of(publication) == "needs_person" and far.books.replies == []
    consent_again = add_right(asset, cast.camille, RightWish(kind="consent", holder="Ada"), now=later(DUE, hours=1))
    assert consent_again.withdrawn_at is None
    retry(publication, cast.camille, now=later(DUE, hours=2))
    run(later(DUE, hours=2))
    assert state_of(publication) == "done"


def test_withdrawal_says_what_was_stopped_and_where_it_is_out(plain, far, cast, channel, asset, now):
    right = consent(asset, cast)
    out, ahead, held = (post_with(asset, cast, [channel], text=text) for text in ("One", "Another thing", "Third word"))
    apart = written(cast.camille, cast.news, [channel], now=now, text="Without any picture")
    planned(out, cast.camille, at=DUE, now=now)
    run(DUE)
    for post in (ahead, held, apart):
        planned(post, cast.camille, at=later(DUE, hours=5), now=now)
    hold(held, cast.camille, now=now)
    with pytest.raises(NotAllowed):
        withdraw_consent(right, cast.conrad, now=DUE)
    found = withdraw_consent(right, cast.camille, now=DUE)
    assert {one.post_id for one in found.stopped} == {ahead.pk, held.pk} and found.leaving == ()
    assert [(one.post_id, one.url) for one in found.published] == [(out.pk, Publication.objects.get(post=out).url)]
    assert Publication.objects.get(post=out).url.startswith("http")
    assert [state_of(one) for one in (out, ahead, held, apart)] == ["out", "stuck", "stuck", "planned"]
    assert Publication.objects.get(post=ahead).error["code"] == "consent_withdrawn"
    entry = AuditEntry.objects.get(action="asset.withdraw")
    assert (entry.facts["stopped"], entry.facts["published"]) == (2, 1)
    again = withdraw_consent(right, cast.camille, now=DUE)
    assert len(again.stopped) == 2 and len(again.published) == 1
    run(later(DUE, hours=5))
    assert len([one for one in far.books.texts() if one == "Without any picture"]) == 1
    assert "Another thing" not in far.books.texts()


def test_withdrawal_stops_what_is_released_and_has_not_left(plain, far, cast, channel, asset, now):
    right = consent(asset, cast)
    post = post_with(asset, cast, [channel])
    planned(post, cast.camille, at=DUE, now=now)
    release_due(now=DUE)
    found = withdraw_consent(right, cast.camille, now=DUE)
    assert [one.post_id for one in found.stopped] == [post.pk]
    run(later(DUE, minutes=1))
    assert (state_of(only_publication()), far.books.replies) == ("held", [])
    with pytest.raises(PostNotFit):
        resume(post, cast.camille, now=later(DUE, minutes=2))


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time: nothing happens at once"
)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(4))
def test_withdrawal_at_the_moment_of_the_release_lets_nothing_leave(attempt, plain, far, cast, channel, asset, now):
    right = consent(asset, cast)
    for number in range(8):
        post = post_with(asset, cast, [channel], text=f"Number {number} of {attempt} words {number * 7919}")
        planned(post, cast.camille, at=DUE, now=now)
    works = [
        lambda: withdraw_consent(right, cast.camille, now=DUE),
        lambda: [release_due(now=DUE, limit=2) for _ in range(6)],
    ]
    assert at_once(*works) == []
    for minutes in (1, 2):
        run(later(DUE, minutes=minutes))
    assert far.books.replies == []
    assert set(Publication.objects.values_list("state", flat=True)) <= {"needs_person", "held"}


def test_held_and_resumed_it_leaves_with_its_media(square, far, cast, channel, asset, now):
    post = post_with(asset, cast, [channel])
    render(now)
    planned(post, cast.camille, at=DUE, now=now)
    release_due(now=DUE)
    hold(post, cast.camille, now=DUE)
    resume(post, cast.camille, now=DUE)
    run(later(DUE, seconds=1))
    assert state_of(only_publication()) == "done"


def test_two_people_change_media_of_one_draft(plain, cast, channel, asset, now):
    other = brought(cast.camille, cast.news, photo(seed=8))
    post = post_with(asset, cast, [channel])
    stands = msgspec.convert(post.content, Content)
    mine = msgspec.structs.replace(stands, media=(msgspec.structs.replace(stands.media[0], alt="Better words"),))
    theirs = msgspec.structs.replace(stands, media=(*stands.media, medium_of(other)))
    save_draft(post, cast.conrad, base_version=1, content=theirs, variants={channel.pk: {}}, now=now)
    save_draft(post, cast.camille, base_version=1, content=mine, variants={channel.pk: {}}, now=now)
    media = Post.objects.get().content["media"]
    assert [(one["asset"], one["alt"]) for one in media] == [(asset.pk, "Better words"), (other.pk, "")]


def test_film_carries_its_subtitles_beside_it_or_in_it(plain, far, cast, channel, now):
    clip = brought(cast.camille, cast.news, film(1.5, 320, 240), name="clip.mp4")
    srt = b"1\n00:00:00,100 --> 00:00:01,000\nBonjour\n"
    caption = import_captions(clip.versions.get(), cast.camille, srt, name="a.srt", language="fr", now=now)
    post = post_with(clip, cast, [channel], subtitles=caption.pk)
    (medium,) = content_for(post, Variant.objects.select_related("channel").get()).media
    assert (house_settings.DATA_DIR / medium.captions).read_text().startswith("WEBVTT")
    burnt = post_with(clip, cast, [channel], text="Burnt", subtitles=caption.pk, is_burnt_in=True)
    assert "media_pending" in codes(burnt)
    render(now)
    row = Rendition.objects.get(params__captions=caption.blob.sha256)
    assert (row.state, row.error) == (RenditionState.MADE, None)
    (medium,) = content_for(burnt, burnt.variants.select_related("channel").get()).media
    assert (
        medium.captions == ""
        and medium.path.endswith(row.made.sha256[2:])
        and medium.duration_s == pytest.approx(1.5, abs=0.2)
    )


def test_post_that_was_gone_from_the_library_is_told(plain, cast, channel, asset, now):
    post = post_with(asset, cast, [channel], version=7)
    assert "media_gone" in codes(post)
    other = post_with(asset, cast, [channel], text="Other", subtitles=12345)
    assert "media_gone" in codes(other)


def test_connector_whose_rules_fail_harms_no_other(far, cast, channel, asset, now):
    def broken(facts):
        raise ValueError("no number")

    with added(replace(simulated(), publishing=replace(PUBLISHING, media=broken))):
        assert "media_failed" in codes(post_with(asset, cast, [channel]))


def test_medium_of_an_asset_speaks_the_language_of_the_post(cast, asset, now):
    change_asset(asset, cast.camille, replace(wish_of(asset), alt={"fr": "Un", "en": "One"}, focus=(0.1, 0.9)), now=now)
    assert medium_of(asset, language="fr-CH").alt == "Un"
    assert medium_of(asset, language="en") == Medium(
        path="", name="", mime="", size_bytes=0, alt="One", focus=(0.1, 0.9), asset=asset.pk, version=1
    )
    assert medium_of(asset, language="de").alt in {"Un", "One"}


def test_plan_itself_orders_what_the_channel_takes_by_then(far, cast, channel, asset, now):
    with added(taking(JPEG)):
        post = post_with(asset, cast, [channel])
    before = Rendition.objects.count()
    with added(taking(SQUARE)):
        plan(post, cast.camille, due_local=DUE.replace(tzinfo=None), zone="UTC", now=now)
    assert Rendition.objects.count() == before + 1
    assert AssetUse.objects.filter(subject="publication", subject_key=only_publication().pk).exists()
