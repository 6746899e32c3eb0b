"""What this house asks of django-allauth.

Nobody signs up by themselves, providers let in who is invited, second factors are kept encrypted.
"""

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render

from parvis.core.errors import ParvisError
from parvis.orgs.providers import member_from_provider
from parvis.web.errors import words_of


class HouseAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Members come by invitation."""
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """At the house's own address, whatever the request that asked for the mail calls it."""
        url: str = super().get_reset_password_from_key_url(key)
        parts = urlsplit(url)
        return settings.SITE_ADDRESS + parts._replace(scheme="", netloc="").geturl() if settings.SITE_ADDRESS else url

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:  # noqa: ARG002
        """Attempts are counted by person alone: allauth counts them by the Host header too, which a visitor chooses."""
        return str(credentials.get("email") or credentials.get("username") or "").lower()


class HouseProviderAdapter(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Ties the provider's account to the member whom it stands for, the first time it comes."""
        if sociallogin.is_existing:
            return
        try:
            sociallogin.connect(request, self._member(request, sociallogin))
        except ParvisError as error:
            context = {"detail": words_of(error)}
            refusal = render(request, "socialaccount/refused.html", context, status=403)
            raise ImmediateHttpResponse(refusal) from error

    def _member(self, request: HttpRequest, sociallogin: SocialLogin) -> Any:
        email = str(getattr(sociallogin.user, "email", "") or "")
        vouched = {address.email.lower() for address in sociallogin.email_addresses if address.verified}
        claims = sociallogin.account.extra_data
        claims = claims.get("userinfo") or claims.get("id_token") or claims
        return member_from_provider(
            email,
            is_vouched=email.lower() in vouched,
            name=str(claims.get("name") or ""),
            now=request.now,  # type: ignore[attr-defined]
            admits=settings.OPTIONS["PARVIS_OIDC_ADMITS"],
        )


class HouseFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes lie encrypted in the database, under the house's keys."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()


def _box() -> MultiFernet:
    digests = (hashlib.sha256(b"parvis second factor\0" + key.encode()).digest() for key in settings.SECRET_KEYS)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
