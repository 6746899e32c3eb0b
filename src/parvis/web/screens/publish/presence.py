"""Who else has a post open: known for half a minute after the last sign of life, and kept nowhere else."""

from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from parvis.orgs.queries import colleagues
from parvis.publishing.models import Post
from parvis.publishing.services import mark_post_mentions_seen
from parvis.web.frame import mention_key
from parvis.web.screens.publish.views import post_for

KEPT_S = 30


@dataclass(frozen=True, slots=True)
class Present:
    member: str
    is_typing: bool


@require_POST
def presence(request: HttpRequest, key: int) -> HttpResponse:
    """A sign of life; answers with who else is here. Whoever looks has seen that they were named."""
    member, post = request.member, post_for(request, key)  # type: ignore[attr-defined]
    cache.set(_key(post, member.pk), bool(request.POST.get("typing")), KEPT_S)
    if mark_post_mentions_seen(post, member, now=request.now):  # type: ignore[attr-defined]
        cache.delete(mention_key(member))
    people = colleagues(member, department_id=post.department_id).exclude(pk=member.pk).order_by("name")
    names = {_key(post, pk): name for pk, name in people.values_list("pk", "name")}
    there = [Present(names[one], is_typing) for one, is_typing in cache.get_many(names).items()]
    return render(request, "screens/inbox/presence.html", {"talk": {"present": there}})


def _key(post: Post, member_id: int) -> str:
    return f"post:{post.pk}:{member_id}"
