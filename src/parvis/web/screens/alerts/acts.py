"""What people do with an alert."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from parvis.listening.alerts.answering import acknowledge, escalate, judge
from parvis.listening.models import EpisodeJudgement
from parvis.web.screens.alerts.views import episode_for


@require_POST
def acknowledge_one(request: HttpRequest, key: int) -> HttpResponse:
    episode = episode_for(request, key)
    acknowledge(episode, request.member, note=request.POST.get("note", ""), now=request.now)  # type: ignore[attr-defined]
    messages.success(request, _("You look after this alert; nobody else is called."))
    return redirect("alert", key)


@require_POST
def judge_one(request: HttpRequest, key: int) -> HttpResponse:
    episode = episode_for(request, key)
    wanted = request.POST.get("judgement", "")
    if wanted not in EpisodeJudgement.values:
        raise Http404
    judge(episode, request.member, EpisodeJudgement(wanted), now=request.now)  # type: ignore[attr-defined]
    messages.success(request, _("Thank you: this counts towards how often the rule is right."))
    return redirect("alert", key)


@require_POST
def escalate_one(request: HttpRequest, key: int) -> HttpResponse:
    told = escalate(episode_for(request, key), request.member, now=request.now)  # type: ignore[attr-defined]
    words = ngettext("{n} more is being told.", "{n} more are being told.", told)
    messages.success(request, words.format(n=told))
    return redirect("alert", key)
