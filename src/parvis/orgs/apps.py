from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OrgsConfig(AppConfig):
    name = "parvis.orgs"
    label = "orgs"

    def ready(self) -> None:
        import parvis.orgs.audit_check  # noqa: F401 - registers its kind of job, for the worker
        from parvis.orgs.audit_guard import raise_guard_after_migrate

        post_migrate.connect(raise_guard_after_migrate, sender=self, dispatch_uid="audit_guard")
