"""Adding a channel: paste an address, sign in where needed, see the first items, save. Nothing is saved before."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from parvis.channels.hooks import hooked_connectors
from parvis.channels.opening import open_channel
from parvis.channels.registry import connector_called, file_readers
from parvis.channels.vault import merged
from parvis.core.connector import Account, Can
from parvis.core.errors import BadInput, NotAllowed, RemoteError
from parvis.core.types import Recognition
from parvis.orgs.models import Department
from parvis.orgs.queries import departments_where
from parvis.orgs.rights import Action
from parvis.web.asked import asked_number
from parvis.web.screens.channels import asking, draft
from parvis.web.screens.channels.blame import lay_beside_field, words_with_advice
from parvis.web.screens.channels.draft import Draft, Sample
from parvis.web.screens.channels.forms import AddressForm, DetailsForm, open_values
from parvis.web.screens.channels.guides import guide_of
from parvis.web.screens.channels.platforms import guide_lines, platform_of
from parvis.web.screens.channels.words import can_words, kind_word, status_word


@never_cache
def address(request: HttpRequest) -> HttpResponse:
    """The first step, and the choice where several things were found."""
    _departments(request)
    kept = draft.draft_of(request)
    form = AddressForm(request.POST or None, initial={"address": kept.address})
    if form.is_valid():
        try:
            found = asking.found_at(form.cleaned_data["address"])
        except (BadInput, RemoteError) as error:
            form.add_error("address", words_with_advice(error))
        else:
            return _take_up(request, form.cleaned_data["address"], found)
    found = [] if form.errors else kept.found
    shown = [{"recognition": one, "platform": platform_of(one.slug)} for one in found]
    return _page(
        request,
        "add_address",
        {"form": form, "found": shown, "takes_files": bool(file_readers()), "takes_posts": bool(hooked_connectors())},
    )


def _take_up(request: HttpRequest, written: str, found: list[Recognition]) -> HttpResponse:
    """What was typed for the same address before stays."""
    kept = draft.draft_of(request)
    fresh = Draft(address=written, found=found, name=found[0].name)
    if kept.recognition is not None and kept.recognition.address == found[0].address:
        fresh = Draft(
            address=written, found=found, name=kept.name, department_id=kept.department_id, credentials=kept.credentials
        )
    draft.keep(request, fresh)
    return redirect("channel-new-details" if len(found) == 1 else "channel-new")


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    kept = draft.draft_of(request)
    chosen = asked_number(request.POST.get("chosen", ""))
    if chosen is None or chosen >= len(kept.found):
        return redirect("channel-new")
    if chosen != kept.chosen:
        kept.credentials, kept.checked = {}, None
    kept.chosen = chosen
    kept.name = kept.found[kept.chosen].name
    draft.keep(request, kept)
    return redirect("channel-new-details")


@never_cache
@sensitive_post_parameters()
def details(request: HttpRequest) -> HttpResponse:
    departments = _departments(request)
    kept = draft.draft_of(request)
    recognition = kept.recognition
    if recognition is None:
        return redirect("channel-new")
    connector = connector_called(recognition.slug)
    form = DetailsForm(
        request.POST or None,
        connector=connector,
        kept=kept.credentials,
        departments=departments,
        initial=_initial(request, kept, departments),
    )
    if form.is_valid():
        kept.name, kept.department_id = form.cleaned_data["name"], form.cleaned_data["department_id"]
        kept.credentials = merged(kept.credentials, form.credentials, fields=connector.credentials)
        kept.checked = None
        try:
            kept.checked = asking.checked(recognition, kept.credentials, now=request.now)  # type: ignore[attr-defined]
        except (BadInput, RemoteError) as error:
            lay_beside_field(form, error)
        draft.keep(request, kept)
        if kept.checked is not None:
            return redirect("channel-new-preview")
    context = {
        "form": form,
        "recognition": recognition,
        "platform": platform_of(recognition.slug),
        "guide_lines": guide_lines(connector),
        "guide": guide_of(recognition.slug, get_language() or "en"),
    }
    return _page(request, "add_details", context)


@never_cache
def show_preview(request: HttpRequest) -> HttpResponse:
    kept = draft.draft_of(request)
    department = _department(request, kept)
    if kept.recognition is None or kept.checked is None or department is None:
        return redirect("channel-new-details")
    context = {
        "draft": kept,
        "recognition": kept.recognition,
        "place": department,
        "platform": platform_of(kept.recognition.slug),
        "can": can_words(kept.checked.can),
        "asks_credentials": bool(connector_called(kept.recognition.slug).credentials),
        "samples": [_shown(sample) for sample in kept.checked.samples],
    }
    return render(request, "screens/channels/add_preview.html", context)


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    kept = draft.draft_of(request)
    department = _department(request, kept)
    if kept.recognition is None or kept.checked is None or department is None:
        return redirect("channel-new-details")
    account = Account(
        name=kept.checked.account, can=frozenset(Can(one) for one in kept.checked.can), facts=kept.checked.facts
    )
    channel = open_channel(
        request.member,  # type: ignore[attr-defined]
        kept.recognition,
        kept.credentials,
        department=department,
        name=kept.name,
        account=account,
        now=request.now,  # type: ignore[attr-defined]
    )
    draft.drop(request)
    messages.success(
        request, _("{name} is connected. Its items arrive in the inbox as they are read.").format(name=channel.name)
    )
    return redirect("channel", channel.pk)


def _departments(request: HttpRequest) -> list[Department]:
    """Where the member may add channels. Raises NotAllowed where nowhere."""
    departments = departments_where(request.member, Action.MANAGE_CHANNELS)  # type: ignore[attr-defined]
    if not departments:
        raise NotAllowed(action=str(Action.MANAGE_CHANNELS.label))
    return departments


def _department(request: HttpRequest, kept: Draft) -> Department | None:
    return next((one for one in _departments(request) if one.pk == kept.department_id), None)


def _initial(request: HttpRequest, kept: Draft, departments: list[Department]) -> dict[str, Any]:
    """What was typed before, but no secret; the department in view is proposed."""
    in_view = request.department  # type: ignore[attr-defined]
    proposed = in_view.pk if in_view in departments else departments[0].pk
    connector = connector_called(kept.found[kept.chosen].slug)
    return {
        "name": kept.name,
        "department_id": kept.department_id or proposed,
        **open_values(connector, kept.credentials),
    }


def _shown(sample: Sample) -> dict[str, Any]:
    return {
        "title": sample.title,
        "text": sample.text,
        "author": sample.author,
        "published_at": sample.published_at,
        "kind": kind_word(sample.kind),
        "status": status_word(sample.status),
    }


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, f"screens/channels/{name}.html", context, status=422 if context["form"].errors else 200)
