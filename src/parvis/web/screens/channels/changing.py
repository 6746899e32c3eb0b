"""What a person does to a channel: change, pause, resume, read now, connect again, remove, read payloads again."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from parvis.channels.health_queries import channel_watched_by, open_order_count
from parvis.channels.models import Channel
from parvis.channels.opening import (
    change_channel,
    pause_channel,
    reconnect_channel,
    remove_channel,
    resume_channel,
    sync_now,
)
from parvis.channels.registry import connector_of
from parvis.channels.vault import unseal
from parvis.core.errors import HouseError, KeyMissing, ParvisError
from parvis.core.types import Kind
from parvis.flows.replaying import replay_channel
from parvis.orgs.access import must
from parvis.orgs.queries import department_for
from parvis.orgs.rights import Action
from parvis.web.errors import words_of
from parvis.web.screens.channels import asking
from parvis.web.screens.channels.blame import lay_beside_field
from parvis.web.screens.channels.forms import ChangeForm, ReconnectForm, open_values
from parvis.web.screens.channels.guides import guide_of
from parvis.web.screens.channels.platforms import guide_lines


def change(request: HttpRequest, row: Channel, form: ChangeForm) -> bool:
    """False where the form says what is wrong."""
    member, given = request.member, form.cleaned_data  # type: ignore[attr-defined]
    department = department_for(member, given["department_id"], action=Action.MANAGE_CHANNELS)
    try:
        change_channel(
            row,
            member,
            name=given["name"],
            department=department,
            opens_conversations=[Kind(kind) for kind in given["opens_conversations"]],
            audience_zone=given.get("audience_zone"),
            now=request.now,  # type: ignore[attr-defined]
        )
    except ParvisError as error:
        form.add_error(None, words_of(error))
        return False
    messages.success(request, _("Saved."))
    return True


@require_POST
def do(request: HttpRequest, key: int) -> HttpResponse:
    row, member, now = managed(request, key), request.member, request.now  # type: ignore[attr-defined]
    match request.POST.get("verb"):
        case "pause":
            pause_channel(row, member, now=now)
            said = _("Paused: nothing is read until somebody resumes it.")
        case "resume":
            resume_channel(row, member, now=now)
            said = _("Resumed: it is read in a moment, from where it stopped.")
        case "read":
            sync_now(row, member, now=now)
            said = _("It is read in a moment.")
        case _:
            raise Http404
    messages.success(request, said)
    return redirect("channel", row.pk)


@never_cache
@sensitive_post_parameters()
def reconnect(request: HttpRequest, key: int) -> HttpResponse:
    """Only credentials that are accepted replace the kept ones."""
    row = managed(request, key)
    connector = connector_of(row)
    kept = _kept(row)
    form = ReconnectForm(request.POST or None, connector=connector, kept=kept, initial=open_values(connector, kept))
    if form.is_valid():
        now = request.now  # type: ignore[attr-defined]
        try:
            account = asking.account_of(row, form.credentials, now=now)
            reconnect_channel(row, request.member, form.credentials, account=account, now=now)  # type: ignore[attr-defined]
        except HouseError:
            raise
        except ParvisError as error:
            lay_beside_field(form, error)
        else:
            messages.success(request, _("It is connected again and read in a moment."))
            return redirect("channel", row.pk)
    context = {
        "channel": row,
        "form": form,
        "guide_lines": guide_lines(connector),
        "guide": guide_of(row.connector, get_language() or "en"),
    }
    return render(request, "screens/channels/reconnect.html", context, status=422 if form.errors else 200)


def remove(request: HttpRequest, key: int) -> HttpResponse:
    row = managed(request, key)
    if request.method == "POST":
        remove_channel(row, request.member, now=request.now)  # type: ignore[attr-defined]
        messages.success(request, _("{name} is removed. What was read stays.").format(name=row.name))
        return redirect("channels")
    context = {"channel": row, "waiting_count": open_order_count(row)}
    return render(request, "screens/channels/remove.html", context)


@require_POST
def replay(request: HttpRequest, key: int) -> HttpResponse:
    row = managed(request, key)
    replay_channel(row, request.member, now=request.now)  # type: ignore[attr-defined]
    messages.success(request, _("They are read again; the bar on this page shows how far it is."))
    return redirect("channel", row.pk)


def managed(request: HttpRequest, key: int) -> Channel:
    """Raises Http404 where the member does not see it, NotAllowed where they may not change it."""
    row = channel_watched_by(request.member, key)  # type: ignore[attr-defined]
    if row is None:
        raise Http404
    must(request.member, Action.MANAGE_CHANNELS, row)  # type: ignore[attr-defined]
    return row


def _kept(row: Channel) -> dict[str, str]:
    """Nothing where no key opens them: then everything is asked for."""
    try:
        return unseal(row.sealed_credentials)
    except KeyMissing:
        return {}
