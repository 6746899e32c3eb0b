"""Posts in parts on mastodon-mock, which counts: a stand-in by others, which is not Mastodon and proves nothing of it."""

import json
import re
import signal
import time
import urllib.parse
import urllib.request
import uuid
from datetime import UTC, datetime

import msgspec
import pytest
from tests.real.publishing import deliver, deliver_all, hurry, order_post, parts_of, picture, states
from tests.real.record_mastodon import Instance
from tests.real.relay import Relay
from tests.worker.box import drop_template, make_template, opened_box, stop, wait_until

from parvis.channels.chains import order_parts
from parvis.channels.models import OPEN_EFFECT_STATES, Attempt, Effect, EffectState, Item
from parvis.channels.vault import seal
from parvis.connectors.mastodon import connector
from parvis.connectors.mastodon.saying import text_of
from parvis.core.connector import Can
from parvis.core.post import Content, Part, Poll
from parvis.net import ChannelSession
from parvis.testing.cast import make_cast
from parvis.testing.factories import make_channel

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture
def instance(mastodon):
    return Instance(mastodon)


@pytest.fixture
def relay(mastodon):
    with Relay(mastodon["URL"]) as running:
        yield running


def channel_at(url, mastodon, instance, department):
    own = instance.account("BRAND")["id"]
    return make_channel(
        department,
        connector="mastodon",
        address=f"{url}/",
        facts={"source": "mentions", "signed_in": "1", "account_id": own, "acct": "brand"},
        sealed_credentials=seal({"token": mastodon["BRAND_TOKEN"]}),
        can=[can.value for can in connector.acts],
    )


@pytest.fixture
def channel(db, relay, mastodon, instance, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return channel_at(relay.url, mastodon, instance, make_cast().news)


def said_there(instance, mark):
    """The brand's posts that say it, oldest first."""
    own = instance.account("BRAND")["id"]
    rows, page = [], instance.call("GET", f"v1/accounts/{own}/statuses?limit=40", who="BRAND")
    while page:
        rows += page
        page = instance.call("GET", f"v1/accounts/{own}/statuses?limit=40&max_id={page[-1]['id']}", who="BRAND")
    return [row for row in reversed(rows) if mark in text_of(row["content"])]


def marked():
    return f"mark{uuid.uuid4().hex[:10]}"


def test_post_arrives_with_its_picture_alt_text_and_link(channel, instance, tmp_path):
    mark = marked()
    content = Content(
        text=f"Ce soir à vingt heures 👩‍👩‍👧 — {mark}",
        link="https://example.org/a/programme?x=1&y=2",
        language="fr-CH",
        warning="météo",
        media=(
            picture(tmp_path, alt="Un lac « bleu » & une montagne", focus=(0.25, 0.5)),
            picture(tmp_path, alt="La salle", shade=20),
        ),
        options={"visibility": "unlisted"},
    )
    parts = deliver_all(order_post(channel, content))
    assert set(states(parts).values()) == {EffectState.DONE} and list(parts) == ["media:1", "media:2", "post"]
    (there,) = said_there(instance, mark)
    assert "https://example.org/a/programme?x=1&y=2" in text_of(there["content"])
    assert [one["description"] for one in there["media_attachments"]] == ["Un lac « bleu » & une montagne", "La salle"]
    assert there["media_attachments"][0]["meta"]["focus"] == {"x": -0.5, "y": 0.0}
    told = (there["language"], there["spoiler_text"], there["sensitive"], there["visibility"])
    assert told == ("fr", "météo", True, "unlisted")
    item = Item.objects.get(remote_id=f"status:{there['id']}")
    assert parts["post"].result_remote_id == item.remote_id and parts["post"].result_url == item.url
    assert item.title == "météo" and [one["alt"] for one in item.media] == [
        "Un lac « bleu » & une montagne", "La salle"
    ]  # fmt: skip


def test_thread_and_first_comment_answer_each_other_in_order(channel, instance):
    mark = marked()
    content = Content(text=f"One {mark}", thread=(f"Two {mark}", f"Three {mark}"), comment=f"Aside {mark}")
    parts = deliver_all(order_post(channel, content))
    assert list(states(parts)) == ["post", "post:2", "post:3", "comment"]
    one, two, three, aside = said_there(instance, mark)
    assert [row["in_reply_to_id"] for row in (one, two, three, aside)] == [None, one["id"], two["id"], one["id"]]
    assert set(states(parts).values()) == {EffectState.DONE}


def test_poll_arrives_with_its_choices(channel, instance):
    mark = marked()
    poll = Poll(choices=("Oui", "Non"), lasts_s=3_600, is_multiple=True)
    deliver_all(order_post(channel, Content(text=f"D’accord ? {mark}", poll=poll)))
    (there,) = said_there(instance, mark)
    assert [one["title"] for one in there["poll"]["options"]] == ["Oui", "Non"] and there["poll"]["multiple"]


POSTING = ("POST", r"/api/v1/statuses$")
UPLOADING = ("POST", r"/api/v2/media$")


@pytest.mark.parametrize(
    ("how", "keeps_key"),
    [
        ("broken before", True),
        ("limited", True),
        ("cut after", True),
        ("late", True),
        ("cut after", False),
        ("broken after", False),
        ("silent after", False),
    ],
)
def test_whatever_goes_wrong_it_is_posted_once(channel, relay, instance, tmp_path, how, keeps_key):
    """Without the key it is as it is an hour later, when the instance has forgotten it."""
    if not keeps_key:
        relay.dropped_headers.add("idempotency-key")
    mark = marked()
    content = Content(
        text=f"Voir https://example.org/é?a=1&b=2 #parvis @member {mark}",
        media=(picture(tmp_path, alt="Un lac"),),
        thread=(f"Et encore {mark}",),
    )
    relay.fail(*POSTING, how)
    relay.fail(*UPLOADING, how)
    chain = order_post(channel, content)
    parts = deliver_all(chain)
    relay.fail(*POSTING, how)
    assert set(states(parts).values()) == {EffectState.DONE}, states(parts)
    other = deliver_all(order_post(channel, Content(text=f"Another {mark}")))
    assert set(states(other).values()) == {EffectState.DONE}
    if how == "late":
        time.sleep(2.5)
    first, second, third = said_there(instance, mark)
    assert third["in_reply_to_id"] is None
    assert second["in_reply_to_id"] == first["id"] and len(first["media_attachments"]) == 1
    if not keeps_key:
        outcomes = set(Attempt.objects.filter(effect=parts["post"]).values_list("outcome", flat=True))
        assert "found_done" in outcomes and relay.count(*POSTING) == 3
        assert Item.objects.filter(remote_id=f"status:{first['id']}").exists()


def test_two_posts_that_differ_in_their_link_alone_are_two(channel, relay, instance):
    relay.dropped_headers.add("idempotency-key")
    mark = marked()
    deliver_all(order_post(channel, Content(text=f"{mark} https://example.org/one")))
    relay.fail(*POSTING, "broken before")
    deliver_all(order_post(channel, Content(text=f"{mark} https://example.org/two")))
    assert len(said_there(instance, mark)) == 2


def test_own_post_is_found_behind_hundreds_that_came_after(channel, relay, instance):
    mark = marked()
    relay.fail(*POSTING, "cut after")
    chain = order_post(channel, Content(text=f"Early {mark}"))
    relay.dropped_headers.add("idempotency-key")
    deliver()
    for number in range(90):
        instance.post("BRAND", f"noise {number}")
    hurry()
    deliver()
    assert states(parts_of(chain)) == {"post": EffectState.DONE}
    assert len(said_there(instance, mark)) == 1 and relay.count(*POSTING) == 1


def test_the_instances_own_faults_are_waited_out(channel, instance, mastodon):
    """Those that mastodon-mock itself can play."""
    mark = marked()
    for effect in ({"type": "ratelimit", "headers": {"Retry-After": "3"}}, {"type": "status", "status": 503}):
        fault = {"match": {"methods": ["POST"], "path": "/api/v1/statuses"}, "effect": effect, "count": 1}
        raw = msgspec.json.encode(fault)
        instance.call("POST", "v1/_mock/faults", who="ADMIN", raw=raw, kind="application/json")
    try:
        parts = deliver_all(order_post(channel, Content(text=f"Later {mark}")))
    finally:
        instance.call("DELETE", "v1/_mock/faults", who="ADMIN")
    assert states(parts) == {"post": EffectState.DONE} and len(said_there(instance, mark)) == 1


def order_part(channel, name, can, body, chain):
    now = datetime.now(UTC)
    part = Part(name=name, can=can, body=body, step=9)
    order_parts(channel, [part], chain=chain, member=None, now=now, due_at=now)


def test_post_is_changed_with_its_files_kept_and_taken_down(channel, instance, tmp_path):
    mark = marked()
    content = Content(text=f"First words {mark}", media=(picture(tmp_path, alt="Un lac"),), thread=(f"More {mark}",))
    chain = order_post(channel, content)
    deliver_all(chain)
    described = (msgspec.structs.replace(content.media[0], alt="Le lac Léman"),)
    changed = Content(text=f"Other words {mark}", media=described, warning="changed", language="en")
    body = connector.publishing.parts(changed, channel.facts)[1].body
    order_part(channel, "edit:1", Can.EDIT, body, chain)
    assert deliver_all(chain)["edit:1"].state == EffectState.DONE
    first, second = said_there(instance, mark)
    assert "Other words" in first["content"] and first["spoiler_text"] == "changed" and first["edited_at"]
    # mastodon-mock knows no media_attributes; that they are sent is shown beside the connector
    assert len(first["media_attachments"]) == 1
    assert Item.objects.get(remote_id=f"status:{first['id']}").text.startswith("Other words")
    order_part(channel, "withdraw:2", Can.WITHDRAW, {"of": "post:2"}, chain)
    order_part(channel, "withdraw:1", Can.WITHDRAW, {}, chain)
    parts = deliver_all(chain)
    assert {parts["withdraw:1"].state, parts["withdraw:2"].state} == {EffectState.DONE}
    assert said_there(instance, mark) == []
    assert not instance.is_there(first["id"]) and not instance.is_there(second["id"])


def read_only_token(instance):
    """Of the brand, for an application that may only read."""
    place = "urn:ietf:wg:oauth:2.0:oob"
    app = instance.call("POST", "v1/apps", form={"client_name": "reader", "redirect_uris": place, "scopes": "read"})
    page = form_at(instance, "oauth/authorize", username="brand", redirect_uri=place, client_id=app["client_id"])
    code = re.search(rb"code: ([^<]+)<", page)[1].decode()
    grant = {"grant_type": "authorization_code", "code": code, "client_id": app["client_id"]}
    return json.loads(form_at(instance, "oauth/token", **grant))["access_token"]


def form_at(instance, path, **fields):
    data = urllib.parse.urlencode(fields).encode()
    with urllib.request.urlopen(f"{instance.url}/{path}", data, timeout=30) as answer:
        return answer.read()


def test_token_without_the_right_says_which_is_missing(channel, instance, tmp_path):
    channel.sealed_credentials = seal({"token": read_only_token(instance)})
    channel.save()
    mark = marked()
    text, film = (
        order_post(channel, Content(text=mark)),
        order_post(channel, Content(text=mark, media=(picture(tmp_path),))),
    )
    deliver()
    hurry()
    deliver()
    post, upload = parts_of(text)["post"], parts_of(film)["media:1"]
    assert (post.state, upload.state) == (EffectState.NEEDS_PERSON, EffectState.NEEDS_PERSON)
    assert "write:statuses" in post.error["en"] and "write:media" in upload.error["fr"]
    assert said_there(instance, mark) == []


async def test_check_tells_the_limits_and_what_the_token_may_do(mastodon, instance, client):
    def session(token):
        return ChannelSession(
            client=client, address=f"{mastodon['URL']}/", credentials={"token": token}, facts={"source": "mentions"},
            now=datetime.now(UTC),
        )  # fmt: skip

    account = await connector.check(session(mastodon["BRAND_TOKEN"]))
    assert account.can == frozenset(connector.acts) and "missing_scopes" not in account.facts
    facts = account.facts
    assert (facts["most_media"], facts["image_bytes"], facts["poll_choices"]) == ("4", "10485760", "4")
    rules = {rule.kind: rule for rule in connector.publishing.media(facts)}
    assert rules["image"].most_width == 4096 and "audio" not in rules and rules["video"].most_bytes == 41_943_040
    reader = await connector.check(session(read_only_token(instance)))
    assert reader.can == frozenset() and reader.facts["missing_scopes"] == "write:statuses write:media"


@pytest.fixture(scope="module")
def _template(tmp_path_factory):
    template = make_template(tmp_path_factory.mktemp("template"))
    yield template
    drop_template(template)


@pytest.fixture
def box(_template, tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), opened_box(_template, tmp_path) as box:
        yield box


@pytest.mark.parametrize(
    ("step", "has_picture"),
    [("deliver.after_call", False), ("deliver.after_call", True), ("deliver.after_finding", False)],
)
def test_worker_killed_at_a_step_posts_everything_once(step, has_picture, box, relay, mastodon, instance):
    relay.dropped_headers.add("idempotency-key")
    channel = channel_at(relay.url, mastodon, instance, make_cast().news)
    mark = marked()
    media = (picture(box.data, alt="Un lac"),) if has_picture else ()
    chain = order_post(channel, Content(text=f"Killed {mark}", media=media, thread=(f"Two {mark}",)))
    if "finding" in step:
        relay.fail(*POSTING, "cut after")
    doomed = box.worker(die_at=step)
    wait_until(lambda: hurry() or doomed.poll() is not None, what="its death")
    assert doomed.returncode == -signal.SIGKILL
    heir = box.worker()
    wait_until(lambda: hurry() or all_done(chain), what="all parts done")
    stop(heir)
    one, two = said_there(instance, mark)
    assert two["in_reply_to_id"] == one["id"] and len(one["media_attachments"]) == len(media)
    assert set(Effect.objects.filter(chain=chain).values_list("state", flat=True)) == {EffectState.DONE}


def all_done(chain):
    return not Effect.objects.filter(chain=chain, state__in=OPEN_EFFECT_STATES).exists()
