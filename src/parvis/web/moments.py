"""Times that a person wrote into a form: theirs, in their own zone."""

from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from parvis.core.errors import BadInput
from parvis.core.wording import Text

_EARLIEST_YEAR, _LATEST_YEAR = 1900, 9000


def asked_moment(written: str) -> datetime | None:
    """None where nothing was written. Raises BadInput where it is no time."""
    if not written.strip():
        return None
    try:
        found = parse_datetime(written.strip())
    except ValueError:
        found = None
    if found is None or not _EARLIEST_YEAR <= found.year <= _LATEST_YEAR:
        raise BadInput(detail=Text("this is not a time", "ce n’est pas une heure"))
    return timezone.make_aware(found) if timezone.is_naive(found) else found
