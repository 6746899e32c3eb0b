"""What a member signs in with besides the password: authenticator app, passkeys, recovery codes; and their sessions."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from parvis.orgs import audit
from parvis.orgs.models import Member


@dataclass(frozen=True, slots=True)
class Factors:
    has_app: bool
    passkeys: list[Authenticator]
    recovery_codes_left: int | None
    """None: there are none, as nothing needs them yet."""


def factors_of(member: Member) -> Factors:
    rows = list(Authenticator.objects.filter(user=member).order_by("created_at"))
    codes = next((row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES), None)
    return Factors(
        has_app=any(row.type == Authenticator.Type.TOTP for row in rows),
        passkeys=[row for row in rows if row.type == Authenticator.Type.WEBAUTHN],
        recovery_codes_left=len(codes.wrap().get_unused_codes()) if codes else None,
    )


def forget_factors(person: Member, *, by: Member | None, now: datetime) -> int:
    """For who lost the telephone and the codes: the password alone signs in again. Gives how many were forgotten."""
    with transaction.atomic():
        count, _ = Authenticator.objects.filter(user=person).delete()
        audit.record(by, "factors.forget", subject="member", subject_key=person.pk, now=now, facts={"count": count})
    return int(count)


def sessions_of(member: Member) -> list[UserSession]:
    """Where the member is signed in, latest first; what has run out is forgotten on the way."""
    return sorted(UserSession.objects.purge_and_list(member), key=lambda session: session.last_seen_at, reverse=True)


def end_session(member: Member, session_id: int) -> int:
    """Ends one of the member's own; 0 where it has ended already."""
    return _end(UserSession.objects.filter(user=member, pk=session_id))


def end_sessions(person: Member, *, keep: str | None = None) -> int:
    """Ends every session of the person but the one with the key `keep`; gives how many."""
    known = UserSession.objects.filter(user=person)
    return _end(known if keep is None else known.exclude(session_key=keep))


def _end(known: object) -> int:
    keys = list(known.values_list("session_key", flat=True))  # type: ignore[attr-defined]
    with transaction.atomic():
        Session.objects.filter(session_key__in=keys).delete()
        UserSession.objects.filter(session_key__in=keys).delete()
    return len(keys)
