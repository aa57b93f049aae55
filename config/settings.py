"""One settings file for every machine: SQLite and no server unless DATABASE_URL and REDIS_URL are given.

Everything that differs between machines is read in this file through `config.env`; docs/operator/environment.md lists it.
"""

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.folder("DATA_DIR", BASE_DIR / ".data")
DATA_DIR.mkdir(parents=True, exist_ok=True)

DATABASE_URL = env.text("DATABASE_URL")
REDIS_URL = env.text("REDIS_URL")
DEMO = env.boolean("DEMO")
DEBUG = env.boolean("DEBUG")
# A real server database without the demo district is production, unless said otherwise.
PRODUCTION = env.boolean("PRODUCTION", bool(DATABASE_URL) and not DEMO)
HOSTS = env.names("HOSTS")

SECRET_KEY = env.secret("SECRET_KEY", DATA_DIR / "secret_key")
if not SECRET_KEY:
    if PRODUCTION:
        raise ImproperlyConfigured("SECRET_KEY is missing: set it, or SECRET_KEY_FILE to a file that holds it.")
    from django.core.management.utils import get_random_secret_key

    SECRET_KEY = get_random_secret_key()  # a command before the first start; `make run` writes the lasting one

PORT = env.integer("PORT", 8000)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "axes",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config",
    "operations",
    "sis",
    "pasi_connect",
    "reconciliation",
    "alerts",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "operations.middleware.PersonMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
                "operations.frame.frame",
            ],
        },
    },
]

DATABASES = {"default": env.database(DATABASE_URL, DATA_DIR / "pasi_connect.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People and sessions
AUTH_USER_MODEL = "operations.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Five wrong passwords for one name from one address lock that pair for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "errors/lockout.html"
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_VERBOSE = False

# Browser security
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "style-src": [SELF],
        "img-src": [SELF],
        "script-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.boolean("BEHIND_TLS_PROXY") else None
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.boolean("SECURE_COOKIES", True)
    SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 3600)

# Words, numbers, time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "America/Edmonton")

# Files
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# Work: rows are the work, Celery only wakes (docs/developer/the-way-of-a-change.md)
SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
SENDERS = env.integer("SENDERS", 2 if SQLITE else 10)
LEASE_SECONDS = env.number("LEASE_SECONDS", 30)
LEASE_HEARTBEAT_SECONDS = env.number("LEASE_HEARTBEAT_SECONDS", 10)
TICK_SECONDS = env.number("TICK_SECONDS", 2)
BACK_OFF_SECONDS = env.number("BACK_OFF_SECONDS", 1)
BACK_OFF_MAX_SECONDS = env.number("BACK_OFF_MAX_SECONDS", 60)
CALL_SECONDS = env.number("CALL_SECONDS", 0)  # 0: as the settings page says, in minutes
BROKER_DIR = DATA_DIR / "broker"

CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
# The tick and the jobs have a worker each: a long job must not keep senders from sending, nor a slow PASI the tick.
CELERY_TASK_ROUTES = {"operations.tick": {"queue": "tick"}, "operations.job": {"queue": "jobs"}}
CELERY_WORKER_CONCURRENCY = SENDERS
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_MAX_LOOP_INTERVAL = TICK_SECONDS
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "operations.tick", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS, "queue": "tick"}}
}
if REDIS_URL:
    # A killed worker's messages come back soon; our rows do not depend on it (the sweep finds them anyway).
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"visibility_timeout": 60, "unacked_restore_interval": 5}
else:
    for name in ("messages", "processed"):
        (BROKER_DIR / name).mkdir(parents=True, exist_ok=True)
    # One folder and one file system for everything: a fetch is a rename, so two workers never get one message.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "messages"),
        "data_folder_out": str(BROKER_DIR / "messages"),
        "processed_folder": str(BROKER_DIR / "processed"),
        "control_folder": str(BROKER_DIR / "control"),
        "store_processed": False,
        "polling_interval": 0.1,
    }

# E-mail: without EMAIL_URL each mail is a file in the data folder
MAIL = env.mail(env.secret("EMAIL_URL"), DATA_DIR / "mail")
EMAIL_BACKEND = MAIL.backend
EMAIL_FILE_PATH = MAIL.folder
EMAIL_HOST, EMAIL_PORT = MAIL.host, MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.user, MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.starttls, MAIL.tls
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "PASI Connect <pasi-connect@localhost>")
PUBLIC_URL = env.text("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")  # links in mails begin with it
DIGEST_TIME = env.time_of_day("DIGEST_TIME", "07:00")

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "operations.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["operations.api.parsers.BoundedJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "operations.api.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["operations.api.filters.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "operations.api.problems.problem",
    "PAGE_SIZE": 100,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "PASI Connect API",
    "DESCRIPTION": (
        "Read and change the SIS records of your schools, and decide what to do with changes from PASI.\n\n"
        "Send `Authorization: Token …`. Lists hold 100 items a page; follow `next` until it is null. A filter that is not "
        "known answers 400. What lies outside of your schools does not exist (404). Errors are application/problem+json. "
        "Writes take an `Idempotency-Key`; a change takes the `version` that you saw as `If-Match`."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},  # no call to anybody else's machine
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "SchoolStateEnum": "sis.models.organisation.State",
        "SubmissionStatusEnum": "pasi_connect.models.submission.Status",
        "DiscrepancyStatusEnum": "pasi_connect.models.discrepancy.Discrepancy.Status",
        "JobStatusEnum": "operations.models.job.Job.Status",
        "DiscrepancyKindEnum": "pasi_connect.models.discrepancy.Kind",
        "FieldNameEnum": "pasi_connect.rules.compare.COMPARED",
        "PasiStateEnum": "pasi_connect.states.STATES",
        "ActionStatusEnum": "pasi_connect.models.action.Action.Status",
        "ReconciliationTypeEnum": "reconciliation.models.run.KINDS",
        "MatchStatusEnum": "reconciliation.rules.statuses.STATUSES",
        "ActionKindEnum": "pasi_connect.models.action.Action.Kind",
    },
}

# Logs: one line an event, never a body, a name or an address with a value in it (the route's pattern instead)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
    "loggers": {
        "django.request": {
            "level": "CRITICAL"
        },  # its lines carry the full address; operations.middleware writes the pattern
        "django.security": {"level": "ERROR"},
        "axes": {"level": "ERROR"},
        "operations": {"level": env.text("LOG_LEVEL", "INFO")},
        "sis": {"level": env.text("LOG_LEVEL", "INFO")},
        "pasi_connect": {"level": env.text("LOG_LEVEL", "INFO")},
        "alerts": {"level": env.text("LOG_LEVEL", "INFO")},
        "reconciliation": {"level": env.text("LOG_LEVEL", "INFO")},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
