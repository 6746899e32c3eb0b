"""Writing a post: the composer with what leaves beside it, kept at every pause, put together with what others write."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parvis.assets.services import PIECE_BYTES
from parvis.channels.queries import channels_of
from parvis.core.errors import DraftConflict, NotAllowed, ParvisError
from parvis.core.post import Has, Option
from parvis.orgs.access import may, must, reach_of
from parvis.orgs.queries import departments_where
from parvis.orgs.rights import Action
from parvis.publishing import queries
from parvis.publishing.content import preflight
from parvis.publishing.drafting import Draft, create_post, merge_drafts, save_draft
from parvis.publishing.media import assets_in, settle_media
from parvis.publishing.models import Post, PostVersion
from parvis.publishing.written import as_content, as_json
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.publish.cards import Card, cards_of, draft_from, split_for
from parvis.web.screens.publish.form import (
    Offered,
    Written,
    conflict_field,
    draft_of,
    fields_of,
    has_any,
    media_name,
    offered_channels,
    option_field,
    read_form,
)
from parvis.web.screens.publish.media import POLL_LASTS_S, RATIOS
from parvis.web.screens.publish.status import status_of
from parvis.web.screens.publish.views import may_write, post_for
from parvis.web.screens.publish.words import field_name
from parvis.web.templatetags.parvis import words

LANGUAGES = (
    ("fr", "Français"), ("de", "Deutsch"), ("it", "Italiano"), ("rm", "Rumantsch"), ("en", "English"),
    ("es", "Español"), ("pt", "Português"), ("ar", "العربية"), ("uk", "Українська"),
)  # fmt: skip
MOST_KNOWN = 30
"""Of a platform's own names that are shown below a field."""
_LATER = {"repeated", "nearly_repeated", "same_minute", "crisis"}
"""What is looked up in the house's own rows, and not at every pause."""


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    member, now = request.member, request.now  # type: ignore[attr-defined]
    if not reach_of(member).anywhere(Action.DRAFT):
        must(member, Action.DRAFT)
    departments = departments_where(member, Action.DRAFT)
    asked = asked_number(request.POST.get("department", ""))
    chosen = next((one for one in departments if one.pk == asked), None)
    if request.method == "POST":
        if chosen is None:
            raise NotAllowed(action=str(Action.DRAFT.label))
        post = create_post(member, chosen, now=now, title=request.POST.get("working_title", ""))
        return redirect("post", post.pk)
    here = request.department  # type: ignore[attr-defined]
    return render(request, "screens/publish/new.html", {"departments": departments, "here": here})


@require_GET
def page(request: HttpRequest, key: int) -> HttpResponse:
    post = post_for(request, key)
    return render(request, "screens/publish/post.html", _context(request, post, draft_of(post)))


@require_POST
def save(request: HttpRequest, key: int) -> HttpResponse:
    """What was typed so far. Scripts are told what stands now; without them the page comes again."""
    member, post = request.member, post_for(request, key)  # type: ignore[attr-defined]
    must(member, Action.DRAFT, post)
    is_script = request.headers.get("X-Requested-With") == "fetch"
    if is_script and not may_write(request, post) and request.POST.keys() <= {"base_version"}:
        return JsonResponse({"is_over": True, "problem": _("This post has left, or was cancelled.")})
    offered = _offered(request, post)
    base_version = asked_number(request.POST.get("base_version", "")) or post.version
    try:
        written = read_form(request.POST, _begun(post, base_version), offered)
        if "split" in request.POST:
            written = _split(written, offered)
        saved = save_draft(
            post, member, base_version=base_version, content=written.content, variants=written.variants,
            title=written.title, now=request.now,  # type: ignore[attr-defined]
        )  # fmt: skip
    except DraftConflict as error:
        return _conflict(request, post, error, base_version, offered, is_script=is_script)
    except NotAllowed:
        raise
    except ParvisError as error:
        if is_script:
            return JsonResponse({"problem": words_of(error)}, status=422)
        messages.error(request, words_of(error))
        return redirect("post", key)
    if not is_script:
        messages.success(request, _merged_words() if saved.is_merged else _("Kept."))
        return redirect("post", key)
    draft = Draft(title=saved.title, content=saved.content, variants=saved.variants)
    told = {
        "version": saved.version, "own_version": saved.own_version, "is_merged": saved.is_merged,
        "is_changed": saved.is_changed, "at": f"{timezone.localtime(request.now):%H:%M}",  # type: ignore[attr-defined]
    }  # fmt: skip
    return JsonResponse(
        told | ({"fields": fields_of(draft, offered), "said": _merged_words()} if saved.is_merged else {})
    )


@require_http_methods(["GET", "POST"])
def cards(request: HttpRequest, key: int) -> HttpResponse:
    """What would leave of what is typed at this moment, nothing is kept by it; by GET, of what is kept."""
    post = post_for(request, key)
    if request.method == "GET":
        found = _cards(request, post, draft_of(post), _offered(request, post))
        return render(request, "screens/publish/cards.html", {"cards": found, "media_notes": _media_notes(found)})
    must(request.member, Action.DRAFT, post)  # type: ignore[attr-defined]
    offered = _offered(request, post)
    try:
        draft = draft_of(post)
        written = read_form(request.POST, draft, offered)
        before = [draft.content, *(variant["changes"] for variant in draft.variants.values())]
        changes = [variant["changes"] for variant in written.variants.values()]
        settle_media(request.member, as_json(written.content), changes, before=before)  # type: ignore[attr-defined]
        found = cards_of(
            written.content, written.variants, offered, now=request.now, due_at=post.due_at,  # type: ignore[attr-defined]
            campaign=post.campaign,
        )  # fmt: skip
    except ParvisError as error:
        return render(request, "screens/publish/cards.html", {"problem": words_of(error)})
    return render(request, "screens/publish/cards.html", {"cards": found, "media_notes": _media_notes(found)})


@require_GET
def check(request: HttpRequest, key: int) -> HttpResponse:
    """What else of the house's is near: the same said before, something else in that minute, a pause."""
    post = post_for(request, key)
    names = dict(channels_of(request.member).values_list("pk", "name"))  # type: ignore[attr-defined]
    found = preflight(post, now=request.now)  # type: ignore[attr-defined]
    lines = [
        {"channel": names[key], "fault": fault} for key, faults in found.items() if key in names for fault in faults
        if fault.code in _LATER
    ]  # fmt: skip
    return render(request, "screens/publish/check.html", {"lines": lines})


def _context(request: HttpRequest, post: Post, draft: Draft, **more: Any) -> dict[str, Any]:
    member, now = request.member, request.now  # type: ignore[attr-defined]
    channels = list(channels_of(member))
    offered = offered_channels(member, post, channels)
    fields = fields_of(draft, offered)
    is_later = bool(assets_in(draft.content, [one["changes"] for one in draft.variants.values()]))
    variants = {int(key): variant for key, variant in draft.variants.items()}
    seen = {channel.pk for channel in channels}
    hidden = sum(variant["is_on"] and key not in seen for key, variant in variants.items())
    found = [] if is_later else _cards(request, post, draft, offered)
    choices, has = [_choice(one, fields) for one in offered], has_any(offered)
    return {
        "post": post,
        "fields": fields,
        "may_write": may_write(request, post),
        "may_comment": may(member, Action.NOTE, post),
        "has": has,
        "shows_media": "media" in has or fields["media"] != "[]" or any(one["own_media"] for one in choices),
        "languages": LANGUAGES,
        "is_other_language": bool(fields["language"]) and fields["language"] not in dict(LANGUAGES),
        "choices": choices,
        "hidden_count": hidden,
        "cards": found,
        "cards_later": is_later,
        "ratios": RATIOS,
        "poll_lasts": [(str(one), _lasting(one)) for one in sorted({*POLL_LASTS_S, int(fields["poll_lasts"])})],
        "piece_bytes": PIECE_BYTES,
        "status": status_of(post, member, request.house, seen=seen, now=now),  # type: ignore[attr-defined]
        "comments": queries.comments_of(post),
        **more,
    }


def _cards(request: HttpRequest, post: Post, draft: Draft, offered: list[Offered]) -> list[Card]:
    """Of what is kept."""
    variants = {int(key): variant for key, variant in draft.variants.items()}
    return cards_of(
        as_content(draft.content), variants, offered, now=request.now, due_at=post.due_at,  # type: ignore[attr-defined]
        campaign=post.campaign,
    )  # fmt: skip


def _choice(one: Offered, fields: dict[str, Any]) -> dict[str, Any]:
    key = one.channel.pk
    options = [_option(one, option, fields) for option in one.publishing.options]
    text, is_alone = fields[f"v-{key}-text"], fields[f"v-{key}-alone"]
    own_media = fields.get(media_name(key))
    is_other = bool(text or is_alone or own_media or any(option["is_other"] for option in options))
    return {
        "channel": one.channel, "is_on": str(key) in fields["channels"], "text": text, "is_alone": is_alone,
        "options": options, "is_other": is_other, "own_media": own_media,
        "has_caption": Has.CAPTION in one.publishing.has,
    }  # fmt: skip


def _option(one: Offered, option: Option, fields: dict[str, Any]) -> dict[str, Any]:
    name = option_field(one.channel.pk, option)
    default = ", ".join(option.default) if isinstance(option.default, list | tuple) else option.default
    known = str(one.channel.facts.get(option.known, "")).splitlines() if option.known else []
    return {
        "name": name, "option": option, "value": fields[name], "is_other": fields[name] != default,
        "known": known[:MOST_KNOWN], "has_more": len(known) > MOST_KNOWN,
    }  # fmt: skip


def _offered(request: HttpRequest, post: Post) -> list[Offered]:
    return offered_channels(request.member, post, channels_of(request.member))  # type: ignore[attr-defined]


def _split(written: Written, offered: list[Offered]) -> Written:
    text, thread = split_for(written, offered)
    content = as_content(draft_from(written).content | {"text": text, "thread": thread})
    return Written(title=written.title, content=content, variants=written.variants)


def _begun(post: Post, number: int) -> Draft:
    """What the writer began from: fields that the form does not have are theirs unchanged."""
    found = post.versions.filter(number=number).first() if number != post.version else None
    return _draft(found) if found is not None else draft_of(post)


def _draft(version: PostVersion) -> Draft:
    return Draft(title=version.title, content=version.content, variants=version.variants)


def _conflict(
    request: HttpRequest,
    post: Post,
    error: DraftConflict,
    base_version: int,
    offered: list[Offered],
    *,
    is_script: bool,
) -> HttpResponse:
    """Both texts, and all else put together: from there the writer chooses."""
    numbers = {base_version, error.version, error.kept_version}
    rows = {row.number: _draft(row) for row in post.versions.filter(number__in=numbers)}
    mine, theirs = rows[error.kept_version], rows[error.version]
    merged, _names = merge_drafts(rows.get(base_version, theirs), theirs, mine)
    ours = fields_of(mine, offered)
    shown = fields_of(merged, offered)
    conflicts = [
        {"name": name, "label": _label(name, offered), "theirs": shown[name], "mine": ours[name]}
        for name in map(conflict_field, error.theirs)
        if name in shown
    ]
    if is_script:
        told = {"version": error.version, "problem": words_of(error), "fields": shown, "conflicts": conflicts}
        return JsonResponse(told, status=409)
    post.refresh_from_db()
    context = _context(request, post, merged, conflicts=conflicts, problem=words_of(error))
    return render(request, "screens/publish/post.html", context, status=409)


def _label(name: str, offered: list[Offered]) -> str:
    if not name.startswith("v-"):
        return field_name(name)
    key, _sign, inner = name.removeprefix("v-").partition("-")
    channel = next((one.channel.name for one in offered if str(one.channel.pk) == key), "")
    return f"{field_name('options' if inner.startswith('option') else inner)} – {channel}"


def _media_notes(cards: Iterable[Card]) -> dict[str, dict[int, list[dict[str, Any]]]]:
    """By whose media they are ("" for all, else the channel’s id) and place, what stands against one and where, once."""
    found: dict[str, dict[int, dict[str, dict[str, Any]]]] = {}
    for card in cards:
        whose = str(card.channel.pk) if card.has_own_media else ""
        for place, fault in card.at_media:
            said = words(fault.words)
            notes = found.setdefault(whose, {}).setdefault(place, {})
            note = notes.setdefault(said, {"words": said, "is_hint": fault.is_hint, "where": []})
            note["where"].append(card.channel.name)
    return {whose: {at: list(notes.values()) for at, notes in places.items()} for whose, places in found.items()}


def _lasting(seconds: int) -> str:
    for unit_s, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= unit_s and seconds % unit_s == 0:
            n = seconds // unit_s
            if name == "day":
                return ngettext("{n} day", "{n} days", n).format(n=n)
            if name == "hour":
                return ngettext("{n} hour", "{n} hours", n).format(n=n)
            return ngettext("{n} minute", "{n} minutes", n).format(n=n)
    return ngettext("{n} second", "{n} seconds", seconds).format(n=seconds)


def _merged_words() -> str:
    return _("Somebody else has written meanwhile: both are in it now.")
