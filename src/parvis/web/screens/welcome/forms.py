"""Opening the house, and joining it."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from parvis.orgs.models import Member
from parvis.orgs.wanted import check_password, zones


def zone_choices() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in zones()]


class PasswordField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": "10"})
        super().__init__(
            widget=widget,
            strip=False,
            label=_("Password"),
            help_text=_("At least 10 characters; three or four words that belong to you alone serve well."),
            **kwargs,
        )


class JoinForm(forms.Form):
    """For somebody invited: `email` is known from the invitation."""

    name = forms.CharField(label=_("Your name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    password = PasswordField()

    def __init__(self, *args: Any, email: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("language", get_language())
        super().__init__(*args, **kwargs)
        self.invited_email = email

    def clean(self) -> dict[str, Any]:
        """A weak password is told beside its field, before anything is tried."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "password" in cleaned:
            member = Member(email=cleaned.get("email", self.invited_email), name=cleaned.get("name", ""))
            try:
                check_password(cleaned["password"], member)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class OpenForm(JoinForm):
    """The first page: the house and its owner."""

    field_order = ("house", "zone", "language", "name", "email", "password")

    house = forms.CharField(
        label=_("Name of the house"), max_length=120, help_text=_("As your public knows it: Radio Parvis.")
    )
    zone = forms.ChoiceField(label=_("Time zone"), initial="Europe/Zurich", choices=zone_choices)
    email = forms.EmailField(
        label=_("Your e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        help_text=_("You sign in with it."),
    )
