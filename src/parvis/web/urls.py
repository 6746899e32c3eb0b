"""Every screen's addresses: a package under screens/ is found here by itself."""

import pkgutil
from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from parvis.web import screens

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(f"parvis.web.screens.{module.name}.urls"))
    for module in pkgutil.iter_modules(screens.__path__)
    if module.ispkg and find_spec(f"parvis.web.screens.{module.name}.urls")
]

handler400 = "parvis.web.errors.bad_request"
handler403 = "parvis.web.errors.not_allowed"
handler404 = "parvis.web.errors.not_found"
handler500 = "parvis.web.errors.broken"
