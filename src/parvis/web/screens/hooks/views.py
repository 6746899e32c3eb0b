"""A channel that others post to: made, shown with its address, its secret once, and a line to try it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from parvis.channels.health_queries import channel_watched_by
from parvis.channels.hooks import address_of, change_form, hook_of, hooked_connectors, open_hook, renew_secret
from parvis.channels.models import Channel
from parvis.channels.registry import connector_of
from parvis.channels.vault import seal, unseal
from parvis.core.connector import Connector, Hook
from parvis.core.errors import BadInput, KeyMissing, NotAllowed
from parvis.orgs.access import must
from parvis.orgs.queries import department_for, departments_where
from parvis.orgs.rights import Action
from parvis.web.errors import words_of
from parvis.web.screens.channels.forms import DetailsForm
from parvis.web.screens.channels.guides import guide_of
from parvis.web.screens.channels.platforms import guide_lines, platform_of
from parvis.web.templatetags.parvis import words

_SECRET = "hook_secret"  # noqa: S105 - the name under which a session keeps it for one page
_LONGEST_FORM = 4000


class HookForm(DetailsForm):
    """Name, department, and what deliveries look like; the secret is the house's own and not asked for."""

    def __init__(self, *args: Any, hook: Hook, connector: Connector, **kwargs: Any) -> None:
        super().__init__(*args, connector=connector, **kwargs)
        for name in [one for one in self.fields if one.startswith("credential_")]:
            del self.fields[name]
        self.fields["form"] = _form_field(hook)


class ShapeForm(forms.Form):
    """What deliveries look like."""

    def __init__(self, *args: Any, hook: Hook, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form"] = _form_field(hook)


def _form_field(hook: Hook) -> forms.CharField:
    attrs = {"rows": 6, "spellcheck": "false", "autocapitalize": "none", "dir": "ltr"}
    return forms.CharField(
        label=gettext_lazy("Form of what is sent"),
        help_text=words(hook.help),
        required=False,
        max_length=_LONGEST_FORM,
        widget=forms.Textarea(attrs=attrs),
    )


@never_cache
def add(request: HttpRequest) -> HttpResponse:
    member = request.member  # type: ignore[attr-defined]
    departments = departments_where(member, Action.MANAGE_CHANNELS)
    if not departments:
        raise NotAllowed(action=str(Action.MANAGE_CHANNELS.label))
    connector = next(iter(hooked_connectors()), None)
    if connector is None or connector.hook is None:
        raise Http404
    form = HookForm(request.POST or None, hook=connector.hook, connector=connector, departments=departments)
    if form.is_valid():
        made = _made(request, connector, form)
        if made is not None:
            return made
    context = {"form": form, "platform": platform_of(connector.slug), "guide_lines": guide_lines(connector)}
    return render(request, "screens/hooks/add.html", context, status=422 if form.errors else 200)


def _made(request: HttpRequest, connector: Connector, form: HookForm) -> HttpResponse | None:
    member = request.member  # type: ignore[attr-defined]
    department = department_for(member, form.cleaned_data["department_id"], action=Action.MANAGE_CHANNELS)
    if department is None:
        raise Http404
    try:
        channel, secret = open_hook(
            member,
            connector,
            department=department,
            name=form.cleaned_data["name"],
            form=form.cleaned_data["form"],
            base=_base(request),
            now=request.now,  # type: ignore[attr-defined]
        )
    except BadInput as error:
        form.add_error("form", words_of(error))
        return None
    _keep_for_once(request, channel, secret)
    return redirect("channel-hook", channel.pk)


@never_cache
def show(request: HttpRequest, key: int) -> HttpResponse:
    """Address, example and form; a POST makes a new secret or changes the form."""
    row = channel_watched_by(request.member, key)  # type: ignore[attr-defined]
    if row is None or connector_of(row).hook is None:
        raise Http404
    must(request.member, Action.MANAGE_CHANNELS, row)  # type: ignore[attr-defined]
    hook = hook_of(row)
    if request.POST.get("verb") == "secret":
        secret = renew_secret(row, request.member, now=request.now)  # type: ignore[attr-defined]
        _keep_for_once(request, row, secret)
        return redirect("channel-hook", row.pk)
    form = ShapeForm(request.POST or None, hook=hook, initial={"form": hook.written(row.facts)})
    if form.is_valid() and _changed(request, row, form):
        return redirect("channel-hook", row.pk)
    address = address_of(row, base=_base(request))
    context = {
        "channel": row,
        "platform": platform_of(row.connector),
        "address": address,
        "secret": _kept_for_once(request, row),
        "example": hook.example(address),
        "form": form,
        "guide": guide_of(row.connector, get_language() or "en"),
    }
    return render(request, "screens/hooks/page.html", context, status=422 if form.errors else 200)


def _changed(request: HttpRequest, row: Channel, form: ShapeForm) -> bool:
    try:
        change_form(row, request.member, form=form.cleaned_data["form"], now=request.now)  # type: ignore[attr-defined]
    except BadInput as error:
        form.add_error("form", words_of(error))
        return False
    messages.success(request, _("Saved."))
    return True


def _base(request: HttpRequest) -> str:
    return settings.SITE_ADDRESS or f"{request.scheme}://{request.get_host()}"


def _keep_for_once(request: HttpRequest, row: Channel, secret: str) -> None:
    """For the very next page: reloaded, it no longer shows it."""
    request.session[_SECRET] = seal({str(row.pk): secret}).decode()


def _kept_for_once(request: HttpRequest, row: Channel) -> str:
    try:
        kept = unseal(str(request.session.pop(_SECRET, "")).encode())
    except KeyMissing:
        return ""
    return kept.get(str(row.pk), "")
