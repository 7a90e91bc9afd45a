"""Settings of CapLeak: one file, every difference between deployments is environment.

`CAPLEAK_MODE` is `production` unless it says otherwise, so that a forgotten variable
fails closed. `local` is `make run` on one's own machine, `test` is the test suite.
"""

import os
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

MODE = os.environ.get("CAPLEAK_MODE", "production")
if MODE not in {"production", "local", "test"}:
    raise ImproperlyConfigured("CAPLEAK_MODE is production, local or test.")
LOCAL = MODE == "local"
PRODUCTION = MODE == "production"


def required(name: str, elsewhere: str) -> str:
    """The environment variable; outside production `elsewhere` stands in for it."""
    value = os.environ.get(name, "")
    if not value and PRODUCTION:
        raise ImproperlyConfigured(f"{name} must be set in production.")
    return value or elsewhere


def flag(name: str, default: str = "") -> bool:
    return os.environ.get(name, default).lower() in {"1", "true", "yes", "on"}


# --- Security ---------------------------------------------------------------------

DEBUG = flag("DEBUG")
if DEBUG and PRODUCTION:
    raise ImproperlyConfigured("DEBUG shows health data to strangers: not here.")

SECRET_KEY = required(
    "SECRET_KEY", "only-for-this-machine-and-never-deployed-" + "x" * 20
)
if PRODUCTION and (len(SECRET_KEY) < 50 or "change" in SECRET_KEY.lower()):
    raise ImproperlyConfigured("SECRET_KEY must be 50 or more random characters.")
# Keys of before, with commas: what they signed and encrypted is still read. To change
# the key, put the old one here (docs/security.md, 13.3.1).
SECRET_KEY_FALLBACKS = [
    key for key in os.environ.get("SECRET_KEY_FALLBACKS", "").split(",") if key
]

ALLOWED_HOSTS = [
    host.strip()
    for host in required("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(
        ","
    )
    if host.strip()
]
BASE_URL = required("BASE_URL", f"http://localhost:{os.environ.get('PORT', '8000')}")
if PRODUCTION:
    if not BASE_URL.startswith("https://"):
        raise ImproperlyConfigured("BASE_URL must start with https://.")
    if {"*", "example.org", "localhost"} & set(ALLOWED_HOSTS):
        raise ImproperlyConfigured("ALLOWED_HOSTS must name this site's own host.")

# Behind exactly one proxy that ends TLS and overwrites these two headers.
TRUSTED_PROXY_COUNT = int(
    os.environ.get("TRUSTED_PROXY_COUNT", "1" if PRODUCTION else "0")
)
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT

SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked from inside, over plain HTTP
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# The __Host- prefix needs HTTPS, which a laptop does not have.
_COOKIE_PREFIX = "__Host-" if PRODUCTION else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}session"
SESSION_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600  # from the last visit, see SlidingSessionMiddleware
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrf"
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = PRODUCTION

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher"  # tests only: Argon2 is slow
    if MODE == "test"
    else "django.contrib.auth.hashers.Argon2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
]

# --- Application ------------------------------------------------------------------

INSTALLED_APPS = [
    "sharing",  # before auth: its User and templates come first
    "notifications",
    "diary",
    "prophylaxis",
    "attacks",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "capleak",  # after allauth, whose signals it listens to
    "csp",
    "pghistory",
    "pgtrigger",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "health_check",
]

MIDDLEWARE = [
    "capleak.middleware.RequestLogMiddleware",
    "csp.middleware.CSPMiddleware",  # outside the next two: for static files as well
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "capleak.middleware.HostileInputMiddleware",
    "capleak.steady.SteadyAnswerMiddleware",  # outside all that takes time
    "capleak.middleware.RecordClockMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "capleak.middleware.NothingLeftMiddleware",
    "capleak.sign_in.SessionLimitMiddleware",
    "capleak.middleware.SlidingSessionMiddleware",
    "capleak.middleware.NoStoreMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "capleak.sign_in.FirstThingsMiddleware",
    "capleak.refusals.RefusalMiddleware",
]

ROOT_URLCONF = "capleak.urls"
WSGI_APPLICATION = "capleak.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "capleak.context.record",
                "capleak.context.mail",
                "capleak.sign_in.context",
            ],
        },
    }
]

LANGUAGE_CODE = "en-us"
LANGUAGES = [("en-us", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", BASE_DIR / ".data" / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if MODE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# A note of 1 MB in any script reaches its form, and its error beside the field.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
# A file of measurements stays in memory, never on a disk. A request that is longer
# loses its file, and the form says why: 5 MB, and room for the other fields.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 5_100_000

# --- Data -------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **dj_database_url.parse(
            required("DATABASE_URL", "postgresql:///capleak"),
            conn_max_age=60,
            conn_health_checks=True,
        )
    }
}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)
if "TEST_DATABASE_NAME" in os.environ:  # several test runs beside each other
    DATABASES["default"]["TEST"] = {"NAME": os.environ["TEST_DATABASE_NAME"]}
# The group role that migrations grant rights to; the web's login role is its member.
DATABASE_APP_ROLE = "capleak_app"

REDIS_URL = required("REDIS_URL", "redis://127.0.0.1:6379/0")
if MODE == "test":  # each worker of a parallel run empties a Redis database of its own
    _WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    REDIS_URL = f"{REDIS_URL.rsplit('/', 1)[0]}/{int(_WORKER) % 16}"
CACHES = {
    "default": {
        "BACKEND": "capleak.cache.FallbackCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "capleak",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    },
    "database": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "capleak_cache",
        "KEY_PREFIX": "capleak",
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"  # sign-in survives Redis

# --- Accounts (django-allauth) ----------------------------------------------------

AUTH_USER_MODEL = "sharing.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_REDIRECT_URL = "home"
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "capleak.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "capleak.account_forms.SignupForm",
    "reset_password": "capleak.account_forms.ResetPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# Whoever signs up and follows the link in the same browser is not asked for a password
# that they typed a minute ago. In another browser the link alone signs nobody in.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USER_DISPLAY = "sharing.models.display_name"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(BASE_URL).scheme
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60  # a slow hand sets up two keys in that time

# Answers to strangers wait for the next such step (capleak/steady.py): longer than a
# password takes to check. Tests have no time for it.
STEADY_SECONDS = 0.0 if MODE == "test" else 0.5
# How often something may be tried; docs/accounts.md has the same table, and a test
# compares them. "ip" is an address, of IPv6 the /64; "key" the account that is meant.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "signup": "20/m/ip",
    "confirm_email": "1/180s/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
}
ALLAUTH_RATE_LIMIT_IPV6_PREFIX = 64

MFA_ADAPTER = "capleak.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "add_webauthn": "capleak.passkeys.AddForm",
    "authenticate_webauthn": "capleak.passkeys.AuthenticateForm",
    "login_webauthn": "capleak.passkeys.LoginForm",
    "reauthenticate_webauthn": "capleak.passkeys.ReauthenticateForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # a laptop has no HTTPS
MFA_TOTP_ISSUER = "CapLeak"
# Not more: allauth remembers a used code for one period, so that a code which lived
# longer could be used twice.
MFA_TOTP_TOLERANCE = 0
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Whether clinicians and staff must have a second factor. Off in `make run`, where one
# looks at the demo; the pages say so.
SECOND_FACTOR_REQUIRED = flag("SECOND_FACTOR_REQUIRED", "" if LOCAL else "1")
if PRODUCTION and not SECOND_FACTOR_REQUIRED:
    raise ImproperlyConfigured("Clinicians and staff need a second factor here.")

# --- Mail -------------------------------------------------------------------------

DATA_DIR = Path(os.environ.get("CAPLEAK_DATA", BASE_DIR / ".data"))
# Exports of many records until they are fetched, for a day at most. Web and worker need
# the same folder; it belongs in no backup.
EXPORT_ROOT = Path(os.environ.get("EXPORT_ROOT", DATA_DIR / "exports"))
DEFAULT_FROM_EMAIL = required("DEFAULT_FROM_EMAIL", "CapLeak <capleak@localhost>")
if "@" not in parseaddr(DEFAULT_FROM_EMAIL)[1]:
    raise ImproperlyConfigured("DEFAULT_FROM_EMAIL must be an e-mail address.")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_BACKEND = {
    "production": "django.core.mail.backends.smtp.EmailBackend",
    "local": "django.core.mail.backends.filebased.EmailBackend",
    "test": "django.core.mail.backends.locmem.EmailBackend",
}[MODE]
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_HOST = required("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS", "1")
EMAIL_TIMEOUT = 20
# With it a mail service may tell which addresses it could not deliver to; without it
# that address of ours does not exist. See docs/notifications.md.
BOUNCE_SECRET = os.environ.get("BOUNCE_SECRET", "")
if BOUNCE_SECRET and len(BOUNCE_SECRET) < 32:
    raise ImproperlyConfigured("BOUNCE_SECRET must be 32 or more random characters.")

# --- Worker and beat --------------------------------------------------------------

# PostgreSQL is the truth: Redis only carries hints, so nothing in it must survive.
SWEEP_SECONDS = int(os.environ.get("SWEEP_SECONDS", "20"))
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # Redis may be away for as long as it likes
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 10}
CELERY_TASK_PUBLISH_RETRY = False  # the sweep is the retry
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "notifications.tasks.sweep",
        "schedule": SWEEP_SECONDS,
        # A sweep that waited longer than the next one has nothing left to do.
        "options": {"expires": SWEEP_SECONDS},
    },
    # Time alone can let an open flag fall back or close: not to the minute.
    "flags": {
        "task": "diary.tasks.reassess_flags",
        "schedule": 15 * SWEEP_SECONDS,
        "options": {"expires": 15 * SWEEP_SECONDS},
    },
    # Reminders of medicines stand in the database for a week ahead.
    "extend-reminders": {
        "task": "prophylaxis.tasks.extend_reminders",
        "schedule": 6 * 60 * 60,
        "options": {"expires": 60 * 60},
    },
    # Exports of many records are written at once; this finds what Redis lost.
    "exports": {
        "task": "capleak.tasks.write_exports",
        "schedule": 3 * SWEEP_SECONDS,
        "options": {"expires": 3 * SWEEP_SECONDS},
    },
    "erase": {
        "task": "capleak.tasks.erase_due",
        "schedule": 60 * 60,
        "options": {"expires": 60 * 60},
    },
    "retain": {
        "task": "capleak.tasks.retain",
        "schedule": 60 * 60,
        "options": {"expires": 60 * 60},
    },
}

# Who tells the rule for flags of attacks and infusions (diary/flag_entries.py).
FLAG_FACTS = "capleak.flag_facts.facts_of"

# Who is to know that a record's grants changed (sharing/authority.py).
GRANTS_CHANGED = "notifications.planners.follow_grants"

# --- Log: JSON lines, ids only ----------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "capleak.logs.IdsOnlyFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "propagate": False},
        # Request lines come from our middleware, with the route and not the address.
        "django.request": {"level": "CRITICAL"},
        "django.security": {"level": "CRITICAL"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
