"""Every screen's addresses: a package under screens/ is found here by itself."""

import pkgutil
from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from parvis.web import screens

OPENED_MOST = ("inbox", "today")
"""An address is looked for in one screen after the other: these come first."""

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(f"parvis.web.screens.{module.name}.urls"))
    for module in sorted(pkgutil.iter_modules(screens.__path__), key=lambda module: module.name not in OPENED_MOST)
    if module.ispkg and find_spec(f"parvis.web.screens.{module.name}.urls")
]

handler400 = "parvis.web.errors.bad_request"
handler403 = "parvis.web.errors.not_allowed"
handler404 = "parvis.web.errors.not_found"
handler500 = "parvis.web.errors.broken"
