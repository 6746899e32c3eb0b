"""Approval: asked for one version, given step by step, over as soon as the post is changed."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.core.errors import BadInput, Conflict, FieldMissing, NotAllowed
from parvis.core.wording import Text
from parvis.jobs.live import tell
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.notices.writing import Message, readers_of, write_notices
from parvis.orgs.rights import Action
from parvis.publishing.changing import SOMEBODY, locked_post, move_post, must_be_in, note_post
from parvis.publishing.drafting import withdraw_request
from parvis.publishing.letters import make_link
from parvis.publishing.models import (
    OPEN_REQUEST,
    ApprovalKind,
    ApprovalRequest,
    ApprovalVote,
    Post,
    PostState,
    PostVersion,
    RequestState,
    Verdict,
)
from parvis.publishing.rules import Rule, Step, as_written, may_stand, rule_of, steps_from, who_may_stand

EXPIRED = Text(
    "this request for approval has expired; ask again",
    "cette demande d’approbation a expiré\u202f; demandez de nouveau",
)
_OVER = Text("this request for approval is over", "cette demande d’approbation est close")
_OWN = Text("approve what you have written yourself", "approuver ce que vous avez écrit vous-même")
_LAST = Text("approve your own last change", "approuver votre propre dernière modification")
_ASKED = Text("approve what you ask approval for", "approuver ce que vous soumettez vous-même")
_NOT_YOURS = Text("this step of the approval", "cette étape de l’approbation")
_MAY_ASK = (PostState.DRAFT, PostState.READY, PostState.PLANNED, PostState.HELD)


@transaction.atomic
def ask_approval(
    post: Post, member: Member, *, now: datetime, note: str = "", is_told: bool = True
) -> ApprovalRequest | None:
    """For the version that stands now; None where the department asks for none: then the post is ready.

    `is_told` False: the caller tells of many at once (`tell_who_approves`).
    Raises NotAllowed, Conflict where it is asked for already, or the post has moved on.
    """
    must(member, Action.DRAFT, post)
    current = locked_post(post.pk)
    must_be_in(current, *_MAY_ASK)
    rule = rule_of(current.department_id)
    pin(current)
    request = None
    if rule.kind == ApprovalKind.NONE:
        if current.state == PostState.DRAFT:
            move_post(current, PostState.READY)
        note_post(current, member, "post.ready", now=now)
    else:
        withdraw_request(current, member, now=now)
        if current.state in (PostState.DRAFT, PostState.READY):
            move_post(current, PostState.REVIEW)
        request = open_request(current, member, rule, note=note, now=now, is_told=is_told)
    post.refresh_from_db()
    return request


def open_request(
    post: Post, member: Member, rule: Rule, *, note: str, now: datetime, is_told: bool = True
) -> ApprovalRequest:
    """Asks for the version that stands now, by that rule; the caller holds the post, and nothing is asked yet."""
    request = ApprovalRequest.objects.create(
        post=post, version=post.version, kind=rule.kind, steps=as_written(rule.steps),
        note=note.replace("\0", "").strip(), asked_by=member, asked_at=now,
        expires_at=now + timedelta(hours=rule.expires_h) if rule.expires_h else None,
    )  # fmt: skip
    facts = {"request": request.pk, "version": request.version, "kind": rule.kind}
    note_post(post, member, "approval.ask", now=now, facts=facts)
    if is_told or step_of(request).guests:
        _call(request, post, now=now)
    return request


@transaction.atomic
def withdraw_approval(post: Post, member: Member, *, now: datetime) -> bool:
    """Nobody need approve it for now; whether anything was asked. Raises NotAllowed."""
    must(member, Action.DRAFT, post)
    current = locked_post(post.pk)
    was_open = withdraw_request(current, member, now=now)
    if current.state == PostState.REVIEW:
        move_post(current, PostState.DRAFT)
    post.refresh_from_db()
    return was_open


@transaction.atomic
def vote(request: ApprovalRequest, member: Member, verdict: str, *, now: datetime, note: str = "") -> ApprovalRequest:
    """A member's word on the step that waits. A refusal says why.

    Raises NotAllowed (their own work included), FieldMissing, Conflict where the request is over, changed or expired,
    or they have said their word.
    """
    post, current = held_request(request, now=now)
    step = step_of(current)
    if not may_stand(step, post.department_id, member):
        raise NotAllowed(action=_NOT_YOURS)
    if verdict == Verdict.APPROVE:
        must_not_be_own(current, post, member)
    if ApprovalVote.objects.filter(request=current, member=member).exists():
        raise Conflict(who=Text("You", "Vous"), detail=Text("you have said your word", "vous vous êtes prononcé"))
    give(current, post, verdict, now=now, note=note, member=member)
    request.refresh_from_db()
    return request


def give(
    request: ApprovalRequest,
    post: Post,
    verdict: str,
    *,
    now: datetime,
    note: str = "",
    member: Member | None = None,
    guest: tuple[str, str] = ("", ""),
) -> None:
    """Counts one word, in a transaction that holds the post; the caller has checked whose it is."""
    note = note.replace("\0", "").strip()
    if verdict not in Verdict.values:
        raise BadInput(detail=Text("one approves or refuses", "on approuve ou on refuse"))
    if verdict == Verdict.REFUSE and not note:
        raise FieldMissing(field=Text("reason", "motif"))
    try:
        with transaction.atomic():
            ApprovalVote.objects.create(
                request=request, step=request.step, member=member, guest_name=guest[0], guest_email=guest[1],
                verdict=verdict, note=note, at=now,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(who=SOMEBODY, detail=_OVER) from None
    _go_on(request, post, verdict, now=now)
    facts = {"request": request.pk, "version": request.version, "state": request.state, "guest": member is None}
    note_post(post, member, f"approval.{verdict}", now=now, facts=facts)
    if request.state != RequestState.OPEN:
        _answer(request, post, now=now)


def step_of(request: ApprovalRequest) -> Step:
    return steps_from(request.steps)[request.step]


def must_not_be_own(request: ApprovalRequest, post: Post, member: Member) -> None:
    """Nobody approves their own last change; under four eyes nothing that they have written in. Raises NotAllowed."""
    written = PostVersion.objects.filter(
        post=post, number__lte=request.version, is_aside=False, member=member
    ).values_list("number", flat=True)
    if (why := _why_own(request, post, member, set(written))) is not None:
        raise NotAllowed(action=why)


def own_among(requests: Sequence[ApprovalRequest], member: Member) -> set[int]:
    """Ids of those that are of this member's own work, in one question; their posts are at hand."""
    posts = {request.post_id for request in requests}
    written: dict[int, set[int]] = {key: set() for key in posts}
    rows = PostVersion.objects.filter(post__in=posts, is_aside=False, member=member)
    for post_id, number in rows.values_list("post_id", "number"):
        written[post_id].add(number)
    return {
        request.pk
        for request in requests
        if _why_own(request, request.post, member, {one for one in written[request.post_id] if one <= request.version})
        is not None
    }


def _why_own(request: ApprovalRequest, post: Post, member: Member, written: set[int]) -> Text | None:
    """`written`: numbers of the versions, up to the one that is asked for, that are theirs."""
    if request.version in written:
        return _LAST
    if request.kind != ApprovalKind.FOUR_EYES:
        return None
    if request.asked_by_id == member.pk:
        return _ASKED
    return _OWN if written or post.created_by_id == member.pk else None


def is_approved(post: Post) -> bool:
    """Whether the version that stands now may leave, as far as approval goes."""
    if rule_of(post.department_id).kind == ApprovalKind.NONE:
        return True
    return ApprovalRequest.objects.filter(post=post, version=post.version, state=RequestState.APPROVED).exists()


def expire_requests(*, now: datetime, limit: int = 100) -> int:
    """Requests whose time is over; how many. For the worker."""
    rows = ApprovalRequest.objects.filter(OPEN_REQUEST, expires_at__lte=now).order_by("expires_at")
    return sum(_expire(key, post, now=now) for key, post in list(rows.values_list("pk", "post_id")[:limit]))


@transaction.atomic
def _expire(key: int, post_id: int, *, now: datetime) -> bool:
    post = locked_post(post_id)
    request = ApprovalRequest.objects.filter(OPEN_REQUEST, pk=key, expires_at__lte=now).first()
    if request is None:
        return False
    _end(request, post, RequestState.EXPIRED, now=now)
    note_post(post, None, "approval.expire", now=now, facts={"request": request.pk})
    _answer(request, post, now=now)
    return True


def held_request(request: ApprovalRequest, *, now: datetime) -> tuple[Post, ApprovalRequest]:
    """The post, held, and the request as it is now. Raises Conflict where it is over, changed or expired."""
    post = locked_post(request.post_id)
    current = ApprovalRequest.objects.select_related("asked_by").get(pk=request.pk)
    is_late = current.expires_at is not None and current.expires_at <= now
    if current.state == RequestState.EXPIRED or (current.state == RequestState.OPEN and is_late):
        raise Conflict(who=Text("Time", "Le temps"), detail=EXPIRED)
    if current.state != RequestState.OPEN or current.version != post.version:
        raise Conflict(who=SOMEBODY, detail=_OVER)
    return post, current


def _go_on(request: ApprovalRequest, post: Post, verdict: str, *, now: datetime) -> None:
    if verdict == Verdict.REFUSE:
        _end(request, post, RequestState.REFUSED, now=now)
        return
    given = ApprovalVote.objects.filter(request=request, step=request.step, verdict=Verdict.APPROVE).count()
    if given < step_of(request).count:
        return
    if request.step + 1 < len(request.steps):
        request.step += 1
        request.save(update_fields=["step"])
        _call(request, post, now=now)
        return
    _end(request, post, RequestState.APPROVED, now=now)


def _end(request: ApprovalRequest, post: Post, state: RequestState, *, now: datetime) -> None:
    request.state, request.ended_at = state, now
    request.save(update_fields=["state", "ended_at"])
    if post.state == PostState.REVIEW:
        move_post(post, PostState.READY if state == RequestState.APPROVED else PostState.DRAFT)


def pin(post: Post) -> None:
    """The version that stands now stays as it is, whoever goes on writing."""
    PostVersion.objects.filter(post=post, number=post.version).update(is_pinned=True)


def _call(request: ApprovalRequest, post: Post, *, now: datetime) -> None:
    """Those whose word the step waits for are told; guests get their link by mail."""
    for email in step_of(request).guests:
        if not Member.objects.filter(email=email).exists():
            make_link(request, request.asked_by, name="", email=email, now=now)
    people = [one for one in who_could_approve(request, post) if one.pk != request.asked_by_id]
    _notify(people, post, "approval.asked", lambda: _asked(request, post), now=now)


def who_could_approve(request: ApprovalRequest, post: Post) -> list[Member]:
    """Members whose word the step that waits would count now; guests and those who said theirs are not among them."""
    said = {vote.member_id for vote in request.votes.all()}
    return [one for one, why_not in who_stands(request, post) if why_not is None and one.pk not in said]


def who_stands(request: ApprovalRequest, post: Post) -> list[tuple[Member, Text | None]]:
    """Members whom the step that waits asks for, and why somebody among them may not approve this one."""
    members = who_may_stand(step_of(request), post.department_id)
    rows = PostVersion.objects.filter(post=post, number__lte=request.version, is_aside=False)
    written: dict[int, set[int]] = {}
    for key, number in rows.values_list("member_id", "number"):
        written.setdefault(key, set()).add(number)
    return [(one, _why_own(request, post, one, written.get(one.pk, set()))) for one in members]


def _answer(request: ApprovalRequest, post: Post, *, now: datetime) -> None:
    _notify([request.asked_by], post, f"approval.{request.state}", lambda: _answered(request, post), now=now)


def _notify(people: Sequence[Member], post: Post, kind: str, words: Callable[[], Message], *, now: datetime) -> None:
    write_notices(
        readers_of(people), words, kind=kind, subject="post", subject_key=post.pk, now=now,
        department=post.department, is_restricted=True,
    )  # fmt: skip
    for person in people:
        tell("note", now=now, member_id=person.pk, subject_id=post.pk, facts={"post": post.pk, "kind": kind})


def tell_who_approves(posts: Sequence[Post], member: Member, *, now: datetime) -> None:
    """One notice for many posts of one department, of which somebody has asked approval at once."""
    if not posts:
        return
    first = posts[0]
    steps = rule_of(first.department_id).steps[:1]
    people = [one for step in steps for one in who_may_stand(step, first.department_id) if one.pk != member.pk]
    _notify(people, first, "approval.asked", lambda: _asked_many(len(posts), member), now=now)


def _asked_many(count: int, member: Member) -> Message:
    title = ngettext("{n} post waits for your approval", "{n} posts wait for your approval", count).format(n=count)
    return Message(title=title, text=_("{name} has brought them in from a table.").format(name=member.name))


def _asked(request: ApprovalRequest, post: Post) -> Message:
    title = _("“{title}” waits for your approval").format(title=post.title)
    asked = _("{name} asks you to approve “{title}”.").format(name=request.asked_by.name, title=post.title)
    return Message(title=title, text=f"{asked}\n\n{request.note}".rstrip())


def _answered(request: ApprovalRequest, post: Post) -> Message:
    words = {
        RequestState.APPROVED: _("“{title}” is approved"),
        RequestState.REFUSED: _("“{title}” was refused"),
        RequestState.EXPIRED: _("Nobody has approved “{title}” in time"),
    }
    title = words[RequestState(request.state)].format(title=post.title)
    last = request.votes.order_by("-pk").first()
    return Message(title=title, text=last.note if last is not None and last.note else title)
