"""`{% kept %}`: a piece of a page that is alike for many, rendered once and kept in the process.

    {% kept "toolbar" talk.is_done talk.is_mine with id=talk.id %} … {{ id }} … {% endkept %}

What stands before `with` tells pieces apart, with the language and the icons' release; what stands
behind it differs each time, and is filled in afterwards. So is the form token of `{% csrf_token %}`.
"""

import re
from hashlib import sha256
from typing import Any

from django.core.cache import caches
from django.template import Context, Library, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.templatetags.static import static
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = Library()
KEPT_S = 600
_FIRST_HOLE = 987_654_321_000
"""Holes are numbers, so that they may stand wherever an id may, in an address too."""
_TOKEN_HOLE = str(_FIRST_HOLE + 999)
_HOLE = re.compile(r"(987654321\d{3})")


class Kept(Node):
    def __init__(self, nodelist: NodeList, apart: list[FilterExpression], holes: dict[str, FilterExpression]) -> None:
        self.nodelist = nodelist
        self.apart = apart
        self.holes = {str(_FIRST_HOLE + number): (name, value) for number, (name, value) in enumerate(holes.items())}

    def render(self, context: Context) -> SafeString:
        shown = [get_language(), static("icons.svg"), *(one.resolve(context) for one in self.apart)]
        key = f"kept:{sha256(repr(shown).encode()).hexdigest()}"
        pieces: list[str] | None = caches["pages"].get(key)
        if pieces is None:
            pieces = _HOLE.split(self._with_holes(context))
            caches["pages"].set(key, pieces, KEPT_S)
        filled = list(pieces)
        for at in range(1, len(filled), 2):
            filled[at] = self._filling(filled[at], context)
        return SafeString("".join(filled))

    def _with_holes(self, context: Context) -> str:
        holes = {name: int(hole) for hole, (name, _) in self.holes.items()}
        with context.push(csrf_token=_TOKEN_HOLE, **holes):
            return str(self.nodelist.render(context))

    def _filling(self, hole: str, context: Context) -> str:
        if hole == _TOKEN_HOLE:
            return str(context["csrf_token"])
        if hole in self.holes:
            return conditional_escape(self.holes[hole][1].resolve(context))
        return hole


@register.tag
def kept(parser: Parser, token: Token) -> Kept:
    _, *words = token.split_contents()
    place = words.index("with") if "with" in words else len(words)
    given = words[place + 1 :]
    count = len(given)
    holes: Any = token_kwargs(given, parser)
    if not place or len(holes) != count:
        raise TemplateSyntaxError("kept takes what tells pieces apart, then: with name=value …")
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return Kept(nodelist, [parser.compile_filter(word) for word in words[:place]], holes)
