"""Ways to tell people: added, tried, switched off and removed by who they belong to."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from parvis.core.errors import BadInput, Conflict
from parvis.core.wording import Text
from parvis.orgs.access import may, must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member, Notice, NoticeRoute, NoticeState, RouteKind
from parvis.orgs.notices.addresses import address_from, apprise_is_here, masked, service_of
from parvis.orgs.notices.writing import Message, Reader, write_notices
from parvis.orgs.rights import Action
from parvis.orgs.sealing import seal, unseal
from parvis.orgs.wanted import name_from

MOST_ROUTES = 20
"""Of one owner."""
_PURPOSE = b"parvis notice routes 1"
_ROWS_A_BATCH = 100
APPRISE_MISSING = Text(
    "this installation has no Apprise; whoever runs it adds it with: pip install “parvis[notices]”",
    "cette installation n’a pas Apprise\u202f; qui l’exploite l’ajoute par\u202f: pip install «\u202fparvis[notices]\u202f»",
)


def own_routes(member: Member) -> list[NoticeRoute]:
    return list(NoticeRoute.objects.filter(member=member).defer("sealed_address"))


def shared_routes(member: Member, *, action: str = Action.SEE) -> list[NoticeRoute]:
    """Those of the departments where the member may do it, and with the whole house those of the house."""
    routes = NoticeRoute.objects.filter(member__isnull=True).where_may(member, action)
    return list(routes.select_related("department").defer("sealed_address").order_by("department__name", "name", "id"))


def route_for(member: Member, key: int) -> NoticeRoute | None:
    """One that the member may change."""
    route = NoticeRoute.objects.select_related("department", "member").filter(pk=key).first()
    return route if route is not None and _may_change(member, route) else None


def add_route(
    member: Member, *, kind: str, address: str, name: str, now: datetime, department: Department | None = None,
    is_shared: bool = False,
) -> NoticeRoute:  # fmt: skip
    """`is_shared`: the department's, or with None the house's; else the member's own. A test notice leaves at once.

    Raises BadInput for an address that is not taken, NotAllowed, FieldMissing, TextTooLong.
    """
    if is_shared:
        must(member, Action.LISTEN, department)
    if kind not in RouteKind.values:
        raise BadInput(detail=Text("no such way", "cette voie n’existe pas"))
    address = address_from(kind, address)
    if kind == RouteKind.APPRISE and not apprise_is_here():
        raise BadInput(detail=APPRISE_MISSING)
    with transaction.atomic():
        _must_have_room(member, department, is_shared=is_shared)
        route = NoticeRoute.objects.create(
            member=None if is_shared else member, department=department if is_shared else None, kind=kind,
            name=name_from(name or _usual_name(kind, address), field=Text("name", "nom"), limit=60),
            shown=masked(kind, address)[:120], sealed_address=seal({"address": address}, purpose=_PURPOSE),
            created_by=member, created_at=now,
        )  # fmt: skip
        _note(route, member, "notice_route.add", now=now)
        try_route(route, member, now=now)
    return route


def switch_route(route: NoticeRoute, member: Member, *, is_on: bool, now: datetime) -> None:
    _must_change(member, route)
    with transaction.atomic():
        if NoticeRoute.objects.filter(pk=route.pk).exclude(is_on=is_on).update(is_on=is_on):
            _note(route, member, "notice_route.on" if is_on else "notice_route.off", now=now)
    route.is_on = is_on


def remove_route(route: NoticeRoute, member: Member, *, now: datetime) -> None:
    """What still waits to leave by it is dropped."""
    _must_change(member, route)
    with transaction.atomic():
        Notice.objects.filter(route=route, state=NoticeState.WAITING).update(state=NoticeState.DROPPED)
        _note(route, member, "notice_route.remove", now=now)
        NoticeRoute.objects.filter(pk=route.pk).delete()


def try_route(route: NoticeRoute, member: Member, *, now: datetime) -> Notice:
    """A test notice; its fate stands on the notice."""
    from django.utils.translation import gettext as _

    _must_change(member, route)

    def words() -> Message:
        return Message(
            title=_("A test from Parvis"),
            text=_("{name} tries this way. Notices arrive here from now on.").format(name=member.name),
        )

    reader = Reader(member=route.member, route=route, fallback=member)
    notices = write_notices(
        [reader], words, kind="route.test", subject="route", subject_key=route.pk, now=now,
        department=route.department,
    )  # fmt: skip
    return notices[0]


def last_tests(routes: Sequence[NoticeRoute]) -> dict[int, Notice]:
    """By route, the newest test of each."""
    keys = [str(route.pk) for route in routes]
    tests = Notice.objects.filter(subject="route", subject_key__in=keys).order_by("id")
    return {int(test.subject_key): test for test in tests}


def address_of(route: NoticeRoute) -> str:
    """To be used where a notice leaves, and nowhere else. Raises KeyMissing."""
    return unseal(route.sealed_address, purpose=_PURPOSE)["address"]


def reseal_routes() -> int:
    """Seals every address anew with the newest key; how many. Raises KeyMissing at the first that cannot be opened."""
    count, last_id = 0, 0
    while True:
        with transaction.atomic():
            rows = NoticeRoute.objects.select_for_update(of=("self",)).filter(id__gt=last_id)
            batch = list(rows.order_by("id").only("sealed_address")[:_ROWS_A_BATCH])
            for route in batch:
                route.sealed_address = seal(unseal(route.sealed_address, purpose=_PURPOSE), purpose=_PURPOSE)
            NoticeRoute.objects.bulk_update(batch, ["sealed_address"])
        if not batch:
            return count
        count, last_id = count + len(batch), batch[-1].pk


def _may_change(member: Member, route: NoticeRoute) -> bool:
    if route.member_id is not None:
        return route.member_id == member.pk
    return may(member, Action.LISTEN, route.department)


def _must_change(member: Member, route: NoticeRoute) -> None:
    if not _may_change(member, route):
        must(member, Action.LISTEN, route.department)
        raise BadInput(detail=Text("this way is somebody else’s", "cette voie est à quelqu’un d’autre"))


def _must_have_room(member: Member, department: Department | None, *, is_shared: bool) -> None:
    same = {"member": None, "department": department} if is_shared else {"member": member}
    if NoticeRoute.objects.filter(**same).count() >= MOST_ROUTES:
        raise Conflict(
            who=Text("Somebody", "Quelqu’un"),
            detail=Text("there are {most} ways already", "il y a déjà {most} voies").format(most=MOST_ROUTES),
        )


def _usual_name(kind: str, address: str) -> str:
    return masked(kind, address) if kind == RouteKind.MAIL else service_of(address)


def _note(route: NoticeRoute, member: Member, action: str, *, now: datetime) -> None:
    record(
        member, action, subject="route", subject_key=route.pk, department_id=route.department_id, now=now,
        facts={"name": route.name, "kind": route.kind, "address": route.shown},
    )  # fmt: skip
