"""Channels on the screen: how they are, adding one step by step, changing, files, what could not be understood."""

import base64
import socket
import zlib
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from tests.web.club import HOSTILE, PASSWORD, club, club_site

from parvis.channels.models import Channel, ChannelState, Envelope, EnvelopeState, Item
from parvis.channels.registry import added
from parvis.channels.vault import seal, unseal
from parvis.core.errors import Unreachable
from parvis.core.wording import Text
from parvis.jobs.models import Job, JobState
from parvis.jobs.work import run_jobs
from parvis.orgs.models import AuditEntry
from parvis.testing.factories import make_channel, make_item
from parvis.web import clock

ACCEPTED = "Basic " + base64.b64encode(f"ann:{PASSWORD}".encode()).decode()


@pytest.fixture(autouse=True)
def _house(monkeypatch, settings, tmp_path, now):
    """A fixed clock, a place for files, and loopback as a host that may be reached."""
    monkeypatch.setattr(clock, "now", lambda: now)
    settings.MEDIA_ROOT = tmp_path
    settings.OPTIONS = {**settings.OPTIONS, "PARVIS_ALLOWED_PRIVATE_HOSTS": ("127.0.0.1",)}


@pytest.fixture
def maud(client, cast):
    client.force_login(cast.maud)
    return client


@pytest.fixture
def site():
    with club_site() as server, added(club()):
        yield server


@pytest.fixture
def drifting(cast, now):
    with added(club()):
        channel = make_channel(cast.news, name="Drifting", connector="simulated", drift_count=1)
        add_envelope(channel, b"<html>not what was expected</html>", now)
        yield channel


def add_envelope(channel, body, now, state=EnvelopeState.UNPARSED):
    return Envelope.objects.create(
        channel=channel,
        endpoint="posts",
        connector_version=1,
        packed_body=zlib.compress(body),
        size_bytes=len(body),
        hash=f"{channel.pk}-{len(body)}",
        received_at=now,
        seen_at=now,
        state=state,
        problems=[{"where": "posts", "detail": "no <b>JSON</b>"}],
    )


def text(response):
    return response.content.decode()


def within_main(response):
    return text(response).split("<main")[1].split("</main")[0]


def open_house(client, site, *, password=PASSWORD):
    """All steps up to the first items."""
    client.post("/channels/new/", {"address": site.address})
    client.post("/channels/new/choose", {"chosen": "0"})
    return client.post(
        "/channels/new/details/",
        {
            "credential_username": "ann",
            "credential_password": password,
            "name": "Our hall",
            "department_id": cast_news(),
        },
    )


def cast_news():
    from parvis.orgs.models import Department

    return Department.objects.get(name="News").pk


# The list


def test_only_channels_of_own_departments_are_listed(maud, cast):
    make_channel(cast.news, name="Site of News")
    other = make_channel(cast.sport, name="Site of Sport")
    page = text(maud.get("/channels/"))
    assert "Site of News" in page and "Site of Sport" not in page
    assert maud.get(f"/channels/{other.pk}/").status_code == 404
    assert maud.post(f"/channels/{other.pk}/do", {"verb": "pause"}).status_code == 404


def test_contributor_does_not_see_channels_at_all(client, cast):
    channel = make_channel(cast.news)
    client.force_login(cast.conrad)
    assert client.get("/channels/").status_code == 403
    assert client.get(f"/channels/{channel.pk}/").status_code == 404


def test_who_may_look_only_changes_nothing(client, cast):
    channel = make_channel(cast.news, name="Site of News")
    client.force_login(cast.anna)
    page = text(client.get(f"/channels/{channel.pk}/"))
    assert "Site of News" in page and "Connect again" not in page and 'name="verb"' not in page
    for path, given in (
        ("", {"name": "Other", "department_id": cast.news.pk}),
        ("do", {"verb": "pause"}),
        ("reconnect/", {"credential_password": "x"}),
        ("remove/", {}),
        ("replay", {}),
        ("import", {}),
    ):
        assert client.post(f"/channels/{channel.pk}/{path}", given).status_code == 403
    assert client.get("/channels/new/").status_code == 403
    channel.refresh_from_db()
    assert (channel.name, channel.state, channel.removed_at) == ("Site of News", ChannelState.ACTIVE, None)


def test_failing_channel_says_what_happened_and_what_to_do_in_the_readers_language(maud, cast):
    error = {"code": "credentials_rejected", "en": "It refuses the sign-in.", "fr": "Identification refusée."}
    make_channel(cast.news, state=ChannelState.NEEDS_PERSON, error=error, failure_count=3)
    page = text(maud.get("/channels/"))
    assert "It refuses the sign-in." in page and "Connect it again" in page and "needs you" in page
    cast.maud.language = "fr"
    cast.maud.save()
    assert "Identification refusée." in text(maud.get("/channels/"))


def test_empty_list_offers_the_first_step_to_who_may_take_it(maud, client, cast):
    assert 'href="/channels/new/"' in text(maud.get("/channels/"))
    client.force_login(cast.anna)
    assert 'href="/channels/new/"' not in text(client.get("/channels/"))


def test_no_page_runs_more_than_fifteen_queries(maud, cast, now, drifting, django_assert_max_num_queries):
    for number in range(8):
        make_channel(cast.news, name=f"Channel {number}", error={"code": "timed_out", "en": "x", "fr": "y"})
    for state in EnvelopeState:
        add_envelope(drifting, state.value.encode() * 3, now, state)
    for path in ("/channels/", f"/channels/{drifting.pk}/", "/channels/new/", f"/channels/{drifting.pk}/remove/"):
        maud.get(path)
        with django_assert_max_num_queries(15):
            assert maud.get(path).status_code == 200


# Adding one


def test_channel_is_added_step_by_step_and_nothing_is_saved_before_the_last(maud, site, cast):
    site.accepts = ACCEPTED
    found = maud.post("/channels/new/", {"address": site.address}, follow=True)
    page = text(found)
    assert page.index("The main hall") < page.index("The side room")
    assert "Read the posts and answer them." in page
    details = text(maud.post("/channels/new/choose", {"chosen": "0"}, follow=True))
    assert "Look for the key." in details and 'value="The main hall"' in details
    given = {
        "credential_username": "ann", "credential_password": PASSWORD, "name": "Our hall", "department_id": cast.news.pk,
    }  # fmt: skip
    first = text(maud.post("/channels/new/details/", given, follow=True))
    assert "The house &lt;b&gt;there&lt;/b&gt;" in first and "answer, hold back" in first
    assert first.count("sample-text") == 10 and "<script>alert" not in first
    assert not Channel.objects.exists()
    assert text(maud.post("/channels/new/save", follow=True)).count("Our hall")
    channel = Channel.objects.get()
    assert (channel.name, channel.department, sorted(channel.can)) == ("Our hall", cast.news, ["hold", "reply"])
    assert unseal(channel.sealed_credentials) == {"username": "ann", "password": PASSWORD}
    assert channel.facts["id"] == "7" and channel.next_sync_at is not None


def test_first_items_that_nobody_can_read_are_a_sentence_and_the_channel_can_be_saved(maud, site, cast):
    def crash(_payload):
        raise KeyError("text")

    with added(replace(club(), parse=crash)):
        page = text(maud.get(open_house(maud, site).url))
        assert "Something came, but Parvis could not understand it." in page and "There is nothing yet" not in page
        maud.post("/channels/new/save")
    assert Channel.objects.get().name == "Our hall"


def test_saving_twice_makes_one_channel(maud, site, cast):
    open_house(maud, site)
    maud.post("/channels/new/save")
    assert maud.post("/channels/new/save").url == "/channels/new/details/"
    assert Channel.objects.count() == 1


def test_refused_password_is_said_beside_its_field_and_nothing_typed_is_lost(maud, site, cast):
    site.accepts = ACCEPTED
    page = text(open_house(maud, site, password="wrong"))
    assert "does not accept the sign-in" in page.split('id="id_credential_password_error"')[1][:300]
    assert 'value="ann"' in page and 'value="Our hall"' in page
    again = text(maud.get("/channels/new/details/"))
    assert 'value="ann"' in again and 'value="Our hall"' in again


def test_secret_is_neither_sent_back_nor_readable_in_the_session(maud, site, cast):
    page = text(open_house(maud, site)) + text(maud.get("/channels/new/details/"))
    assert PASSWORD not in page
    assert PASSWORD not in str(dict(maud.session))
    maud.post("/channels/new/save")
    assert "channel_draft" not in maud.session


def test_secret_left_empty_after_an_error_is_the_one_typed_before(maud, site, cast):
    open_house(maud, site)
    given = {"credential_username": "ann", "credential_password": "", "name": "Other", "department_id": cast.news.pk}
    assert maud.post("/channels/new/details/", given).url == "/channels/new/first-items/"
    maud.post("/channels/new/save")
    assert unseal(Channel.objects.get().sealed_credentials)["password"] == PASSWORD


@pytest.mark.parametrize(
    ("address", "said"),
    [("not an address", "is not an address"), ("", "required"), ("ftp://example.org", "is not an address")],
)
def test_address_that_is_none_is_said_beside_it_and_kept(maud, cast, address, said):
    answer = maud.post("/channels/new/", {"address": address})
    assert answer.status_code == 422
    page = text(answer)
    assert (said in page and f'value="{address}"' in page) or not address


def test_place_with_nothing_to_read_says_so(maud, site):
    answer = maud.post("/channels/new/", {"address": f"{site.address}/empty"})
    assert answer.status_code == 422 and "Nothing that Parvis can read" in text(answer)


def test_private_address_that_is_not_allowed_is_refused(maud, settings):
    settings.OPTIONS = {**settings.OPTIONS, "PARVIS_ALLOWED_PRIVATE_HOSTS": ()}
    answer = maud.post("/channels/new/", {"address": "http://127.0.0.1:9/"})
    assert answer.status_code == 422 and "private address" in text(answer)


def test_password_to_a_public_host_without_encryption_is_refused(maud, cast, monkeypatch):
    from parvis.core.types import Recognition
    from parvis.core.wording import Text
    from parvis.web.screens.channels import asking

    with added(club()):
        found = [Recognition(slug="simulated", address="http://example.org/", name="Open", offers=Text("a", "b"))]
        monkeypatch.setattr(asking, "found_at", lambda address: found)
        maud.post("/channels/new/", {"address": "http://example.org/"})
        given = {
            "credential_username": "ann", "credential_password": PASSWORD, "name": "Open", "department_id": cast.news.pk,
        }  # fmt: skip
        page = text(maud.post("/channels/new/details/", given))
    assert "in the open" in page.split('id="id_credential_password_error"')[1][:300]
    assert not Channel.objects.exists()


def test_slow_site_is_given_up_and_the_address_kept(maud, site, monkeypatch):
    monkeypatch.setattr("parvis.web.screens.channels.asking.LIMIT_S", 0.3)
    answer = maud.post("/channels/new/", {"address": f"{site.address}/slow"})
    assert answer.status_code == 422
    assert "took longer than 0.3 s" in text(answer) and "/slow" in text(answer)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "cannot be reached"), ("en", "then try once more."), ("fr", "puis réessayez.")]
)
def test_host_that_cannot_be_reached_is_told_with_what_to_do_now(maud, cast, language, said):
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        cast.maud.language = language
        cast.maud.save()
        answer = maud.post("/channels/new/", {"address": f"http://127.0.0.1:{nobody_listens.getsockname()[1]}/"})
    page = within_main(answer)
    assert answer.status_code == 422 and said in page.split('class="field-error"')[1].split("</div>")[0]
    assert "by itself" not in page and "de lui-même" not in page


def test_failing_channel_says_once_that_it_tries_again(maud, cast):
    make_channel(cast.news, error=Unreachable(host="site.example", detail=Text("cut", "coupé")).facts, failure_count=2)
    page = within_main(maud.get("/channels/"))
    assert "site.example cannot be reached: cut." in page and page.count("tries again by itself") == 1


def test_channel_cannot_be_added_to_a_department_that_one_does_not_manage(maud, site, cast):
    maud.post("/channels/new/", {"address": site.address})
    given = {"name": "Ours", "department_id": cast.sport.pk}
    assert maud.post("/channels/new/details/", given).status_code == 422


# Changing one


def test_name_department_and_kinds_change_together(client, cast):
    channel = make_channel(cast.news, name="Before")
    client.force_login(cast.stella)
    given = {"name": "After", "department_id": cast.sport.pk, "opens_conversations": ["review", "article"]}
    assert client.post(f"/channels/{channel.pk}/", given).status_code == 302
    channel.refresh_from_db()
    assert (channel.name, channel.department, channel.opens_conversations) == (
        "After", cast.sport, ["article", "review"],
    )  # fmt: skip


def test_audience_of_a_channel_is_said_by_who_may_change_it(client, cast):
    channel = make_channel(cast.news, name="Toots", connector="mastodon", can=["publish"])
    client.force_login(cast.maud)
    page = client.get(f"/channels/{channel.pk}/").content.decode()
    assert 'name="audience_zone"' in page and '<option value="America/New_York">' in page
    given = {"name": "Toots", "department_id": cast.news.pk, "audience_zone": "America/New_York"}
    assert client.post(f"/channels/{channel.pk}/", given).status_code == 302
    channel.refresh_from_db()
    assert channel.audience_zone == "America/New_York"
    entry = AuditEntry.objects.get(action="channel.change")
    assert (entry.facts["before"]["audience_zone"], entry.facts["after"]["audience_zone"]) == ("", "America/New_York")
    wrong = client.post(f"/channels/{channel.pk}/", {**given, "audience_zone": "Mars/Olympus"})
    assert wrong.status_code == 422 and "Mars/Olympus" in wrong.content.decode()
    client.force_login(cast.camille)
    assert client.post(f"/channels/{channel.pk}/", {**given, "audience_zone": "Asia/Tokyo"}).status_code == 403
    client.force_login(cast.maud)
    without = {name: value for name, value in given.items() if name != "audience_zone"}
    source = make_channel(cast.news, name="Feed", connector="feed")
    assert 'name="audience_zone"' not in client.get(f"/channels/{source.pk}/").content.decode()
    assert client.post(f"/channels/{source.pk}/", {**without, "name": "Feed"}).status_code == 302
    client.post(f"/channels/{channel.pk}/", {**given, "audience_zone": ""})
    channel.refresh_from_db()
    assert channel.audience_zone == ""


def test_channel_cannot_be_moved_to_a_department_that_one_does_not_manage(maud, cast):
    channel = make_channel(cast.news, name="Before")
    given = {"name": "After", "department_id": cast.sport.pk}
    assert maud.post(f"/channels/{channel.pk}/", given).status_code == 422
    channel.refresh_from_db()
    assert (channel.name, channel.department) == ("Before", cast.news)


def test_channel_is_paused_resumed_and_read_at_once(maud, cast, now):
    channel = make_channel(cast.news)
    for verb, state, due in (
        ("pause", ChannelState.PAUSED, None), ("resume", ChannelState.ACTIVE, now), ("read", ChannelState.ACTIVE, now),
    ):  # fmt: skip
        assert maud.post(f"/channels/{channel.pk}/do", {"verb": verb}).status_code == 302
        channel.refresh_from_db()
        assert (channel.state, channel.next_sync_at) == (state, due)


def test_connecting_again_keeps_the_secret_that_was_left_empty(maud, site, cast):
    site.accepts = ACCEPTED
    kept = seal({"username": "ann", "password": PASSWORD})
    channel = make_channel(
        cast.news, connector="simulated", address=f"{site.address}/", sealed_credentials=kept,
        state=ChannelState.NEEDS_PERSON,
    )  # fmt: skip
    page = text(maud.get(f"/channels/{channel.pk}/reconnect/"))
    assert 'value="ann"' in page and PASSWORD not in page
    given = {"credential_username": "ann", "credential_password": ""}
    assert maud.post(f"/channels/{channel.pk}/reconnect/", given).status_code == 302
    channel.refresh_from_db()
    assert channel.state == ChannelState.ACTIVE
    assert unseal(channel.sealed_credentials) == {"username": "ann", "password": PASSWORD}


def test_credentials_that_are_refused_replace_nothing(maud, site, cast):
    site.accepts = ACCEPTED
    channel = make_channel(
        cast.news, connector="simulated", address=f"{site.address}/",
        sealed_credentials=seal({"username": "ann", "password": PASSWORD}),
    )  # fmt: skip
    answer = maud.post(
        f"/channels/{channel.pk}/reconnect/", {"credential_username": "ann", "credential_password": "no"}
    )
    assert answer.status_code == 422 and "does not accept the sign-in" in text(answer)
    channel.refresh_from_db()
    assert unseal(channel.sealed_credentials)["password"] == PASSWORD


def test_removing_asks_first_and_keeps_what_was_read(maud, cast):
    channel = make_channel(cast.news, name="Old site", item_count=1, sealed_credentials=seal({"password": "x"}))
    make_item(channel)
    assert "kept" in text(maud.get(f"/channels/{channel.pk}/remove/"))
    assert Channel.objects.filter(removed_at=None).exists()
    assert "Old site" in text(maud.post(f"/channels/{channel.pk}/remove/", follow=True))
    channel.refresh_from_db()
    assert channel.removed_at is not None and bytes(channel.sealed_credentials) == b""
    assert Item.objects.filter(channel=channel).count() == 1
    assert maud.get(f"/channels/{channel.pk}/").status_code == 404


# What could not be understood


def test_payload_that_was_not_understood_is_shown_as_plain_text(maud, client, cast, drifting):
    page = text(maud.get(f"/channels/{drifting.pk}/"))
    assert "&lt;html&gt;not what was expected" in page and "no &lt;b&gt;JSON&lt;/b&gt;" in page and "34" in page
    client.force_login(cast.anna)
    assert "not what was expected" not in text(client.get(f"/channels/{drifting.pk}/"))


def test_payloads_are_read_again_by_a_job_and_what_is_mended_arrives(maud, cast, now, drifting):
    envelope = add_envelope(drifting, b'[{"n": 1, "text": "late"}]', now)
    maud.post(f"/channels/{drifting.pk}/replay")
    maud.post(f"/channels/{drifting.pk}/replay")
    job = Job.objects.get()
    assert "begins in a moment" in text(maud.get(f"/channels/{drifting.pk}/"))
    import parvis.flows.replaying  # noqa: F401

    run_jobs("worker", timezone.now())
    job.refresh_from_db()
    envelope.refresh_from_db()
    assert (job.state, job.result, envelope.state) == (JobState.DONE, {"mended": 1, "new": 1}, EnvelopeState.PARSED)
    assert Item.objects.get(channel=drifting).text == "late"
    assert "1 payload is understood now" in text(maud.get(f"/channels/{drifting.pk}/jobs/{job.pk}/"))


# Files


def upload(client, channel, body, name="export.csv"):
    file = SimpleUploadedFile(name, body)
    return client.post(f"/channels/{channel.pk}/import", {"file": file}, follow=True)


def test_file_is_brought_in_with_a_bar(maud, cast):
    channel = make_channel(cast.news)
    page = text(upload(maud, channel, b"id,text,author\n1,Hello,Ann\n2,World,Bea\n"))
    assert "export.csv" in page and "begins in a moment" in page
    run_jobs("worker", timezone.now())
    job = Job.objects.get()
    card = text(maud.get(f"/channels/{channel.pk}/jobs/{job.pk}/"))
    assert "finished" in card and "2 records read" in card and "hx-get" not in card
    assert Item.objects.filter(channel=channel).count() == 2


def test_file_that_is_none_is_refused_by_its_own_name_and_not_kept(maud, cast, settings):
    channel = make_channel(cast.news)
    page = text(upload(maud, channel, b"\x00\x01\x02", name="holiday.jpg"))
    assert "holiday.jpg" in page and "cannot be read" in page
    assert not Job.objects.exists()
    assert not list((settings.MEDIA_ROOT / "imports" / str(channel.pk)).iterdir())


def test_name_of_a_file_cannot_lead_out_of_its_folder(maud, cast, settings):
    channel = make_channel(cast.news)
    upload(maud, channel, b"text\nHello\n", name="../../../etc/passwd.csv")
    path = Job.objects.get().params["path"]
    assert path.startswith(str((settings.MEDIA_ROOT / "imports" / str(channel.pk)).resolve()))


def test_import_is_stopped_and_goes_on(maud, cast):
    channel = make_channel(cast.news)
    upload(maud, channel, b"id,text\n1,Hello\n")
    job = Job.objects.get()
    maud.post(f"/channels/{channel.pk}/jobs/{job.pk}/", {"verb": "cancel"})
    run_jobs("worker", timezone.now())
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert "Go on" in text(maud.get(f"/channels/{channel.pk}/jobs/{job.pk}/"))
    maud.post(f"/channels/{channel.pk}/jobs/{job.pk}/", {"verb": "resume"})
    run_jobs("worker", timezone.now())
    job.refresh_from_db()
    assert job.state == JobState.DONE and Item.objects.filter(channel=channel).count() == 1


def test_stopped_import_whose_file_is_removed_does_not_offer_to_go_on(maud, cast, settings):
    channel = make_channel(cast.news)
    upload(maud, channel, b"id,text\n1,Hello\n")
    job = Job.objects.get()
    address = f"/channels/{channel.pk}/jobs/{job.pk}/"
    maud.post(address, {"verb": "cancel"})
    run_jobs("worker", timezone.now())
    assert "Remove the file" in text(maud.get(address))
    maud.post(address, {"verb": "forget"})
    card = text(maud.get(address))
    assert "stopped" in card and "Go on" not in card and "Remove the file" not in card
    assert not list((settings.MEDIA_ROOT / "imports").glob("*/*"))


def test_job_of_another_channel_is_not_there(maud, cast):
    channel, other = make_channel(cast.news), make_channel(cast.sport)
    job = Job.objects.create(kind="import", params={"channel": other.pk, "path": "x"}, created_at=timezone.now())
    assert maud.get(f"/channels/{channel.pk}/jobs/{job.pk}/").status_code == 404


def test_channel_for_files_is_made_without_an_address(maud, cast):
    page = text(maud.post("/channels/new/files/", {"name": "Old forum", "department_id": cast.news.pk}, follow=True))
    assert "Old forum" in page and "Read now" not in page and "Bring in a file" in page
    channel = Channel.objects.get()
    assert channel.next_sync_at is None
    for verb in ("read", "pause", "resume"):
        maud.post(f"/channels/{channel.pk}/do", {"verb": verb})
        channel.refresh_from_db()
        assert channel.next_sync_at is None


# Guides and logos


def test_guide_of_a_connector_is_shown_safely():
    from parvis.web.screens.channels.guides import as_html

    html = as_html(
        "# Title\n## A *b*\n- one `<i>`\n  more\n- **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<script>x</script> [l](javascript:alert(1))"
    )
    assert "<h3>A <em>b</em></h3>" in html and "<code>&lt;i&gt;</code> more" in html and "<td>2</td>" in html
    assert "<script" not in html and "href" not in html and "Title" not in html


@pytest.mark.parametrize("slug", ["..", "nothing", "__init__"])
def test_logo_of_what_is_no_connector_is_not_there(maud, slug):
    assert maud.get(f"/channels/logo/{slug}.svg").status_code == 404


def test_logo_may_do_nothing_as_a_page_of_its_own(maud):
    from parvis.channels.registry import connectors
    from parvis.web.screens.channels.guides import folder_of

    slug = next(slug for slug in connectors() if (folder_of(slug) / "logo.svg").is_file())
    answer = maud.get(f"/channels/logo/{slug}.svg")
    assert answer["Content-Type"] == "image/svg+xml" and "sandbox" in answer["Content-Security-Policy"]


def test_outside_text_says_its_own_direction(maud, site, cast):
    open_house(maud, site)
    page = text(maud.get("/channels/new/first-items/"))
    assert HOSTILE.split()[-1] in page and 'class="sample-text" dir="auto"' in page
