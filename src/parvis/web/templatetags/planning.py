"""What the planning screens' templates ask for."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def at(found: Mapping[Any, Any], key: object) -> object:
    """What stands at the key; "" where nothing does."""
    return found.get(key, "")
