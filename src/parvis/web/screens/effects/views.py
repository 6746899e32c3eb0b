"""What a person answers to an order that needs them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.channels.effect_queries import stuck_effects
from parvis.channels.outbox import give_up_effect, retry_effect, settle_by_person
from parvis.web.answers import done


@require_POST
def answer(request: HttpRequest, key: int) -> HttpResponse:
    member, now = request.member, request.now  # type: ignore[attr-defined]
    effect = stuck_effects(member).filter(pk=key).first()
    if effect is None:
        return done(request, _("Somebody has already seen to it."), event="parvis:talk")
    match request.POST.get("answer"):
        case "retry":
            retry_effect(effect, member, now=now)
            said = _("It is tried again now.")
        case "give_up":
            give_up_effect(effect, member, now=now)
            said = _("Given up: the platform keeps what it shows.")
        case "happened":
            settle_by_person(effect, member, True, now=now)
            said = _("Noted: it happened.")
        case "not_happened":
            settle_by_person(effect, member, False, now=now)
            said = _("It is sent again.")
        case _:
            raise Http404
    return done(request, said, event="parvis:talk")
