"""Posts as mails to a list, through a real mail server: they arrive whole, once; in doubt they are looked for."""

import imaplib
import random
import signal
import uuid
from email import policy
from email.parser import BytesParser

import pytest
from tests.real.publishing import deliver, deliver_all, hurry, order_post, parts_of, picture, states
from tests.real.tcp_relay import SmtpRelay
from tests.worker.box import drop_template, make_template, opened_box, stop, wait_until

from parvis.channels.models import Attempt, Effect, EffectState, Item
from parvis.channels.vault import seal
from parvis.connectors.mailbox import connector
from parvis.core.connector import Can
from parvis.core.errors import FieldMissing, Unreachable
from parvis.core.post import Content, Medium
from parvis.net import smtp
from parvis.testing.cast import make_cast
from parvis.testing.factories import make_channel

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture
def relay(mail):
    host, _, port = mail.smtp.partition(":")
    with SmtpRelay((host, int(port))) as running:
        yield running


def credentials_of(mail, port, *, to):
    return {
        "username": mail.user, "password": mail.password, "smtp": f"smtp://127.0.0.1:{port}", "list": to,
        "sender": f"Maison « Été », rédaction <{mail.user}>",
    }  # fmt: skip


def channel_at(mail, port, department, *, to):
    return make_channel(
        department,
        connector="mailbox",
        address=f"imap://{mail.imap}",
        facts={"idle": "yes", "list": to},
        sealed_credentials=seal(credentials_of(mail, port, to=to)),
        can=[Can.PUBLISH.value],
    )


@pytest.fixture
def own_list(mail):
    """One that the mailbox is a member of, so that it gets a copy."""
    local, _, domain = mail.user.partition("@")
    return f"{local}+list@{domain}"


@pytest.fixture
def channel(db, mail, relay, own_list, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return channel_at(mail, relay.port, make_cast().news, to=own_list)


def arrived(mail, mark, *, user=""):
    """The mails with this in their subject."""
    host, _, port = mail.imap.partition(":")
    box = imaplib.IMAP4(host, int(port))
    box.login(user or mail.user, mail.password)
    box.select("INBOX", readonly=True)
    numbers = box.search(None, "ALL")[1][0].split()[-60:]
    found = [
        BytesParser(policy=policy.default).parsebytes(box.fetch(number, "(RFC822)")[1][0][1]) for number in numbers
    ]
    box.logout()
    return [one for one in found if mark in one["Subject"]]


def marked():
    return f"mark{uuid.uuid4().hex[:10]}"


def test_post_arrives_with_its_letters_its_picture_and_its_link(channel, mail, own_list, tmp_path):
    mark = marked()
    title = f"Été à Genève – « beaucoup » de météo, et un objet assez long pour être plié en plusieurs lignes {mark}"
    text = "Ce soir <20 h>\n.\n.. un point seul\n\nFrom here: " + "long " * 300
    content = Content(
        title=title, text=text, link="https://example.org/a?x=1&y=2", language="fr-CH",
        media=(picture(tmp_path, alt="Un lac « bleu »"),),
    )  # fmt: skip
    parts = deliver_all(order_post(channel, content))
    assert states(parts) == {"post": EffectState.DONE}
    (there,) = arrived(mail, mark)
    assert there["Subject"] == title and there["To"] == own_list and there["Auto-Submitted"] == "auto-generated"
    sender = there["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == ("Maison « Été », rédaction", mail.user)
    assert there["Message-ID"] == f"<{parts['post'].key}.parvis@example.test>" and there["Date"].datetime.tzinfo
    plain, html = there.get_body(("plain",)), there.get_body(("html",))
    assert plain.get_content().replace("\r\n", "\n").startswith(text.strip()[:40])
    assert "\n.\n.. un point seul\n" in plain.get_content().replace("\r\n", "\n")
    assert "[Un lac « bleu »]" in plain.get_content() and "https://example.org/a?x=1&y=2" in plain.get_content()
    page = html.get_content()
    assert 'alt="Un lac « bleu »"' in page and '<a href="https://example.org/a?x=1&amp;y=2">' in page
    (image,) = [part for part in there.walk() if part.get_content_maintype() == "image"]
    assert f"cid:{image['Content-ID'].strip('<>')}" in page
    assert image.get_content() == (tmp_path / content.media[0].path).read_bytes()
    item = Item.objects.get(remote_id=parts["post"].result_remote_id)
    assert item.title == title and item.remote_id == there["Message-ID"].strip("<>")


def noise(folder, *, size_bytes):
    """A file that nothing makes smaller."""
    (folder / "assets").mkdir(exist_ok=True)
    (folder / "assets" / "noise").write_bytes(random.Random(1).randbytes(size_bytes))
    return Medium(path="assets/noise", name="noise.mp4", mime="video/mp4", size_bytes=size_bytes)


@pytest.mark.parametrize("how", ["", "greylisted", "busy", "cut before the dot"])
def test_what_was_not_taken_is_sent_again_and_arrives_once(channel, relay, mail, tmp_path, how):
    """Cut while it is under way, which takes a large one: of a small one the dot may have left too."""
    mark = marked()
    if how:
        relay.fail(how)
    media = (noise(tmp_path, size_bytes=9_000_000),) if "cut" in how else ()
    parts = deliver_all(order_post(channel, Content(title=mark, text="Une fois", media=media)))
    assert states(parts) == {"post": EffectState.DONE}
    assert len(arrived(mail, mark)) == 1 and relay.mails == 1
    assert Attempt.objects.filter(effect=parts["post"]).count() == (2 if how else 1)


def test_greylisted_mail_waits_as_long_as_greylists_want(channel, relay, mail):
    relay.fail("greylisted")
    chain = order_post(channel, Content(title=marked(), text="Plus tard"))
    deliver()
    post = parts_of(chain)["post"]
    waits_s = (post.next_try_at - post.trying_since).total_seconds()
    assert (post.state, post.error["code"]) == (EffectState.WAITING, "rate_limited") and waits_s >= 240


@pytest.mark.parametrize("how", ["cut after the dot", "silent after the dot"])
def test_mail_in_doubt_is_found_by_its_id_and_never_sent_twice(channel, relay, mail, monkeypatch, how):
    monkeypatch.setattr(smtp, "LAST_ANSWER_S", 1.5)
    mark = marked()
    relay.fail(how)
    chain = order_post(channel, Content(title=mark, text="Une fois"))
    deliver()
    assert states(parts_of(chain)) == {"post": EffectState.UNSURE}
    parts = deliver_all(chain)
    assert states(parts) == {"post": EffectState.DONE}
    assert len(arrived(mail, mark)) == 1 and relay.mails == 1
    assert Item.objects.filter(remote_id=parts["post"].result_remote_id, title=mark).exists()


def test_mail_in_doubt_of_which_there_is_no_copy_needs_a_person(channel, relay, mail):
    channel.sealed_credentials = seal(credentials_of(mail, relay.port, to=mail.other_user))
    channel.save()
    mark = marked()
    relay.fail("cut after the dot")
    (post,) = deliver_all(order_post(channel, Content(title=mark, text="Qui sait ?"))).values()
    assert post.state == EffectState.NEEDS_PERSON and post.is_in_doubt
    assert relay.mails == 1 and len(arrived(mail, mark, user=mail.other_user)) == 1


def test_refusal_is_told_in_the_servers_words(channel, relay, mail):
    relay.fail("refused")
    (post,) = deliver_all(order_post(channel, Content(title=marked(), text="Non"))).values()
    assert post.state == EffectState.NEEDS_PERSON and not post.is_in_doubt
    assert "550 5.7.1 Only members may write to this list" in post.error["fr"] and relay.mails == 0


def test_list_that_is_not_there_is_told(channel, mail, relay):
    channel.sealed_credentials = seal(credentials_of(mail, relay.port, to="nobody@example.test"))
    channel.save()
    (post,) = deliver_all(order_post(channel, Content(title=marked(), text="Non"))).values()
    assert post.state == EffectState.NEEDS_PERSON and "no such user here" in post.error["en"]


async def test_check_tells_whether_mails_can_leave(mail, client, own_list):
    def session(**more):
        given = {**credentials_of(mail, mail.smtp.rpartition(":")[2], to=own_list), **more}
        return client.session(f"imap://{mail.imap}", given, facts={})

    account = await connector.check(session())
    assert account.can == {Can.PUBLISH} and account.facts["list"] == own_list
    assert int(account.facts["most_bytes"]) > 1_000_000
    assert (await connector.check(session(smtp=""))).can == frozenset()
    with pytest.raises(FieldMissing):
        await connector.check(session(list=""))
    with pytest.raises(Unreachable):
        await connector.check(session(smtp="smtp://127.0.0.1:9"))


@pytest.fixture(scope="module")
def _template(tmp_path_factory):
    template = make_template(tmp_path_factory.mktemp("template"))
    yield template
    drop_template(template)


@pytest.fixture
def box(_template, tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), opened_box(_template, tmp_path) as box:
        yield box


@pytest.mark.parametrize("step", ["deliver.before_call", "deliver.after_call", "deliver.after_finding"])
def test_worker_killed_at_a_step_sends_one_mail_or_asks(step, box, relay, mail, own_list):
    channel = channel_at(mail, relay.port, make_cast().news, to=own_list)
    mark = marked()
    chain = order_post(channel, Content(title=mark, text="Une fois", media=(picture(box.data, alt="Un lac"),)))
    if "finding" in step:
        relay.fail("cut after the dot")
    doomed = box.worker(lease_s=20, die_at=step)
    wait_until(lambda: hurry_doubts(chain) or doomed.poll() is not None, what="its death")
    assert doomed.returncode == -signal.SIGKILL
    heir = box.worker(lease_s=20)
    wait_until(lambda: hurry_doubts(chain) or all_ended(chain), what="its end")
    stop(heir)
    (post,) = parts_of(chain).values()
    if step == "deliver.before_call":  # nobody knows that nothing was sent
        assert (post.state, len(arrived(mail, mark))) == (EffectState.NEEDS_PERSON, 0)
    else:
        assert (post.state, len(arrived(mail, mark))) == (EffectState.DONE, 1)


def hurry_doubts(chain):
    """The wait for copies is not what is tried here."""
    if Effect.objects.filter(chain=chain, state=EffectState.UNSURE, leased_by="").exists():
        hurry()


def all_ended(chain):
    ended = [EffectState.DONE, EffectState.NEEDS_PERSON]
    return not Effect.objects.filter(chain=chain).exclude(state__in=ended).exists()
