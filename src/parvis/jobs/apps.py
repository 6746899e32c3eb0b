from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "parvis.jobs"
    label = "jobs"

    def ready(self) -> None:
        from parvis.jobs.lookups import register_lookups

        register_lookups()
