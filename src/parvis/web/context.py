"""What every template can name besides its own context."""

from typing import Any

from django.http import HttpRequest

from parvis.web.frame import Frame


def frame(request: HttpRequest) -> dict[str, Any]:
    return {
        "frame": Frame(request) if getattr(request, "member", None) else None,
        "member": getattr(request, "member", None),
        "house": getattr(request, "house", None),
        "department": getattr(request, "department", None),
        "now": getattr(request, "now", None),
    }
