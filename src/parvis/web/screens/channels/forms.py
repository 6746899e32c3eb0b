"""What is asked for: an address, a sign-in, a name and a place; a file."""

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.core.connector import Connector, Credential
from parvis.core.types import Kind
from parvis.orgs.models import Department
from parvis.web.screens.channels.words import kind_words
from parvis.web.templatetags.parvis import words

LONGEST_ADDRESS = 500
LONGEST_NAME = 120
LONGEST_CREDENTIAL = 2000
_PREFIX = "credential_"


class AddressForm(forms.Form):
    address = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_ADDRESS,
        help_text=_("Of a site, a page, a profile or a feed, as the browser shows it: https://example.org"),
        widget=forms.TextInput(
            attrs={
                "inputmode": "url",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "dir": "ltr",
            }
        ),
    )


class CredentialsForm(forms.Form):
    """The fields that a connector asks for; a secret that is `kept` may stay empty and is never shown."""

    def __init__(self, *args: Any, connector: Connector, kept: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connector = connector
        for credential in connector.credentials:
            self.fields[_PREFIX + credential.name] = _credential_field(credential, is_kept=credential.name in kept)

    @property
    def credentials(self) -> dict[str, str]:
        """As typed, empty ones too; after `is_valid`."""
        return {one.name: self.cleaned_data.get(_PREFIX + one.name, "") for one in self.connector.credentials}

    @property
    def asked(self) -> list[forms.BoundField]:
        """The fields of the sign-in alone."""
        return [self[_PREFIX + one.name] for one in self.connector.credentials]

    def blame(self, message: str, *, secret: bool) -> None:
        """Puts what went wrong beside the field that it is about, or on top where nothing is asked for."""
        fitting = [one.name for one in self.connector.credentials if one.secret == secret]
        fitting = fitting or [one.name for one in self.connector.credentials]
        self.add_error(_PREFIX + fitting[0] if fitting else None, message)


class ReconnectForm(CredentialsForm):
    pass


class DetailsForm(CredentialsForm):
    """The second step; where one may add channels in a single department only, that one is not asked for."""

    def __init__(self, *args: Any, departments: list[Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(
            label=_("Name"), max_length=LONGEST_NAME, help_text=_("As your colleagues call it."),
            widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        )  # fmt: skip
        self.fields["department_id"] = _department_field(departments)

    @property
    def asks_department(self) -> bool:
        return not self["department_id"].is_hidden


class ChangeForm(forms.Form):
    """What can be changed of a channel without touching the platform."""

    def __init__(self, *args: Any, departments: list[Department], has_audience: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department_id"] = _department_field(departments)
        if not has_audience:
            del self.fields["audience_zone"]

    audience_zone = forms.CharField(
        label=_("Where most of its public lives"), required=False, max_length=60,
        help_text=_("A time zone such as America/New_York: its time stands beside yours where posts are planned. Empty: as the house says of its public."),
        widget=forms.TextInput(attrs={"list": "zone-names", "dir": "ltr", "autocomplete": "off"}),
    )  # fmt: skip
    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"dir": "auto"}))
    opens_conversations = forms.MultipleChoiceField(
        label=_("What opens conversations"), required=False, choices=lambda: list(kind_words().items())
    )

    @property
    def kind_choices(self) -> list[tuple[Kind, str, bool]]:
        """Each kind, its word, whether it is ticked."""
        ticked = self["opens_conversations"].value() or []
        return [(kind, label, kind in ticked) for kind, label in kind_words().items()]


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("A WordPress export (.xml), a Mastodon archive (.zip, .tar.gz), CSV or JSON Lines; up to 512 MB."),
    )


def open_values(connector: Connector, kept: Mapping[str, str]) -> dict[str, str]:
    """What may be shown again: everything but the secrets."""
    return {_PREFIX + one.name: kept[one.name] for one in connector.credentials if not one.secret and one.name in kept}


def _credential_field(credential: Credential, *, is_kept: bool) -> forms.CharField:
    attrs = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "dir": "ltr"}
    if credential.secret:
        attrs["autocomplete"] = "new-password"
    if is_kept and credential.secret:
        attrs["placeholder"] = str(_("kept: leave empty to use it"))
    widget = forms.PasswordInput(attrs=attrs) if credential.secret else forms.TextInput(attrs=attrs)
    return forms.CharField(
        label=words(credential.label),
        help_text=words(credential.help),
        required=credential.required and not (is_kept and credential.secret),
        max_length=LONGEST_CREDENTIAL,
        widget=widget,
    )


def _department_field(departments: list[Department]) -> forms.TypedChoiceField:
    choices = [(department.pk, department.name) for department in departments]
    field = forms.TypedChoiceField(
        label=_("Department"), choices=choices, coerce=int, help_text=_("Whose people see what is written there.")
    )
    if len(choices) == 1:
        field.widget = forms.HiddenInput()
        field.initial = choices[0][0]
    return field
