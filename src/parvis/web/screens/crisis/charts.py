"""A bar for each of the last hours, as SVG with its words."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_WIDTH, _GAP = 8, 2


def hour_bars(hours: Sequence[tuple[datetime, int]], *, height: int) -> SafeString:
    top = max((count for _hour, count in hours), default=0) or 1
    width = len(hours) * (_WIDTH + _GAP) - _GAP
    drawn = "".join(_bar(at, hour, count, top, height) for at, (hour, count) in enumerate(hours))
    total = sum(count for _hour, count in hours)
    found = ngettext("{n} item", "{n} items", total).format(n=total)
    label = escape(_("{found} in {hours} hours").format(found=found, hours=len(hours)))
    return SafeString(
        f'<svg class="bars" role="img" aria-label="{label}" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" preserveAspectRatio="none">{drawn}</svg>'
    )


def _bar(at: int, hour: datetime, count: int, top: int, height: int) -> str:
    tall = max(round(count / top * (height - 1)), 1 if count else 0)
    x = at * (_WIDTH + _GAP)
    words = escape(f"{timezone.localtime(hour):%H:%M}: {count}")
    rect = f'<rect x="{x}" y="{height - tall}" width="{_WIDTH}" height="{tall}"/>' if tall else ""
    foot = f'<rect class="bars-foot" x="{x}" y="{height - 1}" width="{_WIDTH}" height="1"/>'
    return f"<g><title>{words}</title>{foot}{rect}</g>"
