"""Links that let somebody in: shown once, kept as a hash, used once, until they expire."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from parvis.core.errors import AlreadyMember, BadInput, LinkSpent, NotAllowed
from parvis.core.wording import Text
from parvis.orgs import audit
from parvis.orgs.access import Scoped, forget_reach
from parvis.orgs.giving import must_give
from parvis.orgs.models import Department, Link, LinkPurpose, Member, Membership
from parvis.orgs.rights import Role
from parvis.orgs.wanted import check_password, email_from, language_from, name_from, one_of

INVITATION_LIFE = timedelta(days=7)
SIGN_IN_LIFE = timedelta(hours=24)
FIRST_LINK_LIFE = timedelta(days=3650)
"""The first link works until an owner has signed up; `first_link_of` looks at that."""


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def address_of(token: str, *, base: str) -> str:
    """`base` is http://host:port, without a path."""
    return f"{base.rstrip('/')}/enter/{token}"


def invite(member: Member, *, email: str, role: str, department: Department | None, now: datetime) -> tuple[Link, str]:
    """An invitation and its token, which is not kept. `department` None: a role in the whole house.

    An older invitation of the same person to the same place is withdrawn by it. Raises AlreadyMember.
    """
    role = one_of(role, tuple(Role.values))
    must_give(member, role, department.pk if department else None)
    email = email_from(email)
    if department is not None and department.closed_at is not None:
        raise BadInput(detail=Text("this department is closed", "ce département est fermé"))
    if Member.objects.filter(email=email).exists():
        raise AlreadyMember(email=email)
    with transaction.atomic():
        _open_links().filter(email=email, department=department, purpose=LinkPurpose.INVITATION).update(
            withdrawn_at=now
        )
        link, token = _make(
            LinkPurpose.INVITATION,
            now=now,
            life=INVITATION_LIFE,
            email=email,
            role=role,
            department=department,
            created_by=member,
        )
        _record(member, "invitation.make", link, now=now, facts={"role": role})
    return link, token


def withdraw_invitation(link: Link, member: Member, *, now: datetime) -> None:
    """Raises LinkSpent where it was used meanwhile."""
    must_give(member, link.role, link.department_id)
    with transaction.atomic():
        if not _open_links().filter(pk=link.pk, purpose=LinkPurpose.INVITATION).update(withdrawn_at=now):
            raise LinkSpent
        _record(member, "invitation.withdraw", link, now=now)


def link_of(token: str, *, now: datetime) -> Link:
    """The link of a token that still works. Raises LinkSpent; which reason applied is not told."""
    link: Link | None = (
        _open_links()
        .filter(token_hash=hash_token(token), expires_at__gt=now)
        .select_related("member", "department", "created_by")
        .first()
    )
    if link is None or (link.member is not None and not link.member.is_active):
        raise LinkSpent
    if is_first_link(link) and _owner_exists():
        raise LinkSpent
    return link


def first_link_of(token: str, *, now: datetime) -> Link:
    link = link_of(token, now=now)
    if not is_first_link(link):
        raise LinkSpent
    return link


def spend(link: Link, *, now: datetime) -> None:
    """Uses it up; of two at once one gets LinkSpent. For the caller's transaction."""
    if not _open_links().filter(pk=link.pk, expires_at__gt=now).update(used_at=now):
        raise LinkSpent


def accept_invitation(token: str, *, name: str, password: str | None, language: str, now: datetime) -> Member:
    """The new member. `password` None: they sign in through a provider.

    Raises LinkSpent, AlreadyMember, ValidationError on a weak password.
    """
    link = link_of(token, now=now)
    if link.purpose != LinkPurpose.INVITATION:
        raise LinkSpent
    return admit_by(link, name=name, password=password, language=language, now=now)


def admit_by(link: Link, *, name: str, password: str | None, language: str, now: datetime) -> Member:
    """Makes the member whom the invitation waits for, once."""
    newcomer = Member(
        email=link.email,
        name=name_from(name, field=Text("your name", "votre nom")),
        language=language_from(language) if language else "",
        joined_at=now,
    )
    if password is not None:
        check_password(password, newcomer)
    newcomer.set_password(password)
    try:
        with transaction.atomic():
            spend(link, now=now)
            newcomer.save(force_insert=True)
            Membership.objects.create(member=newcomer, department=link.department, role=link.role, created_at=now)
            audit.record(
                newcomer,
                "invitation.accept",
                subject="member",
                subject_key=newcomer.pk,
                now=now,
                department_id=link.department_id,
                facts={"role": link.role, "invited_by": link.created_by_id},
            )
    except IntegrityError as error:
        raise AlreadyMember(email=link.email) from error
    return newcomer


def invitation_for(email: str, *, now: datetime) -> Link | None:
    """The newest invitation that waits for this address, for somebody whom a provider vouches for."""
    waiting = _open_links().filter(email=email.strip().lower(), purpose=LinkPurpose.INVITATION, expires_at__gt=now)
    found: Link | None = waiting.order_by("-id").first()
    return found


def sign_in_link(*, address: str, now: datetime, member: Member | None = None, by: Member | None = None) -> str | None:
    """An address that signs somebody in once; shown here and nowhere again.

    Without `member` it is the owner's first one: None where an owner has signed up. Earlier ones stop to work.
    """
    if member is None and _owner_exists():
        return None
    if member is not None and not member.is_active:
        raise NotAllowed(action=Text("sign in", "s’identifier"))
    with transaction.atomic():
        _open_links().filter(purpose=LinkPurpose.SIGN_IN, member=member).update(withdrawn_at=now)
        life = SIGN_IN_LIFE if member else FIRST_LINK_LIFE
        link, token = _make(LinkPurpose.SIGN_IN, now=now, life=life, member=member, created_by=by)
        if member is not None:
            _record(by, "sign_in_link.make", link, now=now, facts={"member": member.pk})
    return address_of(token, base=address)


def use_sign_in_link(token: str, *, now: datetime) -> Member:
    """Whom it signs in; their lost password ends, and with it every session. Raises LinkSpent."""
    link = link_of(token, now=now)
    if link.purpose != LinkPurpose.SIGN_IN or link.member is None:
        raise LinkSpent
    with transaction.atomic():
        spend(link, now=now)
        link.member.set_unusable_password()
        link.member.save(update_fields=["password"])
        _record(link.member, "sign_in_link.use", link, now=now)
    forget_reach(link.member)
    return link.member


def _open_links() -> Scoped:
    return Link.objects.filter(used_at=None, withdrawn_at=None)


def is_first_link(link: Link) -> bool:
    return link.purpose == LinkPurpose.SIGN_IN and link.member_id is None


def _owner_exists() -> bool:
    return Member.objects.filter(is_owner=True).exists()


def _make(purpose: str, *, now: datetime, life: timedelta, **fields: object) -> tuple[Link, str]:
    token = secrets.token_urlsafe(32)
    link = Link.objects.create(
        purpose=purpose, token_hash=hash_token(token), created_at=now, expires_at=now + life, **fields
    )
    return link, token


def _record(
    member: Member | None, action: str, link: Link, *, now: datetime, facts: dict[str, object] | None = None
) -> None:
    audit.record(
        member, action, subject="link", subject_key=link.pk, now=now, department_id=link.department_id, facts=facts
    )


def default_address() -> str:
    """Where people open the desk, as far as the options say it."""
    return settings.SITE_ADDRESS or "http://127.0.0.1:8000"
