"""One package a screen; each has `urls.py` with `urlpatterns`, found by web/urls.py."""
