"""What people may give as name, language, zone, look: checked once, for screens and commands alike."""

import zoneinfo
from functools import cache

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from parvis.core.errors import BadInput, FieldMissing, TextTooLong
from parvis.core.wording import Text
from parvis.orgs.models import Member

THEMES = ("auto", "light", "dark")
DENSITIES = ("normal", "compact")
_PARTS_OF_THE_WORLD = frozenset(
    ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"]
)


def name_from(written: str, *, field: Text, limit: int = 80) -> str:
    """One line without spare spaces. Raises FieldMissing or TextTooLong."""
    name = " ".join("".join(mark if mark.isprintable() else " " for mark in written).split())
    if not name:
        raise FieldMissing(field=field)
    if len(name) > limit:
        raise TextTooLong(length=len(name), limit=limit)
    return name


def email_from(written: str) -> str:
    email = written.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        detail = Text(f"“{written}” is not an e-mail address", f"« {written} » n’est pas une adresse e-mail")
        raise BadInput(detail=detail) from error
    return email


def zone_from(written: str) -> str:
    if written not in zones():
        raise BadInput(detail=Text(f"“{written}” is not a time zone", f"« {written} » n’est pas un fuseau horaire"))
    return written


@cache
def zones() -> tuple[str, ...]:
    """Names of places: Europe/Zurich, not GMT+1."""
    places = (name for name in zoneinfo.available_timezones() if name.partition("/")[0] in _PARTS_OF_THE_WORLD)
    return (*sorted(places), "UTC")


def language_from(written: str) -> str:
    return one_of(written, tuple(code for code, _ in settings.LANGUAGES))


def one_of(written: str, choices: tuple[str, ...]) -> str:
    if written not in choices:
        listed = ", ".join(choices)
        raise BadInput(
            detail=Text(f"“{written}” is not one of {listed}", f"« {written} » ne figure pas parmi {listed}")
        )
    return written


def check_password(password: str, member: Member) -> None:
    """Raises Django's own ValidationError, whose sentences are shown beside the field."""
    validate_password(password, member)
