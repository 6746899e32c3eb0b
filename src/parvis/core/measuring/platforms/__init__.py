"""The rules of platforms that have no connector yet: posts for them are prepared here and published by hand.

One file a platform, named after its slug, with `platform`; nothing else names it. When a platform gets a
connector its rules move into the connector's folder, and the file goes.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache

from parvis.core.measuring.rules import TextRules
from parvis.core.wording import Text


@dataclass(frozen=True, slots=True)
class Platform:
    """What people call it, and how it counts."""

    name: Text
    text_rules: TextRules


@cache
def platforms() -> dict[str, Platform]:
    """All of them by slug (google_business.py is google-business), in alphabetical order."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return {name.replace("_", "-"): importlib.import_module(f"{__name__}.{name}").platform for name in names}
