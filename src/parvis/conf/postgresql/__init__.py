"""Django's PostgreSQL backend, spared what it does again at every page (settings.DATABASES)."""
