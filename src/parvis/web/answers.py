"""How a form is answered: with a message on the open page where scripts run, else by going back to a page."""

import json
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme


def done(
    request: HttpRequest,
    text: str,
    *,
    batch: uuid.UUID | str | None = None,
    event: str = "",
    facts: Any = None,
    to: str = "",
) -> HttpResponse:
    """`text` on the screen, with “Undo” where a `batch` can be taken back; `event` tells the page's scripts.

    Without scripts: back to `to`, to the form's own `back`, or to where the person came from.
    """
    if request.headers.get("HX-Request") != "true":
        if batch:
            text = format_html(
                '{} <a class="btn btn-sm" href="{}">{}</a>', text, reverse("inbox-undo", args=[batch]), _undo_word()
            )
        messages.success(request, text)
        return HttpResponseRedirect(back_of(request, to))
    response = render(
        request,
        "components/toast_partial.html",
        {"text": text, "batch": batch, "undo_s": settings.OPTIONS["PARVIS_UNDO_S"]},
    )
    if event:
        response.headers["HX-Trigger"] = json.dumps({event: facts if facts is not None else {}})
    return response


def back_of(request: HttpRequest, to: str = "") -> str:
    for wanted in (to, request.POST.get("back", ""), request.headers.get("Referer", "")):
        is_address = wanted.startswith(("/", "http:", "https:"))
        if is_address and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
            return wanted
    return "/"


def partial(
    request: HttpRequest, template: str, context: dict[str, Any], *, target: str, swap: str = "innerHTML"
) -> str:
    """A piece for another place of the page than the one that asked."""
    inner = render_to_string(template, context, request=request)
    return f'<hx-partial hx-target="{target}" hx-swap="{swap}">{inner}</hx-partial>'


def _undo_word() -> str:
    from django.utils.translation import gettext as _

    return _("Undo")
