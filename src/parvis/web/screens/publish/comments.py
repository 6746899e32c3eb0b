"""What colleagues say about a post."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.core.errors import FieldMissing
from parvis.publishing import queries
from parvis.publishing.services import resolve_comment, write_comment
from parvis.web.errors import words_of
from parvis.web.screens.publish.views import post_for


@require_POST
def write(request: HttpRequest, key: int) -> HttpResponse:
    post = post_for(request, key)
    try:
        write_comment(post, request.member, request.POST.get("text", ""), now=request.now)  # type: ignore[attr-defined]
    except FieldMissing as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, _("Your colleagues can read it."))
    return redirect("post", key)


@require_POST
def settle(request: HttpRequest, key: int) -> HttpResponse:
    comment = queries.comment_for(request.member, key)  # type: ignore[attr-defined]
    if comment is None:
        raise Http404
    resolve_comment(
        comment, request.member, now=request.now, is_resolved=bool(request.POST.get("resolved"))  # type: ignore[attr-defined]
    )  # fmt: skip
    return redirect("post", comment.post_id)
