"""The layers of docs/architecture.md, held."""

from pathlib import Path

from django.apps import apps
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).resolve().parents[2]
LEVEL = {
    "jobs": 0, "orgs": 1, "channels": 2, "assets": 3,
    "inbox": 4, "moderation": 4, "listening": 4, "publishing": 4,
}  # fmt: skip


def test_upper_layers_import_lower_ones_and_never_the_reverse(capsys):
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def relations_that_point_up(models):
    for model in models:
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if not (field.is_relation and field.concrete and target) or target._meta.app_label not in LEVEL:
                continue
            here, there = model._meta.app_label, target._meta.app_label
            if here != there and LEVEL[there] >= LEVEL[here]:
                yield f"{model.__name__}.{field.name} -> {target.__name__}"


def test_every_relation_points_down_the_layers():
    models = [model for label in LEVEL for model in apps.get_app_config(label).get_models()]
    assert len(models) > 20
    assert list(relations_that_point_up(models)) == []
