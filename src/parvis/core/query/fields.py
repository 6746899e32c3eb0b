"""The fields of the language, and what may stand behind each."""

import re
from collections.abc import Mapping

from parvis.core.types import Kind

STATES = ("open", "waiting", "snoozed", "done")
PRIORITIES = ("low", "normal", "high", "urgent")
FLAGS = ("unanswered", "held", "mine", "snoozed")

CLOSED: Mapping[str, tuple[str, ...]] = {
    "state": STATES,
    "priority": PRIORITIES,
    "kind": tuple(kind.value for kind in Kind),
    "is": FLAGS,
    "has": ("link",),
}
"""Fields that take one of a few words."""
FREE = ("assignee", "department", "channel", "label", "platform", "lang", "author")
"""Fields that take a name; what it names is looked up where the query is used."""
SPANS = ("since", "date")
NAMES = (*CLOSED, *FREE, *SPANS)

SINCE = re.compile(r"(\d{1,4})([hdwmy])")
"""since:7d: hours, days, weeks, months of 30 days, years of 365."""
DAY = r"\d{4}-\d{2}-\d{2}"
DATES = re.compile(rf"(?:({DAY})\.\.({DAY})|({DAY})\.\.|\.\.({DAY})|({DAY}))")
"""date:2026-11-01..2026-11-22, either side may be missing, or one day."""
