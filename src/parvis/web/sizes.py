"""Sizes as people read them."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _

_STEP = 1000


def size_in_words(size_bytes: int) -> str:
    """“812 bytes”, “3.4 MB”: in thousands, as disks are sold, with the language's own mark."""
    units = (_("bytes"), _("kB"), _("MB"), _("GB"), _("TB"))
    size, unit = float(size_bytes), 0
    while size >= _STEP and unit < len(units) - 1:
        size, unit = size / _STEP, unit + 1
    digits = 0 if unit == 0 or size >= 100 else 1
    return f"{number_format(size, digits, force_grouping=True)}\u00a0{units[unit]}"
