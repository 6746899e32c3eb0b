from django.apps import AppConfig


class AssetsConfig(AppConfig):
    name = "parvis.assets"
    label = "assets"
