"""Articles in parts on a real Ghost, which counts them; its answers are cut, lost and late on the way."""

import re
import signal
import time
import urllib.request
import uuid
from datetime import UTC, datetime

import pytest
from tests.real.ghostly import Keeper
from tests.real.publishing import deliver, deliver_all, hurry, look_at, order_post, parts_of, picture, states
from tests.real.relay import Relay
from tests.worker.box import drop_template, make_template, opened_box, stop, wait_until

from parvis.channels.chains import order_parts
from parvis.channels.intake import take_in_payloads
from parvis.channels.models import OPEN_EFFECT_STATES, Attempt, Effect, EffectState, Item
from parvis.channels.vault import seal
from parvis.connectors.ghost import connector
from parvis.core.connector import Can
from parvis.core.errors import RemoteGone
from parvis.core.post import Content, Part
from parvis.net import Limits
from parvis.publishing.comparing import differences
from parvis.testing.cast import make_cast
from parvis.testing.factories import make_channel

pytestmark = [pytest.mark.real, pytest.mark.slow]

PATIENT = Limits(connect_s=5.0, read_s=20.0, total_s=30.0)
HASTY = Limits(connect_s=2.0, read_s=1.8, total_s=6.0)
NEWSLETTER = "default-newsletter"


@pytest.fixture
def keeper(ghost):
    return Keeper(ghost)


@pytest.fixture
def relay(ghost):
    with Relay(ghost["URL"]) as running:
        yield running


def channel_at(url, ghost, department, *, key=None):
    return make_channel(
        department,
        connector="ghost",
        address=f"{url}/",
        facts={"newsletters": f"{NEWSLETTER}=Test site"},
        sealed_credentials=seal({"key": key or ghost["ADMIN_API_KEY"]}),
        can=[can.value for can in connector.acts],
    )


@pytest.fixture
def channel(db, relay, ghost, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return channel_at(relay.url, ghost, make_cast().news)


def marked():
    return f"mark{uuid.uuid4().hex[:10]}"


def patiently(chain):
    return deliver_all(chain, limits=PATIENT)


def out(keeper, mark):
    return [row for row in keeper.titled(mark) if row["status"] in ("published", "sent")]


def test_article_arrives_with_pictures_links_and_tags_and_no_mail(channel, keeper, tmp_path):
    mark = marked()
    content = Content(
        title=f"L’été « bleu » & 1 < 2 {mark}",
        text='Ligne une\nligne deux <b>\n\nVoir https://example.org/a?x=1&y=2. "Fin"',
        thread=("Et la suite.",),
        link="https://example.org/programme",
        media=(picture(tmp_path, alt="Un lac « bleu » & une montagne"), picture(tmp_path, alt='La "salle"', caption="Après <le> concert", shade=20)),
        options={
            "excerpt": "En bref & net", "tags": [f"Été & {mark}", "News"], "slug": f"lac-{mark}",
            "caption": "Au <bord> de l’eau", "canonical": "https://example.org/original", "featured": True,
        },
    )  # fmt: skip
    parts = patiently(order_post(channel, content))
    assert list(parts) == ["media:1", "media:2", "post"]
    assert set(states(parts).values()) == {EffectState.DONE}, parts["post"].error
    (row,) = keeper.titled(mark)
    assert (row["status"], row["slug"], row["visibility"], row["featured"]) == (
        "published",
        f"lac-{mark}",
        "public",
        True,
    )
    assert row["title"] == content.title and row["custom_excerpt"] == "En bref & net"
    assert row["feature_image_alt"] == "Un lac « bleu » & une montagne"
    assert row["feature_image_caption"] == "Au &lt;bord&gt; de l’eau" and "/lake" in row["feature_image"]
    assert row["canonical_url"] == "https://example.org/original"
    assert [tag["name"] for tag in row["tags"]] == [f"Été & {mark}", "News"]
    assert row["email"] is None and row["newsletter"] is None
    html = row["html"]
    assert '<a href="https://example.org/a?x=1&amp;y=2"' in html and "https://example.org/programme" in html
    assert "Ligne une<br>ligne deux &lt;b&gt;" in html and "Et la suite." in html
    assert parts["media:2"].result_facts["url"] in html and 'alt="La &quot;salle&quot;"' in html
    assert re.search(r"<figcaption>.*Après &lt;le&gt; concert.*</figcaption>", html)
    page = urllib.request.urlopen(row["url"], timeout=30).read().decode()
    assert "Ligne une" in page
    item = Item.objects.get(channel=channel, remote_id=f"post:{row['id']}")
    assert parts["post"].result_url == row["url"] == item.url and item.remote_status == "published"
    assert item.media[0]["alt"] == row["feature_image_alt"] and "Ligne une" in item.text
    assert differences(content, {"post": item}, connector) == []
    anna = keeper.member("anna@example.test", "Anna")
    shown, hidden = (keeper.comment(anna, f"<p>{word}</p>", post_id=row["id"]) for word in ("Shown", "Hidden"))
    keeper.set_status(hidden["id"], "hidden")
    keeper.change("posts", row, feature_image_alt=None)
    looked = look_at(channel, item)
    take_in_payloads(channel, looked.payloads, now=datetime.now(UTC))
    item.refresh_from_db()
    assert looked.numbers == {"replies": 1} and shown["status"] == "published"
    assert [one.code for one in differences(content, {"post": item}, connector)] == ["alt"]


def test_page_is_a_page(channel, keeper):
    mark = marked()
    patiently(order_post(channel, Content(title=mark, text="Qui nous sommes", options={"kind": "page"})))
    (page,) = keeper.titled(mark, kind="pages")
    item = Item.objects.get(channel=channel, remote_id=f"post:{page['id']}")
    assert item.kind == "page" and look_at(channel, item).numbers == {"replies": 0}
    keeper.ask("DELETE", f"pages/{page['id']}/")
    with pytest.raises(RemoteGone):
        look_at(channel, item)
    assert page["status"] == "published" and keeper.titled(mark) == keeper.titled(mark, kind="pages") == []


DRAFTING = ("POST", r"/admin/posts/")
PUBLISHING = ("PUT", r"/admin/posts/\w+/")
UPLOADING = ("POST", r"/images/upload/")
WAYS = ["broken before", "limited", "broken after", "cut after", "silent after"]


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("step", [DRAFTING, PUBLISHING], ids=["draft", "publish"])
def test_whatever_goes_wrong_it_is_published_once(channel, relay, keeper, tmp_path, step, how):
    mark = marked()
    content = Content(
        title=mark, text=f"Voir https://example.org/é?a=1&b=2 {mark}", media=(picture(tmp_path, alt="Un lac"),)
    )
    relay.fail(*step, how)
    relay.fail(*UPLOADING, how)
    parts = deliver_all(order_post(channel, content), limits=HASTY if "silent" in how else PATIENT)
    assert set(states(parts).values()) == {EffectState.DONE}, parts["post"].error
    (row,) = keeper.titled(mark)
    assert row["status"] == "published" and row["feature_image"]
    if "after" in how:
        outcomes = set(Attempt.objects.filter(effect=parts["post"]).values_list("outcome", flat=True))
        assert ("found_done" if step is PUBLISHING else "found_nothing") in outcomes
        assert relay.count(*DRAFTING) == 1 or "silent" in how
    assert Item.objects.filter(channel=channel, remote_id=f"post:{row['id']}").exists()


@pytest.mark.parametrize("step", [DRAFTING, PUBLISHING], ids=["draft", "publish"])
def test_request_that_arrives_late_publishes_nothing_twice(channel, relay, keeper, step):
    """It is carried out after it was looked for; of a draft that comes late nobody outside sees anything."""
    mark = marked()
    relay.fail(*step, "late")
    parts = deliver_all(order_post(channel, Content(title=mark, text="x")), limits=HASTY)
    time.sleep(2.5)
    assert states(parts) == {"post": EffectState.DONE}
    assert len(out(keeper, mark)) == 1
    assert {row["status"] for row in keeper.titled(mark)} <= {"published", "draft"}


@pytest.mark.parametrize("how", ["", "cut after", "broken after"])
def test_newsletter_is_sent_once_and_only_where_it_is_named(channel, relay, keeper, how):
    mark = marked()
    if how:
        relay.fail(*PUBLISHING, how)
    content = Content(title=mark, text="x", options={"newsletter": "test SITE"})
    assert states(patiently(order_post(channel, content))) == {"post": EffectState.DONE}
    (row,) = keeper.titled(mark)
    assert row["status"] == "published" and row["newsletter"]["slug"] == NEWSLETTER
    assert row["email"]["email_count"] >= 1
    mails = keeper.ask("GET", f"posts/{row['id']}/", include="email")["posts"][0]["email"]
    assert mails["id"] == row["email"]["id"]


def test_own_article_is_found_behind_many_that_came_after(channel, relay, keeper):
    mark = marked()
    relay.fail(*PUBLISHING, "cut after")
    chain = order_post(channel, Content(title=mark, text="Early"))
    deliver(limits=PATIENT)
    for number in range(35):
        keeper.post(f"noise {number}", status="draft")
    hurry()
    deliver(limits=PATIENT)
    assert states(parts_of(chain)) == {"post": EffectState.DONE}
    assert len(keeper.titled(mark)) == 1 and relay.count(*PUBLISHING) == 1


def test_own_article_is_found_where_somebody_took_the_mark_away(channel, relay, keeper):
    mark = marked()
    relay.fail(*PUBLISHING, "cut after")
    chain = order_post(channel, Content(title=f"{mark} & co", text="Words “of” ours"))
    deliver(limits=PATIENT)
    (row,) = keeper.titled(mark)
    keeper.change("posts", row, codeinjection_foot=None)
    hurry()
    deliver(limits=PATIENT)
    assert states(parts_of(chain)) == {"post": EffectState.DONE} and len(keeper.titled(mark)) == 1


def test_same_article_twice_on_purpose_is_two(channel, relay, keeper):
    mark = marked()
    content = Content(title=mark, text="The same")
    patiently(order_post(channel, content))
    relay.fail(*PUBLISHING, "broken before")
    patiently(order_post(channel, content))
    assert len(out(keeper, mark)) == 2


def order_part(channel, name, can, body, chain):
    now = datetime.now(UTC)
    part = Part(name=name, can=can, body=body, step=9)
    order_parts(channel, [part], chain=chain, member=None, now=now, due_at=now)


def changed_body(channel, content):
    return connector.publishing.parts(content, channel.facts)[-1].body


def test_article_is_changed_and_taken_down(channel, relay, keeper, tmp_path):
    mark = marked()
    media = (picture(tmp_path, alt="Un lac"),)
    chain = order_post(channel, Content(title=f"First {mark}", text="First words", media=media))
    patiently(chain)
    body = changed_body(
        channel, Content(title=f"Other {mark}", text="Other words", media=media, options={"tags": [mark]})
    )
    relay.fail(*PUBLISHING, "cut after")
    order_part(channel, "edit:1", Can.EDIT, body, chain)
    assert patiently(chain)["edit:1"].state == EffectState.DONE
    assert relay.count(*PUBLISHING) == 2  # once to publish it, once to change it
    order_part(channel, "edit:2", Can.EDIT, {**body, "paragraphs": ["Third words"]}, chain)
    parts = patiently(chain)
    assert parts["edit:2"].state == EffectState.DONE, parts["edit:2"].error
    (row,) = keeper.titled(mark)
    assert row["title"] == f"Other {mark}" and "Third words" in row["html"] and row["status"] == "published"
    assert row["feature_image"] and [tag["name"] for tag in row["tags"]] == [mark]
    assert Item.objects.get(channel=channel, remote_id=f"post:{row['id']}").text == "Third words"
    relay.fail(*PUBLISHING, "cut after")
    order_part(channel, "withdraw:1", Can.WITHDRAW, {}, chain)
    assert patiently(chain)["withdraw:1"].state == EffectState.DONE
    (row,) = keeper.titled(mark)
    assert row["status"] == "draft"
    assert Item.objects.get(channel=channel, remote_id=f"post:{row['id']}").remote_status == "held"


def test_article_that_was_to_be_deleted_is(channel, relay, keeper):
    mark = marked()
    chain = order_post(channel, Content(title=mark, text="x", options={"takedown": "delete"}))
    patiently(chain)
    relay.fail("DELETE", "/posts/", "cut after")
    order_part(channel, "withdraw:1", Can.WITHDRAW, {}, chain)
    assert patiently(chain)["withdraw:1"].state == EffectState.DONE
    assert keeper.titled(mark) == []


def test_what_somebody_changed_there_is_not_written_over(channel, keeper):
    mark = marked()
    chain = order_post(channel, Content(title=mark, text="Our words"))
    patiently(chain)
    (row,) = keeper.titled(mark)
    time.sleep(1.1)  # Ghost keeps whole seconds
    keeper.change("posts", row, html="<p>Their words</p>")
    order_part(channel, "edit:1", Can.EDIT, changed_body(channel, Content(title=mark, text="New words")), chain)
    edit = patiently(chain)["edit:1"]
    assert edit.state == EffectState.NEEDS_PERSON and edit.error["code"] == "conflict"
    assert "changed on the site" in edit.error["en"] and "modifié" in edit.error["fr"]
    assert "Their words" in keeper.titled(mark)[0]["html"]


@pytest.mark.parametrize("key", ["6b03eacaa4b33a0ec0de2600:" + "ab" * 32, "no key at all"])
def test_key_that_is_not_accepted_stops_the_channel_and_keeps_the_order(channel, relay, ghost, keeper, key):
    own = channel_at(relay.url, ghost, channel.department, key=key)
    mark = marked()
    chain = order_post(own, Content(title=mark, text="x"))
    deliver(limits=PATIENT)
    own.refresh_from_db()
    assert own.state == "needs_person" and parts_of(chain)["post"].state == EffectState.WAITING
    assert keeper.titled(mark) == []


def test_file_that_ghost_does_not_take_is_told_in_its_words(channel, tmp_path):
    film = picture(tmp_path)
    (tmp_path / film.path).write_bytes(b"no picture")
    chain = uuid.uuid4()
    file = {"path": film.path, "name": "a.exe", "mime": "image/png", "size_bytes": 10}
    order_part(channel, "media:1", Can.UPLOAD, {"file": file}, chain)
    upload = patiently(chain)["media:1"]
    assert upload.state == EffectState.NEEDS_PERSON and upload.error["code"] == "refused"


@pytest.fixture(scope="module")
def _template(tmp_path_factory):
    template = make_template(tmp_path_factory.mktemp("template"))
    yield template
    drop_template(template)


@pytest.fixture
def box(_template, tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), opened_box(_template, tmp_path) as box:
        yield box


@pytest.mark.parametrize("step", ["deliver.after_call", "deliver.after_finding"])
def test_worker_killed_at_a_step_publishes_once(step, box, relay, ghost, keeper):
    channel = channel_at(relay.url, ghost, make_cast().news)
    mark = marked()
    chain = order_post(channel, Content(title=mark, text="Killed", media=(picture(box.data, alt="Un lac"),)))
    if "finding" in step:
        relay.fail(*PUBLISHING, "cut after")
    doomed = box.worker(die_at=step)
    wait_until(lambda: hurry() or doomed.poll() is not None, what="its death")
    assert doomed.returncode == -signal.SIGKILL
    heir = box.worker()
    wait_until(lambda: hurry() or all_done(chain), what="all parts done")
    stop(heir)
    (row,) = keeper.titled(mark)
    assert row["status"] == "published" and row["feature_image"]
    assert set(Effect.objects.filter(chain=chain).values_list("state", flat=True)) == {EffectState.DONE}


def all_done(chain):
    return not Effect.objects.filter(chain=chain, state__in=OPEN_EFFECT_STATES).exists()
