"""A platform as screens show it: its connector's name and logo, its guide."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import get_language

from parvis.channels.registry import connectors
from parvis.core.connector import Connector
from parvis.web.screens.channels.guides import folder_of


@dataclass(frozen=True, slots=True)
class Platform:
    name: str
    logo_url: str | None


def platform_of(slug: str) -> Platform:
    """A channel whose connector is no longer installed is still shown, by its bare name."""
    connector = connectors().get(slug)
    name = connector.name.in_language(_language()) if connector else slug
    folder = folder_of(slug)
    has_logo = folder is not None and (folder / "logo.svg").is_file()
    return Platform(name, reverse("channel-logo", args=[slug]) if has_logo else None)


def guide_lines(connector: Connector) -> list[str]:
    """The three lines of how to come by the credentials."""
    return connector.guide.in_language(_language()).splitlines()


def _language() -> str:
    return get_language() or "en"
