"""What is wrong with a query, and where: the error, and the caret line that a terminal shows."""

from unicodedata import combining, east_asian_width

from parvis.core.errors import QueryNotUnderstood
from parvis.core.query.values import Fault
from parvis.core.wording import Text

_WINDOW = 72
"""Characters of a query that are shown around the place."""


def wrong(
    text: str,
    start: int,
    end: int,
    detail: Text,
    *,
    repair: Text | None = None,
    mended: str | None = None,
    repaired: str | None = None,
) -> QueryNotUnderstood:
    """`mended` takes the place of what stands between start and end; `repaired` is the whole query mended."""
    if mended is not None:
        repaired = " ".join(f"{text[:start]}{mended}{text[end:]}".split())
    if repair is None and repaired:
        repair = Text("Write: {repaired}", "Écrivez\u202f: {repaired}").format(repaired=_cut(repaired))
    return QueryNotUnderstood(start=start, end=end, detail=detail, repair=repair, repaired=repaired or None)


def wrong_value(text: str, start: int, end: int, fault: Fault, *, before: str = "") -> QueryNotUnderstood:
    """A value that cannot be used; `before` stands before what would mend it."""
    mended = None if fault.mended is None else f"{before}{fault.mended}"
    repair = fault.repair
    if mended is not None:
        repair = Text("Did you mean “{near}”?", "Vouliez-vous dire «\u202f{near}\u202f»\u202f?").format(
            near=_cut(mended)
        )
    return wrong(text, start, end, fault.detail, repair=repair, mended=mended)


def caret_lines(text: str, fault: QueryNotUnderstood) -> tuple[str, str]:
    """The query's line around the place, and under it carets as wide as what they point at."""
    start = min(fault.start, len(text))
    end = min(max(fault.end, start + 1), start + _WINDOW // 2)
    first = max(0, min(start - _WINDOW // 3, len(text) - _WINDOW))
    shown = "".join(" " if sign.isspace() or not sign.isprintable() else sign for sign in text[first : first + _WINDOW])
    lead = "…" if first else ""
    tail = "…" if first + _WINDOW < len(text) else ""
    indent = _columns(lead + shown[: start - first])
    return f"{lead}{shown}{tail}", " " * indent + "^" * max(1, _columns(shown[start - first : end - first]))


def _columns(text: str) -> int:
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _cut(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:119]}…"
