"""What somebody had written when a page failed: given back to them, to be sent once more."""

from dataclasses import dataclass

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError

_LONG = 40
"""Characters from which on it hurts to write something again."""
_NOT_OURS = {"csrfmiddlewaretoken"}


@dataclass(frozen=True, slots=True)
class Typed:
    """The whole form: `texts` to be seen, `others` to go with them. Pairs of name and value."""

    address: str
    texts: list[tuple[str, str]]
    others: list[tuple[str, str]]


def typed_in(request: HttpRequest) -> Typed | None:
    """None where nothing long was written, where it may hold a secret, or where another site may have written it."""
    if request.method != "POST" or hasattr(request, "sensitive_post_parameters") or not _is_own(request):
        return None
    pairs = [(name, value) for name, values in _form(request).lists() for value in values if name not in _NOT_OURS]
    texts = [pair for pair in pairs if len(pair[1]) >= _LONG or "\n" in pair[1]]
    if not texts or any("password" in name for name, _ in pairs):
        return None
    return Typed(request.get_full_path(), texts, [pair for pair in pairs if pair not in texts])


def _is_own(request: HttpRequest) -> bool:
    """Sent from a page of ours: Django has checked its token, or the browser vouches for it."""
    return getattr(request, "csrf_processing_done", False) or request.headers.get("Sec-Fetch-Site") == "same-origin"


def _form(request: HttpRequest) -> QueryDict:
    try:
        return request.POST
    except (OSError, BadRequest, SuspiciousOperation, MultiPartParserError):  # what came was cut off, or no form
        return QueryDict()
