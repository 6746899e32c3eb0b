"""Departments: adding, naming, ordering, closing."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.core.errors import ParvisError
from parvis.orgs import services
from parvis.orgs.access import must
from parvis.orgs.models import Department
from parvis.orgs.queries import department_for, every_department
from parvis.orgs.rights import Action
from parvis.web.errors import words_of
from parvis.web.screens.people.forms import DepartmentForm


def departments(request: HttpRequest) -> HttpResponse:
    member = request.member  # type: ignore[attr-defined]
    must(member, Action.MANAGE_HOUSE)
    form = DepartmentForm(request.POST or None)
    if form.is_valid():
        try:
            made = services.create_department(member, name=form.cleaned_data["name"], now=request.now)  # type: ignore[attr-defined]
        except ParvisError as error:
            form.add_error("name", words_of(error))
        else:
            messages.success(request, _("The department {name} is there.").format(name=made.name))
            return redirect("departments")
    return _page(request, form)


@require_POST
def rename(request: HttpRequest, department_id: int) -> HttpResponse:
    department = _department(request, department_id)
    form = DepartmentForm(request.POST)
    if form.is_valid():
        try:
            services.rename_department(
                department,
                request.member,  # type: ignore[attr-defined]
                name=form.cleaned_data["name"],
                now=request.now,  # type: ignore[attr-defined]
            )
        except ParvisError as error:
            form.add_error("name", words_of(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("departments")
    return _page(request, DepartmentForm(), renaming=department_id, rename_form=form)


@require_POST
def move(request: HttpRequest, department_id: int) -> HttpResponse:
    member = request.member  # type: ignore[attr-defined]
    department = _department(request, department_id)
    ids = [one.pk for one in every_department()]
    place = ids.index(department.pk)
    other = place + (-1 if request.POST.get("to") == "up" else 1)
    if 0 <= other < len(ids):
        ids[place], ids[other] = ids[other], ids[place]
        services.order_departments(member, ids, now=request.now)  # type: ignore[attr-defined]
    return redirect("departments")


@require_POST
def change_open(request: HttpRequest, department_id: int) -> HttpResponse:
    department = _department(request, department_id)
    change = services.reopen_department if request.POST.get("open") == "1" else services.close_department
    change(department, request.member, now=request.now)  # type: ignore[attr-defined]
    messages.success(request, _("Saved."))
    return redirect("departments")


def _department(request: HttpRequest, department_id: int) -> Department:
    member = request.member  # type: ignore[attr-defined]
    must(member, Action.MANAGE_HOUSE)
    department = department_for(member, department_id, action=Action.MANAGE_HOUSE)
    if department is None:
        raise Http404
    return department


def _page(
    request: HttpRequest,
    form: DepartmentForm,
    *,
    renaming: int | None = None,
    rename_form: DepartmentForm | None = None,
) -> HttpResponse:
    context = {"departments": every_department(), "form": form, "renaming": renaming, "rename_form": rename_form}
    has_errors = bool(form.errors or rename_form)
    return render(request, "screens/people/departments.html", context, status=422 if has_errors else 200)
