from django.urls import include, path
from django.views.generic import RedirectView

from parvis.web.screens.account import views

_TO_ACCOUNT = RedirectView.as_view(pattern_name="account")

urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/sessions/end", views.end_others, name="account-end-others"),
    path("account/sessions/<int:session_id>/end", views.end_one, name="account-end-session"),
    # What allauth offers and this house does not (other addresses, several providers), or shows on one page instead.
    path("accounts/2fa/", _TO_ACCOUNT),
    path("accounts/2fa/webauthn/", _TO_ACCOUNT),
    path("accounts/email/", _TO_ACCOUNT),
    path("accounts/sessions/", _TO_ACCOUNT),
    path("accounts/3rdparty/", _TO_ACCOUNT),
    path("accounts/3rdparty/signup/", RedirectView.as_view(pattern_name="account_login")),
    path("accounts/confirm-email/", RedirectView.as_view(pattern_name="account_login")),
    path("accounts/", include("allauth.urls")),
]
