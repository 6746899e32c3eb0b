"""The library on the screen: found, brought in by pieces and by a plain form, sent by ranges, described, withdrawn."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.apps.assets import brought, film, photo, render

from parvis.assets.models import Asset, AssetRight, Folder, Rendition
from parvis.assets.queries import captions_of, upload_for
from parvis.assets.services import RightWish, add_right, archive_asset, create_folder, import_captions
from parvis.core.post import Content
from parvis.publishing.media import medium_of
from parvis.publishing.services import create_post, plan
from parvis.testing.clock import MONDAY, later
from parvis.testing.factories import make_channel

pytestmark = pytest.mark.django_db
NOW = MONDAY
MOST_QUERIES = 15
SRT = b"1\n00:00:00,100 --> 00:00:00,500\nBonjour\n\n2\n00:00:00,600 --> 00:00:00,900\net bonsoir\n"


@pytest.fixture(autouse=True)
def _place(settings, tmp_path, monkeypatch):
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    monkeypatch.setattr("parvis.web.clock.now", lambda: NOW)


@pytest.fixture
def camille(client, cast):
    client.force_login(cast.camille)
    return client


@pytest.fixture
def asset(cast):
    return brought(cast.camille, cast.news, name="bridge.jpg")


def begin(client, cast, data, name="photo.jpg"):
    form = {"name": name, "size": len(data), "department": cast.news.pk}
    return client.post(reverse("asset-uploads"), form).json()


def piece(client, told, data, offset):
    address = f"{reverse('asset-upload', args=[told['key']])}?offset={offset}"
    return client.post(address, data, content_type="application/octet-stream")


def test_a_file_sent_in_pieces_with_a_break_is_in_the_library(camille, cast):
    data = photo()
    told = begin(camille, cast, data)
    assert piece(camille, told, data[:900], 0).json()["received"] == 900
    [found] = camille.get(reverse("asset-uploads")).json()["uploads"]
    assert (found["key"], found["received"], found["size"]) == (told["key"], 900, len(data))
    lost = piece(camille, told, data[2000:], 2000)
    assert lost.status_code == 409 and lost.json()["received"] == 900
    assert piece(camille, told, data[500:], 500).json()["received"] == len(data), "a piece may overlap"
    done = camille.post(reverse("asset-arrive", args=[told["key"]])).json()
    assert done["state"] == "done"
    asset = Asset.objects.get()
    assert done["asset_url"] == f"/assets/{asset.pk}/"
    assert asset.title in camille.get("/assets/").content.decode()


def test_another_file_does_not_go_on_with_what_was_begun(camille, cast):
    data, other = photo(), photo(colour=(1, 2, 3))
    told = begin(camille, cast, data)
    piece(camille, told, data[:2000], 0)
    refused = piece(camille, told, other[1000:3000], 1000)
    assert refused.status_code == 409 and "received" not in refused.json()
    camille.post(reverse("asset-upload", args=[told["key"]]), {"verb": "cancel"})
    assert camille.get(reverse("asset-uploads")).json()["uploads"] == []


def test_what_is_no_picture_says_so_and_somebody_elses_upload_is_not_there(camille, cast, client):
    data = b"MZ this is a program" * 50
    told = begin(camille, cast, data, name="photo.jpg")
    piece(camille, told, data, 0)
    refused = camille.post(reverse("asset-arrive", args=[told["key"]]))
    assert refused.status_code == 422 and "photo.jpg" in refused.json()["problem"]
    client.force_login(cast.maud)
    assert client.get(reverse("asset-upload", args=[told["key"]])).status_code == 404
    assert upload_for(cast.maud, told["key"]) is None


def test_a_plain_form_brings_files_into_a_folder_and_a_version_to_an_asset(camille, cast):
    folder = create_folder(cast.camille, cast.news, "Summer", now=NOW)
    files = [SimpleUploadedFile("a.jpg", photo()), SimpleUploadedFile("b.jpg", photo(seed=9))]
    answer = camille.post(reverse("asset-plain"), {"file": files, "folder": folder.pk}, follow=True)
    assert "2 files have arrived." in answer.content.decode()
    first = Asset.objects.get(title="a")
    assert first.folder == folder
    again = {"file": SimpleUploadedFile("c.jpg", photo(seed=99)), "asset": first.pk, "note": "Brighter"}
    assert "Brighter" in camille.post(reverse("asset-plain"), again, follow=True).content.decode()
    first.refresh_from_db()
    assert first.number == 2
    bad = camille.post(reverse("asset-plain"), {"department": cast.sport.pk, "file": SimpleUploadedFile("d.jpg", b"x")})
    assert bad.status_code == 403


def test_it_is_found_by_words_kind_tag_use_and_end(camille, cast, asset):
    add_right(asset, cast.camille, RightWish(kind="right", holder="Ada", ends_on=NOW.date()), now=NOW)
    save = {"title": "Old bridge", "tags": "River, stone", "alt-en": "A bridge", "revision": asset.revision}
    assert camille.post(reverse("asset-save", args=[asset.pk]), save).status_code == 302
    for query in ("q=bridge", "q=stone", "kind=image", "tag=River", "used=0", "ends=1", "q=BRIDGE&tag=stone"):
        assert "Old bridge" in camille.get(f"/assets/?{query}").content.decode(), query
    for query in ("q=tunnel", "kind=video", "tag=none", "used=1", "archived=1", "before=2020-01-01T00:00:00%2B00:00_1"):
        assert "Old bridge" not in camille.get(f"/assets/?{query}").content.decode(), query
    archive_asset(asset, cast.camille, now=NOW)
    assert "Old bridge" in camille.get("/assets/?archived=1").content.decode()
    assert "Old bridge" not in camille.get("/assets/").content.decode()
    assert camille.get("/assets/?folder=99999").status_code == 404
    assert camille.get("/assets/?before=nonsense&kind=nothing&used=9").status_code == 200


def test_more_than_a_page_is_gone_on_with(camille, cast, monkeypatch):
    monkeypatch.setattr("parvis.web.screens.assets.library.PAGE", 2)
    for number in range(5):
        brought(
            cast.camille, cast.news, photo(32, 32, seed=number * 7), name=f"p{number}.jpg", now=later(minutes=number)
        )
    seen, path = [], "/assets/"
    while path:
        page = camille.get(path).content.decode()
        seen += [f"p{number}" for number in range(4, -1, -1) if f">p{number}</span>" in page]
        path = (
            "/assets/" + page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
            if 'rel="next"' in page
            else ""
        )
    assert seen == ["p4", "p3", "p2", "p1", "p0"]


def test_files_are_sent_by_ranges_for_good_and_never_as_a_page(camille, cast):
    data = film()
    asset = brought(cast.camille, cast.news, data, name="Film ü.mp4")
    version = asset.versions.get()
    address = reverse("asset-file", args=[version.pk])
    whole = camille.get(address)
    body = b"".join(whole.streaming_content)
    assert whole.headers["Content-Length"] == str(len(body)) and whole.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    assert "immutable" not in whole.headers["Cache-Control"]
    by_hash = camille.get(f"{address}?h={version.blob.sha256[:16]}")
    assert "immutable" in by_hash.headers["Cache-Control"] and "private" in by_hash.headers["Cache-Control"]
    for asked, start, end in (
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, len(body)),
        ("bytes=-10", len(body) - 10, len(body)),
    ):
        part = camille.get(address, headers={"Range": asked})
        assert part.status_code == 206
        assert part.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(body)}"
        assert b"".join(part.streaming_content) == body[start:end]
    assert camille.get(address, headers={"Range": f"bytes={len(body)}-"}).status_code == 416
    assert camille.get(address, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    changed = camille.get(address, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert changed.status_code == 200, "a part of another file would be mixed with it"
    original = camille.get(reverse("asset-original", args=[version.pk]))
    assert original.headers["Content-Disposition"].startswith("attachment")


def test_the_small_picture_is_there_once_it_is_made(camille, cast, asset):
    version = asset.versions.get()
    assert camille.get(reverse("asset-small", args=[version.pk])).status_code == 404
    assert "data-pending" in camille.get("/assets/").content.decode()
    render()
    page = camille.get("/assets/").content.decode()
    assert "data-pending" not in page
    small = "/assets/" + page.split('<img src="/assets/')[1].split('"')[0]
    answer = camille.get(small)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "image/jpeg"
    assert "immutable" in answer.headers["Cache-Control"]


def test_what_is_said_of_it_is_kept_and_nobody_overwrites_anybody(camille, cast, asset):
    address = reverse("asset-save", args=[asset.pk])
    form = {
        "title": "Bridge", "alt-fr": "Un pont", "alt_language": "de", "alt_text": "Eine Brücke", "tags": "a, b",
        "credit": "Ada", "has_people": "1", "shows_people": "1", "focus_x": "0.2", "focus_y": "0.9",
        "revision": asset.revision,
    }  # fmt: skip
    assert camille.post(address, form).status_code == 302
    asset.refresh_from_db()
    assert asset.alt == {"fr": "Un pont", "de": "Eine Brücke"} and asset.shows_people
    assert (asset.focus_x, asset.focus_y) == (0.2, 0.9)
    late = camille.post(address, form | {"title": "Mine, typed late"})
    assert late.status_code == 409 and "Mine, typed late" in late.content.decode()
    asset.refresh_from_db()
    assert asset.title == "Bridge"


def test_subtitles_are_brought_in_written_on_and_a_newer_state_is_not_lost(camille, cast):
    asset = brought(cast.camille, cast.news, film(), name="film.mp4")
    form = {"language": "fr", "file": SimpleUploadedFile("a.srt", SRT)}
    page = camille.post(reverse("asset-captions", args=[asset.pk]), form, follow=True)
    assert "Bonjour" in page.content.decode()
    first = captions_of(asset.versions.get()).get()
    address = reverse("asset-caption", args=[first.pk])
    typed = {"start": ["0:00.600", "0:00.100"], "end": ["0:00.900", "0:00.5"], "text": ["et bonne nuit", "Salut"]}
    assert camille.post(address, typed).status_code == 302
    now_there = captions_of(asset.versions.get()).get()
    assert now_there.number == 2 and now_there.vtt.index("Salut") < now_there.vtt.index("bonne nuit")
    late = camille.post(address, typed | {"text": ["typed late", "too"]})
    assert late.status_code == 409
    assert (
        "typed late" in late.content.decode() and reverse("asset-caption", args=[now_there.pk]) in late.content.decode()
    )
    wrong = camille.post(
        reverse("asset-caption", args=[now_there.pk]), {"start": ["2"], "end": ["1"], "text": ["back"]}
    )
    assert wrong.status_code == 422 and "back" in wrong.content.decode()
    sent = camille.get(reverse("asset-caption-file", args=[now_there.pk]))
    assert sent.headers["Content-Type"] == "text/vtt" and b"Salut" in b"".join(sent.streaming_content)


def test_a_consent_taken_back_tells_what_it_stopped(camille, cast, asset):
    channel = make_channel(cast.news, connector="mastodon", name="Toots", can=["publish", "upload"])
    content = Content(text="The bridge", media=(medium_of(asset),))
    post = create_post(cast.camille, cast.news, now=NOW, title="About it", content=content, channels=[channel])
    form = {"kind": "consent", "holder": "Ada Lovelace", "ends_on": "2030-01-01", "channels": [channel.pk]}
    assert camille.post(reverse("asset-rights", args=[asset.pk]), form).status_code == 302
    plan(post, cast.camille, due_local=later(hours=20).replace(tzinfo=None), zone="UTC", now=NOW)
    right = AssetRight.objects.get()
    page = camille.get(f"/assets/{asset.pk}/").content.decode()
    assert "Ada Lovelace" in page and "About it" in page
    said = camille.post(reverse("asset-right", args=[right.pk]), {"verb": "withdraw"}).content.decode()
    assert "Taken back by Ada Lovelace" in said and "It was to leave, and does not:" in said and "Toots" in said
    right.refresh_from_db()
    assert right.withdrawn_at == NOW


def test_what_could_not_be_made_says_why_and_is_made_once_more(camille, cast, asset):
    row = Rendition.objects.get()
    error = {"code": "x", "en": "It broke <b>off</b>.", "fr": "Non."}
    Rendition.objects.filter(pk=row.pk).update(state="failed", error=error, params={"kind": "image"})
    assert "It broke &lt;b&gt;off&lt;/b&gt;." in camille.get(f"/assets/{asset.pk}/").content.decode()
    camille.post(reverse("asset-do", args=[asset.pk]), {"verb": "again", "number": row.pk})
    row.refresh_from_db()
    assert row.state == "wanted"


def test_it_is_archived_brought_back_and_deleted_unless_it_is_used(camille, cast, asset):
    address = reverse("asset-do", args=[asset.pk])
    camille.post(address, {"verb": "put_away"})
    asset.refresh_from_db()
    assert asset.is_archived
    camille.post(address, {"verb": "bring_back"})
    create_post(cast.camille, cast.news, now=NOW, title="Uses it", content=Content(media=(medium_of(asset),)))
    assert "cannot be deleted" in camille.post(address, {"verb": "delete"}, follow=True).content.decode()
    assert Asset.objects.filter(pk=asset.pk).exists()
    other = brought(cast.camille, cast.news, photo(seed=5))
    camille.post(reverse("asset-do", args=[other.pk]), {"verb": "delete"})
    assert not Asset.objects.filter(pk=other.pk).exists()


def test_folders_are_made_renamed_moved_and_removed(camille, cast):
    add = reverse("asset-folders")
    camille.post(add, {"name": "Summer", "department": cast.news.pk})
    summer = Folder.objects.get()
    camille.post(add, {"name": "Choir", "parent": summer.pk})
    choir = Folder.objects.get(name="Choir")
    assert choir.parent == summer
    do = reverse("asset-folder-do", args=[choir.pk])
    camille.post(do, {"verb": "rename", "name": "Orchestra"})
    camille.post(do, {"verb": "move", "parent": ""})
    choir.refresh_from_db()
    assert (choir.name, choir.parent) == ("Orchestra", None)
    assert "Orchestra" in camille.get("/assets/").content.decode()
    camille.post(do, {"verb": "delete"})
    assert not Folder.objects.filter(pk=choir.pk).exists()


def test_a_contributor_describes_and_does_not_archive(client, cast, asset):
    client.force_login(cast.conrad)
    page = client.get(f"/assets/{asset.pk}/").content.decode()
    assert "asset-form" in page and 'value="put_away"' not in page
    assert client.post(reverse("asset-do", args=[asset.pk]), {"verb": "put_away"}).status_code == 403


def test_few_queries_are_needed_however_much_there_is(camille, cast, django_assert_max_num_queries):
    for number in range(8):
        one = brought(cast.camille, cast.news, photo(32, 32, seed=number * 7), name=f"p{number}.jpg")
        add_right(one, cast.camille, RightWish(kind="right", holder="Ada"), now=NOW)
    render()
    with django_assert_max_num_queries(15):
        camille.get("/assets/")
    with django_assert_max_num_queries(15):
        camille.get(f"/assets/{one.pk}/")
    clip = brought(cast.camille, cast.news, film(), name="film.mp4")
    import_captions(clip.versions.get(), cast.camille, SRT, name="a.srt", language="fr", now=NOW)
    with django_assert_max_num_queries(15):
        camille.get(f"/assets/{clip.pk}/")


def media_of(client, post):
    post.refresh_from_db()
    return post.content["media"]


@pytest.fixture
def channel(cast):
    return make_channel(cast.news, connector="mastodon", name="Our toots", can=["publish", "upload"])


def test_media_of_the_composer_are_kept_as_they_are_wished_for_and_no_path_is_taken(camille, cast, asset, channel):
    post = create_post(cast.camille, cast.news, now=NOW, title="P", content=Content(text="Hi"), channels=[channel])
    one = {
        "asset": asset.pk, "version": 1, "alt": "A bridge", "focus": [0.2, 0.9], "ratio": [1, 1], "trim": None,
        "path": "../../etc/passwd", "captions": "/etc/passwd",
    }  # fmt: skip
    form = {"base_version": post.version, "text": "Hi", "media": json.dumps([one])}
    saved = camille.post(reverse("post-save", args=[post.pk]), form, headers={"X-Requested-With": "fetch"})
    assert saved.status_code == 200
    [kept] = media_of(camille, post)
    assert (kept["asset"], kept["version"], kept["alt"], kept["ratio"]) == (asset.pk, 1, "A bridge", [1, 1])
    assert (kept["path"], kept["captions"]) == ("", "")
    page = camille.get(f"/publish/{post.pk}/").content.decode()
    assert "&quot;alt&quot;: &quot;A bridge&quot;" in page
    assert camille.get(f"{reverse('asset-known')}?id={asset.pk}").json()[str(asset.pk)]["title"] == "bridge"
    form = {"base_version": saved.json()["version"], "text": "Changed"}
    camille.post(reverse("post-save", args=[post.pk]), form, headers={"X-Requested-With": "fetch"})
    assert media_of(camille, post) == [kept], "a form without the field leaves them"
    for wrong in (
        '{"asset": 1}',
        '[{"path": "a"}]',
        '[{"file": "0123"}]',
        '[{"asset": "x"}]',
        "[1]",
        "nonsense",
        "[NaN]",
    ):
        form = {"base_version": post.version, "text": "x", "media": wrong}
        refused = camille.post(reverse("post-save", args=[post.pk]), form, headers={"X-Requested-With": "fetch"})
        assert refused.status_code == 422, wrong


def test_nobody_names_an_asset_that_they_do_not_see(camille, cast, channel):
    hidden = brought(cast.sam, cast.sport, name="Secret of sport.jpg")
    post = create_post(cast.camille, cast.news, now=NOW, content=Content(text="Hi"), channels=[channel])
    media = json.dumps([{"asset": hidden.pk}])
    form = {"base_version": post.version, "text": "Hi", "media": media, "channels": channel.pk, f"v-{channel.pk}": "1"}
    for name in ("post-save", "post-cards"):
        answer = camille.post(reverse(name, args=[post.pk]), form, headers={"X-Requested-With": "fetch"})
        assert "Secret" not in answer.content.decode(), name
    assert media_of(camille, post) == []
    assert camille.get(f"{reverse('asset-known')}?id={hidden.pk}").json() == {}


def notes_of(page):
    return json.loads(page.split('id="media-notes" type="application/json">')[1].split("<")[0])


def test_cards_show_what_is_cut_and_what_stands_against_a_medium(camille, cast, asset, channel):
    render()
    add_right(asset, cast.camille, RightWish(kind="right", holder="Ada", ends_on=NOW.date().replace(day=1)), now=NOW)
    post = create_post(cast.camille, cast.news, now=NOW, content=Content(text="Hi"), channels=[channel])
    media = json.dumps([{"asset": asset.pk, "ratio": [1, 1], "focus": [0.0, 0.5], "alt": "A bridge"}])
    form = {"text": "Hi", "media": media, "channels": channel.pk, f"v-{channel.pk}": "1"}
    page = camille.post(reverse("post-cards", args=[post.pk]), form).content.decode()
    assert 'viewBox="0.0 0.0 480.0 480.0"' in page and 'aria-label="A bridge"' in page
    notes = notes_of(page)[""]
    assert [note["is_hint"] for note in notes["0"]].count(False) == 1 and notes["0"][0]["where"] == ["Our toots"]


def test_channel_has_its_own_media_or_those_of_all_and_says_which(camille, cast, asset, channel):
    sky = make_channel(cast.news, connector="bluesky", name="Our sky", can=["publish", "upload"])
    other = brought(cast.camille, cast.news, photo(seed=5), name="tower.jpg")
    media = tuple(medium_of(one) for one in (asset, other))
    content = Content(text="Hi", media=media)
    post = create_post(cast.maud, cast.news, now=NOW, title="P", content=content, channels=[channel, sky])
    own = f"v-{sky.pk}-media"

    def keep(written):
        post.refresh_from_db()
        form = {
            "base_version": post.version,
            "text": "Hi",
            "channels": [channel.pk, sky.pk],
            f"v-{sky.pk}": "1",
            own: written,
        }
        return camille.post(reverse("post-save", args=[post.pk]), form, headers={"X-Requested-With": "fetch"})

    def changes():
        return post.variants.get(channel=sky).changes

    keep(json.dumps([{"asset": other.pk, "version": 1, "alt": "A tower"}]))
    [kept] = changes()["media"]
    assert (kept["asset"], kept["alt"], kept["path"]) == (other.pk, "A tower", "")
    page = camille.get(f"/publish/{post.pk}/").content.decode()
    assert f'name="{own}"' in page and '<option value="own" selected>' in page
    versions = camille.get(reverse("post-versions", args=[post.pk])).content.decode()
    assert "Media – <bdi>Our sky</bdi>" in versions and "tower" in versions and "A tower" in versions
    keep("[]")
    assert changes() == {"media": []}
    assert "<ins>–</ins>" in camille.get(reverse("post-versions", args=[post.pk])).content.decode()
    assert keep('[{"file": "0123"}]').status_code == 422
    keep(json.dumps([{"asset": other.pk}, {"asset": asset.pk}]))
    assert [one["asset"] for one in changes()["media"]] == [other.pk, asset.pk], "in another order"
    keep("")
    assert changes() == {}
    assert '<option value="own" selected>' not in camille.get(f"/publish/{post.pk}/").content.decode()


def test_what_a_channel_shows_of_its_own_is_shown_and_judged_for_that_channel(camille, cast, asset, channel):
    render()
    sky = make_channel(cast.news, connector="bluesky", name="Our sky", can=["publish", "upload"])
    add_right(asset, cast.camille, RightWish(kind="right", holder="Ada", ends_on=NOW.date().replace(day=1)), now=NOW)
    post = create_post(cast.camille, cast.news, now=NOW, content=Content(text="Hi"), channels=[channel, sky])
    form = {
        "text": "Hi", "media": "[]", "channels": [channel.pk, sky.pk], f"v-{channel.pk}": "1", f"v-{sky.pk}": "1",
        f"v-{sky.pk}-media": json.dumps([{"asset": asset.pk, "alt": "A bridge"}]),
    }  # fmt: skip
    page = camille.post(reverse("post-cards", args=[post.pk]), form).content.decode()
    skies, toots = page.split("<article")[1:]
    assert "Ada" in skies and 'aria-label="A bridge"' in skies
    assert "Ada" not in toots.partition("<script")[0] and "A bridge" not in toots
    notes = notes_of(page)
    assert list(notes) == [str(sky.pk)] and notes[str(sky.pk)]["0"][0]["where"] == ["Our sky"]


def test_nobody_shows_on_one_channel_what_they_do_not_see(camille, cast, channel):
    hidden = brought(cast.sam, cast.sport, name="Secret of sport.jpg")
    post = create_post(cast.camille, cast.news, now=NOW, content=Content(text="Hi"), channels=[channel])
    own = {f"v-{channel.pk}-media": json.dumps([{"asset": hidden.pk}])}
    form = {"base_version": post.version, "text": "Hi", "channels": channel.pk, f"v-{channel.pk}": "1", **own}
    for name in ("post-save", "post-cards"):
        answer = camille.post(reverse(name, args=[post.pk]), form, headers={"X-Requested-With": "fetch"})
        assert "Secret" not in answer.content.decode() and "library" in answer.content.decode(), name
    assert post.variants.get().changes == {}


def test_caption_is_kept_and_shown_where_the_platform_has_one(camille, cast, asset, channel):
    site = make_channel(cast.news, connector="wordpress", name="Our site", can=["publish", "upload"])
    post = create_post(cast.camille, cast.news, now=NOW, content=Content(text="Hi"), channels=[channel, site])
    media = json.dumps([{"asset": asset.pk, "alt": "A bridge", "caption": "The <old> bridge"}])
    form = {
        "base_version": post.version, "text": "Hi", "media": media, "channels": [channel.pk, site.pk],
        f"v-{channel.pk}": "1", f"v-{site.pk}": "1",
    }  # fmt: skip
    sites, toots = camille.post(reverse("post-cards", args=[post.pk]), form).content.decode().split("<article")[1:]
    assert "The &lt;old&gt; bridge" in sites and "bridge</span>" not in toots
    camille.post(reverse("post-save", args=[post.pk]), form)
    assert media_of(camille, post)[0]["caption"] == "The <old> bridge"


def test_a_poll_is_written_one_choice_a_line_and_taken_away_again(camille, cast, channel):
    post = create_post(cast.camille, cast.news, now=NOW, content=Content(text="Hi"), channels=[channel])
    address = reverse("post-save", args=[post.pk])
    form = {"text": "Hi", "poll": "Yes\r\n\r\n No ", "poll_lasts": "3600", "poll_multiple": "1", "base_version": 1}
    camille.post(address, form)
    post.refresh_from_db()
    assert post.content["poll"] == {"choices": ["Yes", "No"], "lasts_s": 3600, "is_multiple": True}
    page = camille.get(f"/publish/{post.pk}/").content.decode()
    assert '<option value="3600" selected>' in page
    camille.post(address, {"text": "Hi", "poll": " ", "base_version": post.version})
    post.refresh_from_db()
    assert post.content["poll"] is None


def test_two_who_describe_different_media_both_find_their_words(camille, cast, client, channel):
    pair = [brought(cast.camille, cast.news, photo(seed=number), name=f"p{number}.jpg") for number in (1, 2)]
    content = Content(text="Hi", media=tuple(medium_of(one) for one in pair))
    post = create_post(cast.camille, cast.news, now=NOW, content=content, channels=[channel])
    address, begun = reverse("post-save", args=[post.pk]), post.version
    one, two = ({"asset": each.pk, "version": 1} for each in pair)
    for member, media in ((cast.maud, [one | {"alt": "First"}, two]), (cast.camille, [one, two | {"alt": "Second"}])):
        client.force_login(member)
        form = {"base_version": begun, "text": "Hi", "media": json.dumps(media)}
        told = client.post(address, form, headers={"X-Requested-With": "fetch"}).json()
    assert told["is_merged"]
    assert [each["alt"] for each in json.loads(told["fields"]["media"])] == ["First", "Second"]


def test_the_picker_offers_what_a_post_can_show(camille, cast, asset):
    paper = brought(cast.camille, cast.news, photo(seed=3))
    Asset.objects.filter(pk=paper.pk).update(kind="pdf")
    page = camille.get(reverse("asset-pick")).content.decode()
    assert f'data-pick="{asset.pk}"' in page and page.count("data-pick=") == 1
    assert "data-pick=" not in camille.get(f"{reverse('asset-pick')}?q=tunnel").content.decode()


def test_a_post_with_media_takes_few_queries(camille, cast, channel, django_assert_max_num_queries):
    pair = [brought(cast.camille, cast.news, photo(seed=number), name=f"p{number}.jpg") for number in (1, 2)]
    render()
    channels = [channel, make_channel(cast.news, connector="bluesky", name="Sky", can=["publish", "upload"])]
    content = Content(text="Hi", media=tuple(medium_of(one) for one in pair))
    post = create_post(cast.camille, cast.news, now=NOW, content=content, channels=channels)
    plain = create_post(cast.camille, cast.news, now=NOW, content=Content(text="Hi"), channels=channels)
    counts = []
    for path in (f"{plain.pk}/", f"{post.pk}/", f"{post.pk}/cards/"):
        with django_assert_max_num_queries(99) as seen:
            page = camille.get(f"/publish/{path}").content.decode()
        counts.append(len(seen))
    assert counts[1] <= counts[0], "media cost the page itself nothing"
    assert counts[2] <= MOST_QUERIES
    assert "<svg viewBox" in page
