"""Django's settings, made from the options."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from parvis.conf.hosts import allowed_hosts, opened_at
from parvis.conf.keys import audit_key, house_keys
from parvis.conf.options import read_options

OPTIONS = read_options()
PACKAGE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR: Path = OPTIONS["PARVIS_DATA"].resolve()

SECRET_KEYS = house_keys(DATA_DIR, OPTIONS["PARVIS_SECRET_KEYS"])
SECRET_KEY, *SECRET_KEY_FALLBACKS = SECRET_KEYS
AUDIT_KEY = audit_key(DATA_DIR, OPTIONS["PARVIS_AUDIT_KEY"])
DEBUG = OPTIONS["PARVIS_DEBUG"]

_address = urlsplit(OPTIONS["PARVIS_ADDRESS"])
SITE_ADDRESS = opened_at(OPTIONS["PARVIS_ADDRESS"]).rstrip("/")
ALLOWED_HOSTS = allowed_hosts(OPTIONS["PARVIS_ADDRESS"])
CSRF_TRUSTED_ORIGINS = [SITE_ADDRESS] if SITE_ADDRESS else []
_is_https = _address.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_https
SECURE_HSTS_SECONDS = 31_536_000 if _is_https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _is_https else None
SESSION_COOKIE_NAME = "parvis"
SESSION_ENGINE = "parvis.orgs.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "template_partials",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "parvis.jobs",
    "parvis.orgs",
    "parvis.channels",
    "parvis.assets",
    "parvis.inbox",
    "parvis.moderation",
    "parvis.listening",
    "parvis.publishing",
    "parvis.web",
]

MIDDLEWARE = [
    "parvis.web.middleware.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "parvis.web.compression.compression",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "parvis.web.middleware.person",
]

ROOT_URLCONF = "parvis.web.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE_DIR / "web"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "parvis.web.context.frame",
            ],
        },
    }
]

_SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA_DIR / "parvis.sqlite3",
    "CONN_MAX_AGE": 600,  # opening it anew for each page costs as much as the page
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
            "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000; PRAGMA mmap_size=268435456; "
            "PRAGMA journal_size_limit=67108864;"
        ),
    },
}


def _postgresql(address: str) -> dict[str, object]:
    """A connection from postgresql://user:password@host:port/name?host=/socket/dir.

    `prepare_threshold=none` in the query is for a pooler that knows no prepared statements.
    """
    parts = urlsplit(address)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "parvis.conf.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "OPTIONS": {
            "options": "-c jit=off -c max_parallel_workers_per_gather=0",  # small queries: starting up costs more
            "server_side_binding": True,
            # The same few queries make every page; planning them again each time costs as much as running them.
            "prepare_threshold": None if query.get("prepare_threshold") == "none" else 3,
        },
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _postgresql(OPTIONS["PARVIS_DATABASE"]) if OPTIONS["PARVIS_DATABASE"] else _SQLITE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Shared by the processes of one machine: limits on sign-in attempts, codes that were used. Nothing that must last.
CACHES = {
    "default": {
        "BACKEND": "parvis.web.cache.DiskCache",
        "LOCATION": DATA_DIR / "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
    "pages": {  # pieces of pages that are the same again and again, in each process
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 2_000},
    },
}

AUTH_USER_MODEL = "orgs.Member"
AUTHENTICATION_BACKENDS = ["parvis.orgs.asking.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "parvis.web.account_adapters.HouseAccountAdapter"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if _is_https else 0
SOCIALACCOUNT_ADAPTER = "parvis.web.account_adapters.HouseProviderAdapter"
MFA_ADAPTER = "parvis.web.account_adapters.HouseFactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Parvis"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _is_https
SOCIALACCOUNT_PROVIDERS = (
    {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "house",
                    "name": OPTIONS["PARVIS_OIDC_NAME"],
                    "client_id": OPTIONS["PARVIS_OIDC_CLIENT_ID"],
                    "secret": OPTIONS["PARVIS_OIDC_CLIENT_SECRET"],
                    "settings": {"server_url": OPTIONS["PARVIS_OIDC_ISSUER"]},
                }
            ],
        }
    }
    if OPTIONS["PARVIS_OIDC_ISSUER"]
    else {}
)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [PACKAGE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE_DIR / "web" / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "parvis.web.static_files.HashedFiles"},
}
MEDIA_ROOT = DATA_DIR / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000

_mail = urlsplit(OPTIONS["PARVIS_MAIL"])
if _mail.hostname:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname, _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_TLS = EMAIL_PORT == 587
    EMAIL_USE_SSL = EMAIL_PORT == 465
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"parvis": {"level": "INFO"}, "httpx2": {"level": "WARNING"}},
}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
