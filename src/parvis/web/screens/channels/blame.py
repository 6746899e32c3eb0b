"""What went wrong while somebody looks on: beside which field it is said, and what they can do now."""

from django.utils.translation import gettext as _

from parvis.core.errors import (
    AddressRefused,
    CredentialsRejected,
    FieldMissing,
    NotEncrypted,
    ParvisError,
    RateLimited,
    RemoteBroken,
    RightMissing,
    TimedOut,
    TlsFailed,
    Unreachable,
)
from parvis.web.errors import words_of
from parvis.web.screens.channels.forms import CredentialsForm

_ABOUT_SECRET = (CredentialsRejected, NotEncrypted)
_ABOUT_ACCOUNT = (RightMissing, FieldMissing)
_SAYS_IT_ALL = (AddressRefused, TlsFailed)


def lay_beside_field(form: CredentialsForm, error: ParvisError) -> None:
    """On top of the form where it is about none of the fields, as when the other side does not answer."""
    if isinstance(error, (*_ABOUT_SECRET, *_ABOUT_ACCOUNT)):
        form.blame(words_of(error), secret=isinstance(error, _ABOUT_SECRET))
    else:
        form.add_error(None, words_with_advice(error))


def words_with_advice(error: ParvisError) -> str:
    """The sentence, and what to do: nothing was saved yet, so nothing tries again by itself."""
    return f"{words_of(error)} {_advice(error)}".rstrip()


def _advice(error: ParvisError) -> str:
    if isinstance(error, _SAYS_IT_ALL):
        return ""
    if isinstance(error, RateLimited):
        return _("Wait a few minutes, then try once more.")
    if isinstance(error, (TimedOut, RemoteBroken)):
        return _("Try once more in a moment; if it stays so, whoever runs the site can see why.")
    if isinstance(error, Unreachable):
        return _("Look whether the address is written right and opens in a browser, then try once more.")
    return ""
