"""The small components: icon, time, avatar, number, form field, button's key."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.template.context import RequestContext
from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parvis.web import times
from parvis.web.frame import initials as initials_of
from parvis.web.frame import tint

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of static/icons.svg: hidden from readers where a word stands beside it, else named by `label`."""
    return _icon(static("icons.svg"), name, label)


@lru_cache(2048)
def _icon(file: str, name: str, label: str) -> SafeString:
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, file, name)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', file, name)


@register.simple_tag(takes_context=True)
def ago(context: RequestContext, when: datetime | None) -> SafeString:
    """A time: short on the page, in full on hover and focus."""
    if when is None:
        return format_html('<span class="quiet">{}</span>', _("not known"))
    return time_element(when, context["now"])


@register.simple_tag
def moment(when: datetime | None) -> str:
    """A time in full, for paper: nobody can hover over it."""
    return _("not known") if when is None else times.full(when)


def time_element(when: datetime, now: datetime, eyes: times.Eyes | None = None) -> SafeString:
    """`eyes` spares a list of many times to ask anew whose they are."""
    eyes = eyes or times.whose_eyes()
    return SafeString(f"{_time_beginning(when, eyes)}{times.short(when, now, eyes)}</time>")


@lru_cache(8192)
def _time_beginning(when: datetime, _eyes: times.Eyes) -> str:
    """Lists show the same times again and again."""
    return f'<time datetime="{when.isoformat(timespec="seconds")}" title="{escape(times.full(when))}">'


@register.simple_tag
def avatar(name: str, key: int = 0) -> SafeString:
    """Initials on a quiet colour; the name itself stands beside it."""
    return format_html('<span class="face face-{}" aria-hidden="true">{}</span>', tint(key), initials_of(name))


@register.simple_tag
def post_body(post: Any) -> SafeString:
    """An item of a thread, all but what can be done with it (web/posts.py)."""
    from parvis.web.posts import post_html

    return post_html(post, icons=static("icons.svg"), face=avatar(post.author, post.author_key))


@register.filter
def post_classes(post: Any) -> str:
    from parvis.web.posts import classes_of

    return classes_of(post)


@register.simple_tag
def conversation_rows(lines: Iterable[Any], *, plain: bool = False) -> SafeString:
    """The rows of a list of conversations (web/rows.py); `plain` without ticking and opening beside."""
    from parvis.web.rows import rows_html

    return rows_html(lines, plain=plain)


@register.filter
def number(value: float | None) -> str:
    """1,234 or 1 234, as the language writes it; “not known” for None."""
    if value is None:
        return _("not known")
    return number_format(value, use_l10n=True, force_grouping=True).replace("\u00a0", "\u202f")


@register.filter
def quoted(text: str) -> str:
    """As a phrase of the query language."""
    return f'"{text.replace(chr(34), " ").strip()}"'


@register.filter
def capped(value: int) -> str:
    """A count on a tab: 999+ beyond what matters."""
    return "999+" if value > 999 else str(value)


@register.inclusion_tag("components/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """A form's field: label above, help under, errors beside. Widgets get their looks here."""
    widget = bound.field.widget
    is_choice = isinstance(widget, CheckboxInput)
    kind = "form-check-input" if is_choice else "form-select" if hasattr(widget, "choices") else "form-control"
    marks: dict[str, str | bool] = {"class": f"{kind} is-invalid" if bound.errors else kind}
    return {"field": bound, "is_choice": is_choice, "control": bound.as_widget(attrs=marks)}


@register.inclusion_tag("components/empty.html")
def empty(icon: str, title: str, text: str = "", url: str | None = "", label: str = "") -> dict[str, Any]:
    """What will be here, and the first step."""
    return {"icon": icon, "title": title, "text": text, "url": url, "label": label}


@register.inclusion_tag("components/progress.html")
def progress(done: int, total: int | None, label: str = "") -> dict[str, Any]:
    """How much of how much."""
    return {"done": done, "total": total, "label": label}


@register.filter
def words(text: Any) -> str:
    """A `Text` of the core, or a stored {"en", "fr"}, in the language of the request."""
    language = (get_language() or "en").split("-")[0]
    if isinstance(text, dict):
        return str(text.get(language) or text.get("en") or "")
    return str(text.in_language(language))


@register.simple_tag
def post_to(name: str, *args: Any) -> SafeString:
    """What makes a form send itself without a new page where scripts run, and with one where they do not."""
    address = reverse(name, args=args)
    return format_html('method="post" action="{}" hx-post="{}" hx-swap="none"', address, address)
