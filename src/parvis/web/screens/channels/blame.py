"""Which field an error is about: a refused sign-in belongs beside the password, an address beside the address."""

from parvis.core.errors import CredentialsRejected, FieldMissing, NotEncrypted, ParvisError, RightMissing
from parvis.web.errors import words_of
from parvis.web.screens.channels.forms import CredentialsForm

_ABOUT_SECRET = (CredentialsRejected, NotEncrypted)
_ABOUT_ACCOUNT = (RightMissing, FieldMissing)


def lay_beside_field(form: CredentialsForm, error: ParvisError) -> None:
    """On top of the form where it is about none of the fields, as when the other side does not answer."""
    if isinstance(error, (*_ABOUT_SECRET, *_ABOUT_ACCOUNT)):
        form.blame(words_of(error), secret=isinstance(error, _ABOUT_SECRET))
    else:
        form.add_error(None, words_of(error))
