"""By which ways people are told: one's own, and those that a department shares."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from parvis.core.errors import BadInput, Conflict
from parvis.orgs.access import may, must, reach_of
from parvis.orgs.models import Department, NoticeRoute, RouteKind
from parvis.orgs.notices.addresses import apprise_is_here
from parvis.orgs.notices.routes import (
    add_route,
    last_tests,
    own_routes,
    remove_route,
    route_for,
    shared_routes,
    switch_route,
    try_route,
)
from parvis.orgs.queries import departments_where
from parvis.orgs.rights import Action
from parvis.web.errors import words_of

HOUSE = "house"


class RouteForm(forms.Form):
    """A new way; what is written is shown never again."""

    kind = forms.ChoiceField(
        label=gettext_lazy("By which way"),
        choices=[(RouteKind.MAIL, gettext_lazy("Mail")), (RouteKind.APPRISE, gettext_lazy("A service, by Apprise"))],
    )
    address = forms.CharField(
        label=gettext_lazy("Address"), max_length=2000, strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off", "dir": "ltr"}),
        help_text=gettext_lazy("A mail address; or an Apprise address such as slack://…, tgram://…, ntfys://…, json://…. It is kept encrypted."),
    )  # fmt: skip
    name = forms.CharField(label=gettext_lazy("What you call it"), max_length=60, required=False)


class SharedForm(RouteForm):
    department = forms.ChoiceField(label=gettext_lazy("Whose it is"))

    def __init__(self, *args: Any, departments: Sequence[Department], with_house: bool, **named: Any) -> None:
        super().__init__(*args, **named)
        self._departments = {str(one.pk): one for one in departments}
        field: Any = self.fields["department"]
        field.choices = [(key, one.name) for key, one in self._departments.items()]
        if with_house:
            field.choices = [*field.choices, (HOUSE, _("The whole house"))]

    def chosen(self) -> Department | None:
        """None: the whole house."""
        return self._departments.get(self.cleaned_data["department"])


@require_http_methods(["GET", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    member = request.member  # type: ignore[attr-defined]
    form = RouteForm(request.POST or None)
    if form.is_valid() and _added(request, form):
        return redirect("notice-routes")
    return _page(request, form, own_routes(member), is_shared=False)


@require_http_methods(["GET", "POST"])
def shared(request: HttpRequest) -> HttpResponse:
    member = request.member  # type: ignore[attr-defined]
    if not reach_of(member).anywhere(Action.LISTEN):
        must(member, Action.LISTEN)
    departments = departments_where(member, Action.LISTEN)
    form = SharedForm(request.POST or None, departments=departments, with_house=may(member, Action.LISTEN))
    if form.is_valid() and _added(request, form, department=form.chosen(), is_shared=True):
        return redirect("shared-routes")
    return _page(request, form, shared_routes(member, action=Action.LISTEN), is_shared=True)


@require_POST
def test(request: HttpRequest, key: int) -> HttpResponse:
    route = _route(request, key)
    try_route(route, request.member, now=request.now)  # type: ignore[attr-defined]
    messages.success(request, _("A test is on its way; here stands what became of it."))
    return _back(route)


@require_POST
def switch(request: HttpRequest, key: int) -> HttpResponse:
    route = _route(request, key)
    switch_route(route, request.member, is_on=request.POST.get("is_on") == "1", now=request.now)  # type: ignore[attr-defined]
    return _back(route)


@require_POST
def remove(request: HttpRequest, key: int) -> HttpResponse:
    route = _route(request, key)
    remove_route(route, request.member, now=request.now)  # type: ignore[attr-defined]
    messages.success(request, _("This way is removed."))
    return _back(route)


def _added(
    request: HttpRequest, form: RouteForm, *, department: Department | None = None, is_shared: bool = False
) -> bool:
    given = form.cleaned_data
    try:
        add_route(
            request.member, kind=given["kind"], address=given["address"], name=given["name"],  # type: ignore[attr-defined]
            department=department, is_shared=is_shared, now=request.now,  # type: ignore[attr-defined]
        )  # fmt: skip
    except (BadInput, Conflict) as error:
        form.add_error("address", words_of(error))
        return False
    messages.success(request, _("Added. A test is on its way; here stands what became of it."))
    return True


def _page(request: HttpRequest, form: RouteForm, routes: list[NoticeRoute], *, is_shared: bool) -> HttpResponse:
    tests = last_tests(routes)
    context = {
        "form": form,
        "rows": [{"route": route, "test": tests.get(route.pk)} for route in routes],
        "is_shared": is_shared,
        "has_apprise": apprise_is_here(),
        "tab": "alerts",
    }
    return render(request, "screens/notices/page.html", context, status=422 if form.errors else 200)


def _route(request: HttpRequest, key: int) -> NoticeRoute:
    found = route_for(request.member, key)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found


def _back(route: NoticeRoute) -> HttpResponse:
    return redirect("notice-routes" if route.member_id is not None else "shared-routes")
