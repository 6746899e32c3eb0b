"""Articles in parts on a real WordPress, which counts them; its answers are cut, lost and late on the way."""

import re
import signal
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from tests.real.conftest import Clerk, _skip_on_postgresql
from tests.real.publishing import deliver, deliver_all, hurry, look_at, order_post, parts_of, picture, states
from tests.real.relay import Relay
from tests.worker.box import drop_template, make_template, opened_box, stop, wait_until

from parvis.channels.chains import order_parts
from parvis.channels.intake import take_in_payloads
from parvis.channels.models import OPEN_EFFECT_STATES, Attempt, Effect, EffectState, Item
from parvis.channels.vault import seal
from parvis.connectors.wordpress import connector
from parvis.core.connector import Can
from parvis.core.post import Content, Part
from parvis.net import Limits
from parvis.publishing.comparing import differences
from parvis.testing.cast import make_cast
from parvis.testing.factories import make_channel

pytestmark = [pytest.mark.real, pytest.mark.slow]

PATIENT = Limits(connect_s=5.0, read_s=20.0, total_s=30.0)
EVERY_STATUS = "publish,future,draft,pending,private,trash"


@pytest.fixture(scope="module", autouse=True)
def _on_sqlite():
    _skip_on_postgresql("wordpress")


@pytest.fixture
def relay(wordpress):
    with Relay(wordpress.url) as running:
        yield running


def channel_at(url, account, department, *, user_id, **facts):
    return make_channel(
        department,
        connector="wordpress",
        address=f"{url}/wp-json/",
        facts={"user_id": str(user_id), "house_user_ids": str(user_id), "publishes": "posts,pages", **facts},
        sealed_credentials=seal({"username": account[0], "password": account[1]}),
        can=[can.value for can in connector.acts],
    )


def number_of(clerk, name):
    return next(row["id"] for row in clerk("GET", "users?context=edit&per_page=50") if row["slug"] == name)


@pytest.fixture
def channel(db, relay, wordpress, admin, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return channel_at(relay.url, wordpress.editor, make_cast().news, user_id=number_of(admin, "editor"))


def marked():
    return f"mark{uuid.uuid4().hex[:10]}"


def there(clerk, mark, *, kind="posts", status=EVERY_STATUS):
    """All that bear the mark in their title, in every status, oldest first, as WordPress's own database has them."""
    fields = "id,status,slug,link,title.raw,content.raw,excerpt.raw,categories,tags,sticky,comment_status,featured_media,date"
    rows = clerk("GET", f"{kind}?search={mark}&status={status}&context=edit&orderby=id&order=asc&_fields={fields}")
    return [row for row in rows if mark in row["title"]["raw"]]


def published(clerk, mark, **more):
    return there(clerk, mark, status="publish", **more)


def patiently(chain):
    """WordPress on one core takes its seconds."""
    return deliver_all(chain, limits=PATIENT)


def test_article_arrives_with_pictures_links_categories_and_tags(channel, admin, tmp_path):
    mark = marked()
    content = Content(
        title=f"L’été « bleu » & 1 < 2 {mark}",
        text='Ligne une\nligne deux [gallery] <b>\n\nVoir https://example.org/a?x=1&y=2. "Fin"',
        thread=("Et la suite.",),
        link="https://example.org/programme",
        media=(picture(tmp_path, alt="Un lac « bleu » & une montagne"), picture(tmp_path, alt='La "salle" [x]', caption="Après <le> concert", shade=20)),
        options={
            "excerpt": "En bref & net", "categories": [f"Musée & {mark}"], "tags": [f"été {mark}", f"ÉTÉ {mark}"],
            "slug": f"lac-{mark}", "comments": "closed", "caption": "Au <bord> de l’eau", "sticky": True,
        },
    )  # fmt: skip
    parts = patiently(order_post(channel, content))
    assert list(parts) == ["media:1", "media:2", "post"]
    assert set(states(parts).values()) == {EffectState.DONE}, parts["post"].error
    (row,) = there(admin, mark)
    assert (row["status"], row["slug"], row["comment_status"], row["sticky"]) == (
        "publish",
        f"lac-{mark}",
        "closed",
        True,
    )
    assert (
        row["excerpt"]["raw"] == "En bref &amp; net" and row["title"]["raw"] == f"L’été « bleu » &amp; 1 &lt; 2 {mark}"
    )
    source = row["content"]["raw"]
    assert source.count("<!-- wp:paragraph") == 4 and source.count("<!-- wp:image") == 1
    page = urllib.request.urlopen(row["link"], timeout=30).read().decode()
    assert '<a href="https://example.org/a?x=1&amp;y=2">' in page and '<a href="https://example.org/programme">' in page
    assert "Et la suite." in page and "&lt;b&gt;" in page and "parvis:" not in page
    assert re.search(r"<figcaption[^>]*>Après &lt;le&gt; concert</figcaption>", page)
    assert "&#91;gallery&#93;" in page or "[gallery]" in page
    first = admin("GET", f"media/{row['featured_media']}?context=edit")
    assert first["alt_text"] == "Un lac « bleu » & une montagne"
    assert first["caption"]["raw"] == "Au &lt;bord&gt; de l’eau" and first["slug"].startswith("lake")
    assert "La &quot;salle&quot;" in source and parts["media:2"].result_facts["url"] in source
    (category,) = [admin("GET", f"categories/{number}") for number in row["categories"]]
    (tag,) = [admin("GET", f"tags/{number}") for number in row["tags"]]
    assert category["name"] == f"Musée &amp; {mark}" and tag["name"] == f"été {mark}"
    item = Item.objects.get(channel=channel, remote_id=f"post:{row['id']}")
    assert parts["post"].result_url == row["link"] == item.url and item.media[0]["alt"] == first["alt_text"]
    assert "Ligne une" in item.text and item.remote_status == "published"
    assert differences(content, {"post": item}, connector) == []
    admin("POST", f"media/{row['featured_media']}", alt_text="")
    looked = look_at(channel, item)
    take_in_payloads(channel, looked.payloads, now=datetime.now(UTC))
    item.refresh_from_db()
    assert looked.numbers == {"replies": 0}
    assert [one.code for one in differences(content, {"post": item}, connector)] == ["alt"]


def test_page_is_a_page_and_a_date_is_kept(channel, admin):
    mark = marked()
    patiently(order_post(channel, Content(title=mark, text="Qui nous sommes", options={"kind": "page"})))
    (page,) = there(admin, mark, kind="pages")
    item = Item.objects.get(channel=channel, remote_id=f"post:{page['id']}")
    admin("POST", f"pages/{page['id']}", comment_status="open")
    admin.comment(page["id"], status="approve")
    admin.comment(page["id"], status="hold")
    assert item.kind == "page" and look_at(channel, item).numbers == {"replies": 1}
    assert page["status"] == "publish" and there(admin, mark) == []
    old = Content(title=f"Old {mark}", text="x", options={"date": "2020-02-29 18:00"})
    later = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d %H:%M}"
    coming = Content(title=f"Coming {mark}", text="x", options={"date": later})
    for content in (old, coming):
        parts = patiently(order_post(channel, content))
        assert states(parts) == {"post": EffectState.DONE}
    was, will = there(admin, mark)
    assert (was["status"], was["date"], will["status"]) == ("publish", "2020-02-29T18:00:00", "future")


def test_site_that_is_not_written_in_blocks_gets_none(channel, admin):
    channel.facts = {**channel.facts, "format": "classic"}
    channel.save()
    mark = marked()
    parts = patiently(order_post(channel, Content(title=mark, text="One\n\nTwo")))
    (row,) = there(admin, mark)
    assert "wp:" not in row["content"]["raw"] and row["content"]["raw"].startswith("<p>One</p>\n\n<p>Two</p>")
    assert f"parvis:{parts['post'].key}" in row["content"]["raw"]


DRAFTING = ("POST", r"/wp/v2/posts\?")
PUBLISHING = ("POST", r"/wp/v2/posts/\d+\?")
UPLOADING = ("POST", r"/wp/v2/media$")
WAYS = ["broken before", "limited", "broken after", "cut after", "silent after"]


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("step", [DRAFTING, PUBLISHING], ids=["draft", "publish"])
def test_whatever_goes_wrong_it_is_published_once(channel, relay, admin, tmp_path, step, how):
    mark = marked()
    content = Content(
        title=mark, text=f"Voir https://example.org/é?a=1&b=2 {mark}", media=(picture(tmp_path, alt="Un lac"),)
    )
    relay.fail(*step, how)
    relay.fail(*UPLOADING, how)
    limits = Limits(connect_s=2.0, read_s=1.8, total_s=6.0) if "silent" in how else PATIENT
    parts = deliver_all(order_post(channel, content), limits=limits)
    assert set(states(parts).values()) == {EffectState.DONE}, parts["post"].error
    (row,) = there(admin, mark)
    assert row["status"] == "publish" and row["featured_media"]
    outcomes = set(Attempt.objects.filter(effect=parts["post"]).values_list("outcome", flat=True))
    if "after" in how:
        assert ("found_done" if step is PUBLISHING else "found_nothing") in outcomes
        assert relay.count(*DRAFTING) == 1 or "silent" in how
    assert Item.objects.filter(channel=channel, remote_id=f"post:{row['id']}").exists()


@pytest.mark.parametrize("step", [DRAFTING, PUBLISHING], ids=["draft", "publish"])
def test_request_that_arrives_late_publishes_nothing_twice(channel, relay, admin, step):
    """It is carried out after it was looked for; of a draft that comes late nobody outside sees anything."""
    mark = marked()
    relay.fail(*step, "late")
    parts = deliver_all(order_post(channel, Content(title=mark, text="x")), limits=Limits(read_s=1.8, total_s=5.0))
    time.sleep(3.0)
    assert states(parts) == {"post": EffectState.DONE}
    assert len(published(admin, mark)) == 1
    assert {row["status"] for row in there(admin, mark)} <= {"publish", "draft"}


def test_own_article_is_found_behind_many_that_came_after(channel, relay, wordpress, admin):
    mark = marked()
    relay.fail(*PUBLISHING, "cut after")
    chain = order_post(channel, Content(title=mark, text="Early"))
    deliver(limits=PATIENT)
    editor = Clerk(wordpress, wordpress.editor)
    for number in range(25):
        editor("POST", "posts", title=f"noise {number}", status="draft")
    hurry()
    deliver(limits=PATIENT)
    assert states(parts_of(chain)) == {"post": EffectState.DONE}
    assert len(there(admin, mark)) == 1 and relay.count(*PUBLISHING) == 1


def test_own_article_is_found_where_a_plugin_took_the_mark_away(channel, relay, admin):
    mark = marked()
    relay.fail(*PUBLISHING, "cut after")
    chain = order_post(channel, Content(title=f"{mark} & co", text="Words “of” ours"))
    deliver(limits=PATIENT)
    (row,) = there(admin, mark)
    bare = row["content"]["raw"].replace(f"parvis:{parts_of(chain)['post'].key}", "")
    admin("POST", f"posts/{row['id']}", content=bare)
    hurry()
    deliver(limits=PATIENT)
    assert states(parts_of(chain)) == {"post": EffectState.DONE} and len(there(admin, mark)) == 1


def test_same_article_twice_on_purpose_is_two(channel, relay, admin):
    mark = marked()
    content = Content(title=mark, text="The same")
    patiently(order_post(channel, content))
    relay.fail(*PUBLISHING, "broken before")
    patiently(order_post(channel, content))
    assert len(published(admin, mark)) == 2


def order_part(channel, name, can, body, chain):
    now = datetime.now(UTC)
    order_parts(
        channel, [Part(name=name, can=can, body=body, step=9)], chain=chain, member=None, now=now, due_at=now
    )  # fmt: skip


def changed_body(channel, content):
    return connector.publishing.parts(content, channel.facts)[-1].body


def test_article_is_changed_and_taken_down(channel, relay, admin, tmp_path):
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
    (row,) = there(admin, mark)
    assert row["title"]["raw"] == f"Other {mark}" and "Third words" in row["content"]["raw"]
    assert row["status"] == "publish" and row["featured_media"] and row["tags"]
    assert Item.objects.get(channel=channel, remote_id=f"post:{row['id']}").text == "Third words"
    order_part(channel, "withdraw:1", Can.WITHDRAW, {}, chain)
    relay.fail("DELETE", "/posts/", "cut after")
    assert patiently(chain)["withdraw:1"].state == EffectState.DONE
    (row,) = there(admin, mark)
    assert row["status"] == "trash"


def test_what_somebody_changed_there_is_not_written_over(channel, admin):
    mark = marked()
    chain = order_post(channel, Content(title=mark, text="Our words"))
    patiently(chain)
    (row,) = there(admin, mark)
    admin("POST", f"posts/{row['id']}", content=row["content"]["raw"].replace("Our", "Their"))
    order_part(channel, "edit:1", Can.EDIT, changed_body(channel, Content(title=mark, text="New words")), chain)
    edit = patiently(chain)["edit:1"]
    assert edit.state == EffectState.NEEDS_PERSON and edit.error["code"] == "conflict"
    assert "changed on the site" in edit.error["en"] and "modifié" in edit.error["fr"]
    assert "Their words" in there(admin, mark)[0]["content"]["raw"]


def test_what_somebody_changed_beside_the_text_hinders_no_edit(channel, admin):
    mark = marked()
    chain = order_post(channel, Content(title=mark, text="Our words"))
    patiently(chain)
    (row,) = there(admin, mark)
    admin("POST", f"posts/{row['id']}", comment_status="closed")
    order_part(channel, "edit:1", Can.EDIT, changed_body(channel, Content(title=mark, text="New words")), chain)
    assert patiently(chain)["edit:1"].state == EffectState.DONE


@pytest.fixture
def contributor(admin, wordpress):
    """Who writes and may not publish, with an application password."""
    name = f"contrib{uuid.uuid4().hex[:8]}"
    person = admin(
        "POST", "users", username=name, email=f"{name}@example.test", password=uuid.uuid4().hex, roles=["contributor"]
    )
    told = admin("POST", f"users/{person['id']}/application-passwords", name="test")
    return (name, told["password"].replace(" ", "")), person["id"], told["uuid"]


def test_contributor_is_told_what_is_missing(channel, relay, admin, contributor, tmp_path):
    account, number, _ = contributor
    own = channel_at(relay.url, account, channel.department, user_id=number)
    mark = marked()
    text = order_post(own, Content(title=mark, text="x"))
    film = order_post(own, Content(title=mark, text="x", media=(picture(tmp_path),)))
    deliver(limits=PATIENT)
    post, upload = parts_of(text)["post"], parts_of(film)["media:1"]
    assert (post.state, upload.state) == (EffectState.NEEDS_PERSON, EffectState.NEEDS_PERSON)
    assert (post.error["code"], upload.error["code"]) == ("right_missing", "right_missing")
    assert "publish" in post.error["en"] and "publier" in post.error["fr"] and "upload_files" in upload.error["en"]
    assert published(admin, mark) == []


def test_author_publishes_posts_and_no_pages_and_makes_no_categories(channel, relay, wordpress, admin):
    own = channel_at(relay.url, wordpress.author, channel.department, user_id=number_of(admin, "author"))
    mark = marked()
    parts = patiently(order_post(own, Content(title=mark, text='<b> & "x" [y]', options={"tags": [mark]})))
    assert states(parts) == {"post": EffectState.DONE} and len(published(admin, mark)) == 1
    category = order_post(own, Content(title=mark, text="x", options={"categories": [f"New {mark}"]}))
    page = order_post(own, Content(title=mark, text="x", options={"kind": "page"}))
    deliver(limits=PATIENT)
    assert mark in parts_of(category)["post"].error["fr"] and "pages" in parts_of(page)["post"].error["en"]
    assert len(published(admin, mark)) == 1


def test_revoked_password_stops_the_channel_and_keeps_the_order(channel, relay, admin, contributor):
    account, number, key = contributor
    admin("POST", f"users/{number}", roles=["author"])
    own = channel_at(relay.url, account, channel.department, user_id=number)
    admin("DELETE", f"users/{number}/application-passwords/{key}")
    mark = marked()
    chain = order_post(own, Content(title=mark, text="x"))
    deliver(limits=PATIENT)
    own.refresh_from_db()
    assert own.state == "needs_person" and parts_of(chain)["post"].state == EffectState.WAITING
    assert there(admin, mark) == []


async def test_check_tells_what_the_site_offers(wordpress, session_of, admin):
    in_blocks = "<!-- wp:paragraph --><p>As its editor writes.</p><!-- /wp:paragraph -->"
    admin("POST", "posts", title="In blocks", content=in_blocks, status="publish")
    editor = await connector.check(session_of(wordpress.editor))
    assert editor.can >= {Can.UPLOAD, Can.PUBLISH, Can.EDIT, Can.WITHDRAW}
    assert editor.facts["publishes"] == "posts,pages" and editor.facts["format"] == "blocks"
    assert editor.facts["adds_categories"] == "1" and "Uncategorized" in editor.facts["categories"].splitlines()
    author = await connector.check(session_of(wordpress.author))
    assert author.facts["publishes"] == "posts" and "adds_categories" not in author.facts
    visitor = await connector.check(session_of(wordpress.visitor))
    assert "publishes" not in visitor.facts and visitor.can == frozenset()


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
def test_worker_killed_at_a_step_publishes_once(step, box, relay, wordpress, admin):
    channel = channel_at(relay.url, wordpress.editor, make_cast().news, user_id=number_of(admin, "editor"))
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
    (row,) = there(admin, mark)
    assert row["status"] == "publish" and row["featured_media"]
    assert set(Effect.objects.filter(chain=chain).values_list("state", flat=True)) == {EffectState.DONE}


def all_done(chain):
    return not Effect.objects.filter(chain=chain, state__in=OPEN_EFFECT_STATES).exists()
