"""The queue: what is held, item by item, one key a verdict; beneath it the orders that need a person."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from parvis.channels.effect_queries import stuck_effects
from parvis.channels.outbox import right_for
from parvis.core.types import Status
from parvis.inbox.lookups import HeldItem, held_items_of
from parvis.inbox.queries import ids_after
from parvis.orgs.access import may, must, reach_of
from parvis.orgs.rights import Action
from parvis.web.screens.effects.words import EffectWords, effect_words
from parvis.web.screens.inbox.jobs import running_bars
from parvis.web.screens.inbox.lines import author_name, history_of, why_of
from parvis.web.screens.inbox.listing import reason_choices
from parvis.web.screens.inbox.talk import VerdictChoice, verdict_choices
from parvis.web.templatetags.parvis import time_element

HELD = "is:held"
PAGE = 25
STUCK_SHOWN = 20


@dataclass(slots=True)
class QueueRow:
    """One held item. The names are those of a post in a thread: both take components/decide.html."""

    id: int
    conversation_id: int
    url: str
    text: str
    language: str
    author: str
    history: str
    place: str
    why: str
    time: SafeString
    verdicts: list[VerdictChoice]
    back: str
    is_target: bool = True


@dataclass(frozen=True, slots=True)
class StuckRow:
    effect: EffectWords
    text: str
    url: str


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    member, now, department = _who(request)
    if not reach_of(member).anywhere(Action.DECIDE):
        must(member, Action.DECIDE)
    ids, following = ids_after(
        member, HELD, now=now, department=department, cursor=request.GET.get("after") or None, limit=PAGE
    )
    may_delete = reach_of(member).anywhere(Action.DELETE)
    here = request.get_full_path()
    context = {
        "rows": [_row(item, now=now, back=here, may_delete=may_delete) for item in held_items_of(ids)],
        "next_url": f"{reverse('moderation')}?after={following}" if following else "",
        "first_url": reverse("moderation") if request.GET.get("after") else "",
        "reasons": reason_choices(),
    }
    if request.GET.get("part") == "queue":
        return render(request, "screens/moderation/queue.html", context)
    context["stuck"] = _stuck(member, now, here)
    context["jobs"] = running_bars(member)
    return render(request, "screens/moderation/page.html", context)


def _row(item: HeldItem, *, now: Any, back: str, may_delete: bool) -> QueueRow:
    return QueueRow(
        id=item.id,
        conversation_id=item.conversation_id,
        url=reverse("talk", args=[item.conversation_id]) + f"?q={HELD}",
        text=item.text or item.title or _("(without text)"),
        language=item.language,
        author=author_name(item.author),
        history=history_of(item.author, item.kind),
        place=f"{item.channel} · {item.article_title}" if item.article_title else item.channel,
        why=why_of(item.why),
        time=time_element(item.at, now),
        verdicts=verdict_choices(Status.HELD, can=item.can, may_delete=may_delete),
        back=back,
    )


def _stuck(member: Any, now: Any, here: str) -> list[StuckRow]:
    return [
        StuckRow(
            effect=effect_words(
                key=effect.pk, can=effect.can, state=effect.state, error=effect.error, text=effect.text,
                try_count=effect.try_count, next_try_at=effect.next_try_at, now=now, back=f"{here}#stuck",
                is_in_doubt=effect.is_in_doubt, may_answer=may(member, right_for(effect), effect),
            ),
            text=effect.says,
            url=effect.item.url if effect.item else effect.result_url,
        )
        for effect in stuck_effects(member)[:STUCK_SHOWN]
    ]  # fmt: skip


def _who(request: Any) -> tuple[Any, Any, Any]:
    return request.member, request.now, request.department
