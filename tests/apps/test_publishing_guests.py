"""Guests: the link comes by mail, is sealed until then and a hash after, and nobody approves their own through it."""

from functools import partial

import pytest
from django.core import mail
from tests.apps.delivering import run_beside
from tests.apps.publishing import state_of, written

from parvis.channels.registry import added
from parvis.core.errors import Conflict, LinkSpent, NotAllowed, Refused, Unreachable
from parvis.orgs.models import Member
from parvis.publishing.guests import Door, door_of, guest_view, guest_vote, invite_guest, shown_in, withdraw_guest
from parvis.publishing.letters import MOST_ATTEMPTS, claim_letters, record_failed, record_sent
from parvis.publishing.models import ApprovalVote, GuestLetter, GuestLink, PostState
from parvis.publishing.services import Step, ask_approval, set_rule, vote, withdraw_approval
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_member
from parvis.testing.simulated import simulated
from parvis.worker.letters import Lettering

from parvis.orgs.notices.mail import send_by_mail  # isort: skip

GUEST = "client@example.com"


@pytest.fixture(autouse=True)
def platform():
    with added(simulated()):
        yield


@pytest.fixture
def post(cast, now):
    channel = make_channel(cast.news, connector="simulated", can=["upload", "publish"])
    return written(cast.camille, cast.news, [channel], now=now)


@pytest.fixture
def request_(cast, post, now):
    set_rule(cast.news, cast.maud, "one", steps=[Step(guests=(GUEST,))], now=now)
    return ask_approval(post, cast.camille, now=now, note="Please before noon")


def letter_at(at):
    [letter] = claim_letters(worker="w", now=at)
    return letter


def token_in(letter) -> str:
    return letter.text.split("/approve/")[1].split("/")[0]


def test_guest_whom_the_rule_names_gets_a_mail_when_it_is_asked(request_, post, now):
    letter = letter_at(now)
    assert letter.address == GUEST
    assert "Camille" in letter.title and "Please before noon" in letter.text
    token = token_in(letter)
    assert guest_view(token, now=now).post == post
    guest_vote(token, "approve", now=now, name="Clara Client")
    assert state_of(post) == PostState.READY
    assert ApprovalVote.objects.get().guest_name == "Clara Client"


def test_mail_leaves_through_the_houses_own_server(request_, now):
    letter = letter_at(now)
    send_by_mail(letter.address, title=letter.title, text=letter.text, key=letter.key)
    [sent] = mail.outbox
    assert sent.to == [GUEST]
    assert sent.extra_headers["Message-ID"].startswith("<notice.approval-")
    assert "\n" not in sent.subject


def test_worker_sends_it_once_and_forgets_the_token(request_, now):
    def send():
        async def work(in_database):
            async def ask(function, *arguments, **named):
                return await in_database(partial(function, **named), *arguments)

            await Lettering(worker="w", clock=lambda: now, in_database=ask).turn()

        run_beside(work)

    send()
    send()
    assert [one.to for one in mail.outbox] == [[GUEST]]
    row = GuestLetter.objects.get()
    assert (row.sent_at, bytes(row.sealed_token)) == (now, b"")


def test_worker_keeps_what_the_mail_server_refuses_with_its_reason(request_, now, monkeypatch):
    def refuse(*_args, **_named):
        raise Refused(host="mail", detail="no such person")

    monkeypatch.setattr("parvis.worker.letters.send_by_mail", refuse)

    async def work(in_database):
        async def ask(function, *arguments, **named):
            return await in_database(partial(function, **named), *arguments)

        await Lettering(worker="w", clock=lambda: now, in_database=ask).turn()

    run_beside(work)
    row = GuestLetter.objects.get()
    assert (row.error["code"], row.sent_at, row.due_at) == ("refused", None, None)


def test_token_is_nowhere_once_the_mail_has_left(request_, now):
    letter = letter_at(now)
    token = token_in(letter)
    assert token.encode() not in bytes(letter.row.sealed_token)
    record_sent(letter.row, now=now)
    row = GuestLetter.objects.get()
    assert (bytes(row.sealed_token), row.sent_at, row.due_at) == (b"", now, None)
    assert token not in str(list(GuestLink.objects.values()))
    assert claim_letters(worker="w", now=later(now, hours=1)) == []
    assert door_of(token, now=now) == Door.OPEN


def test_mail_that_does_not_leave_is_tried_again_with_the_same_link(request_, now):
    letter = letter_at(now)
    record_failed(letter.row, Unreachable(host="mail", detail="down"), now=now)
    at = later(now, minutes=30)
    again = GuestLetter.objects.get()
    assert again.error["code"] == "unreachable"
    if again.due_at is not None:
        assert token_in(letter_at(at)) == token_in(letter)


def test_address_that_is_refused_is_not_tried_for_ever(request_, now):
    letter = letter_at(now)
    record_failed(letter.row, Refused(host="mail", detail="no such person"), now=now)
    row = GuestLetter.objects.get()
    assert (row.due_at, bytes(row.sealed_token)) == (None, b"")
    assert MOST_ATTEMPTS > 1


def test_what_nobody_is_to_read_any_more_does_not_leave(cast, request_, post, now):
    withdraw_approval(post, cast.camille, now=now)
    assert claim_letters(worker="w", now=now) == []
    assert bytes(GuestLetter.objects.get().sealed_token) == b""


def test_two_workers_send_one_mail(request_, now):
    assert len(claim_letters(worker="a", now=now)) == 1
    assert claim_letters(worker="b", now=now) == []


def test_each_reason_why_a_link_does_not_work_is_told_to_its_holder(cast, request_, post, now):
    token = token_in(letter_at(now))
    assert door_of("nonsense", now=now) == Door.UNKNOWN
    assert door_of(token, now=later(now, days=8)) == Door.EXPIRED
    _, newer = invite_guest(request_, cast.camille, name="Clara", email=GUEST, now=now)
    assert (door_of(token, now=now), door_of(newer, now=now)) == (Door.WITHDRAWN, Door.OPEN)
    withdraw_approval(post, cast.camille, now=now)
    assert door_of(newer, now=now) == Door.OVER


def test_used_link_says_so(request_, now):
    token = token_in(letter_at(now))
    guest_vote(token, "refuse", now=now, name="Clara", note="No")
    assert door_of(token, now=now) == Door.USED
    with pytest.raises(LinkSpent):
        guest_vote(token, "approve", now=now, name="Clara")


def test_writer_does_not_approve_through_a_link_to_their_own_address(request_, cast, post, now):
    token = token_in(letter_at(now))
    Member.objects.filter(pk=cast.camille.pk).update(email=GUEST.upper())
    with pytest.raises(NotAllowed):
        guest_vote(token, "approve", now=now, name="Somebody")
    assert state_of(post) == PostState.REVIEW
    assert door_of(token, now=now) == Door.OPEN


def test_writer_who_is_signed_in_does_not_use_a_forwarded_link(request_, cast, post, now):
    token = token_in(letter_at(now))
    with pytest.raises(NotAllowed):
        guest_vote(token, "approve", now=now, name="Somebody", member=cast.camille)
    guest_vote(token, "approve", now=now, name="Somebody", member=cast.maud)
    assert state_of(post) == PostState.READY


def test_under_four_eyes_nobody_who_wrote_in_it_approves_by_mail(cast, post, now):
    set_rule(cast.news, cast.maud, "four_eyes", steps=[Step(guests=(GUEST,))], now=now)
    ask_approval(post, cast.camille, now=now)
    token = token_in(letter_at(now))
    Member.objects.filter(pk=cast.camille.pk).update(email=GUEST)
    with pytest.raises(NotAllowed):
        guest_vote(token, "approve", now=now, name="Somebody")


def test_members_whom_a_rule_names_by_address_get_no_link(cast, post, now):
    colleague = make_member("Mia", department=cast.news)
    set_rule(cast.news, cast.maud, "one", steps=[Step(guests=(colleague.email,))], now=now)
    ask_approval(post, cast.camille, now=now)
    assert not GuestLink.objects.exists()


def test_guest_who_comes_twice_by_two_links_says_one_word(cast, post, now):
    set_rule(cast.news, cast.maud, "any_of", steps=[Step(guests=(GUEST, "two@example.com"), count=2)], now=now)
    request = ask_approval(post, cast.camille, now=now)
    letters = {one.address: token_in(one) for one in claim_letters(worker="w", now=now)}
    guest_vote(letters[GUEST], "approve", now=now, name="Clara")
    _, again = invite_guest(request, cast.camille, name="Clara", email=GUEST, now=now)
    with pytest.raises(Conflict):
        guest_vote(again, "approve", now=now, name="Clara")
    guest_vote(letters["two@example.com"], "approve", now=now, name="Two")
    assert state_of(post) == PostState.READY


def test_next_step_in_order_writes_to_its_guest_only_then(cast, post, now):
    steps = [Step(members=(cast.maud.pk,)), Step(guests=(GUEST,))]
    set_rule(cast.news, cast.maud, "in_order", steps=steps, now=now)
    request = ask_approval(post, cast.camille, now=now)
    assert claim_letters(worker="w", now=now) == []
    vote(request, cast.maud, "approve", now=now)
    assert letter_at(now).address == GUEST


def test_withdrawn_link_is_over_before_its_mail_has_left(cast, request_, now):
    withdraw_guest(GuestLink.objects.get(), cast.camille, now=now)
    assert claim_letters(worker="w", now=now) == []


def test_guest_sees_each_channel_with_its_own_words(cast, now):
    channels = [make_channel(cast.news, connector="simulated", can=["publish"], name=name) for name in ("A", "B")]
    post = written(cast.camille, cast.news, channels, now=now)
    version = post.versions.get()
    version.variants[str(channels[1].pk)]["changes"] = {"text": "For B"}
    shown = shown_in(version)
    assert [(one.channel.name, one.content.text) for one in shown] == [("A", "Good morning"), ("B", "For B")]


def test_letters_and_links_are_seen_only_where_the_department_is(cast, request_):
    assert GuestLetter.objects.visible_to(cast.anna).exists()
    assert not GuestLetter.objects.visible_to(cast.sam).exists()
