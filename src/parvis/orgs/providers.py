"""Whom a sign-in provider may let in: members and invited people, by an address that it vouches for."""

from datetime import datetime

from django.db import IntegrityError, transaction

from parvis.core.errors import AlreadyMember, EmailNotVouched, NotInvited
from parvis.orgs import audit, links
from parvis.orgs.models import Member, Membership
from parvis.orgs.wanted import email_from

_NAME_LIMIT = 80


def member_from_provider(email: str, *, is_vouched: bool, name: str, now: datetime, admits: str = "") -> Member:
    """The member of this address; an invitation that waits for it is accepted by this.

    `is_vouched`: the provider says that the address is theirs. `admits`: role in the whole house for
    people whom nobody invited; empty: they are refused. Raises EmailNotVouched, NotInvited.
    """
    if not is_vouched:
        raise EmailNotVouched(email=email or "?")
    email = email_from(email)
    name = (" ".join(name.split()) or email.partition("@")[0])[:_NAME_LIMIT]
    member = Member.objects.filter(email=email).first()
    if member is not None:
        return member
    link = links.invitation_for(email, now=now)
    if link is not None:
        return links.admit_by(link, name=name, password=None, language="", now=now)
    if not admits:
        raise NotInvited(email=email)
    return _admit(email, name, role=admits, now=now)


def _admit(email: str, name: str, *, role: str, now: datetime) -> Member:
    newcomer = Member(email=email, name=name, joined_at=now)
    newcomer.set_unusable_password()
    try:
        with transaction.atomic():
            newcomer.save(force_insert=True)
            Membership.objects.create(member=newcomer, department=None, role=role, created_at=now)
            facts = {"role": role}
            audit.record(newcomer, "provider.admit", subject="member", subject_key=newcomer.pk, now=now, facts=facts)
    except IntegrityError as error:
        raise AlreadyMember(email=email) from error
    return newcomer
