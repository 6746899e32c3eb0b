"""The house itself: its name, zone and language, and how the installation is."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from parvis.core.errors import ParvisError
from parvis.orgs.access import must
from parvis.orgs.house import change_house
from parvis.orgs.rights import Action
from parvis.web import rail
from parvis.web.errors import words_of
from parvis.web.screens.house.about import facts_of_installation
from parvis.web.screens.house.forms import HouseForm


def settings(request: HttpRequest) -> HttpResponse:
    member, now, house = request.member, request.now, request.house  # type: ignore[attr-defined]
    must(member, Action.MANAGE_HOUSE)
    form = HouseForm.of(house, request.POST or None)
    if form.is_valid():
        try:
            change_house(member, **form.cleaned_data, now=now)
        except ParvisError as error:
            form.add_error(None, words_of(error))
        else:
            messages.success(request, _("The house’s settings are saved."))
            return redirect("settings")
    context = {
        "form": form,
        "facts": facts_of_installation(now),
        "departments_url": rail.address_of("departments"),
        "audit_url": rail.address_of("audit"),
    }
    return render(request, "screens/house/page.html", context, status=422 if form.errors else 200)
