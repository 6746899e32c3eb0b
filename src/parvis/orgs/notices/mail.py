"""Notices by mail, through the house's own mail server (PARVIS_MAIL)."""

import smtplib
from email.utils import formataddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from parvis.core.errors import ParvisError, Refused, RemoteError, TimedOut, Unreachable
from parvis.core.wording import Text
from parvis.orgs.links import default_address

LIMIT_S = 15


def send_by_mail(address: str, *, title: str, text: str, key: str, sender: str = "Parvis") -> None:
    """Raises RemoteError with why it did not leave. `key` makes the Message-ID: the same notice twice is one mail."""
    host = urlsplit(default_address()).hostname or "localhost"
    message = EmailMessage(
        subject=title,
        body=text,
        from_email=formataddr((sender, _from_address(host))),
        to=[address],
        headers={"Auto-Submitted": "auto-generated", "Message-ID": f"<notice.{key}@{host}>"},
        connection=get_connection(timeout=LIMIT_S),
    )
    try:
        message.send()
    except (smtplib.SMTPException, OSError) as error:
        raise _known(error) from error


def _from_address(host: str) -> str:
    """Most servers take mail from the account alone that signed in."""
    user = str(settings.OPTIONS["PARVIS_MAIL_FROM"] or getattr(settings, "EMAIL_HOST_USER", "") or "")
    return user if "@" in user else f"parvis@{host}"


def _known(error: Exception) -> ParvisError:
    host = str(getattr(settings, "EMAIL_HOST", "") or "mail")
    if isinstance(error, TimeoutError):
        return TimedOut(host=host, limit_s=LIMIT_S)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [int(code) for code, _ in error.recipients.values()]
        detail = Text("it does not take mail for this address", "il ne prend pas de courrier pour cette adresse")
        return (
            Refused(host=host, detail=detail) if min(codes, default=0) >= 500 else RemoteError(host=host, detail=detail)
        )
    if isinstance(error, smtplib.SMTPAuthenticationError):
        detail = Text(
            "it does not take the name and password of PARVIS_MAIL",
            "il refuse le nom et le mot de passe de PARVIS_MAIL",
        )
        return RemoteError(host=host, detail=detail)
    if isinstance(error, smtplib.SMTPResponseException):
        return RemoteError(host=host, detail=f"SMTP {error.smtp_code}")
    return Unreachable(
        host=host, detail=Text("the mail server does not answer", "le serveur de courrier ne répond pas")
    )
