"""One settings file for every machine: SQLite and no server unless DATABASE_URL and REDIS_URL are given.

Everything that differs between machines is read in this file through `config.env`; docs/operator/environment.md lists it.
"""

import os
import resource
import ssl
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import env
from operations.rules.bodies import FORM_BYTES

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.folder("DATA_DIR", BASE_DIR / ".data")
os.umask(0o077)  # whatever a process of ours writes is for its owner alone
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a process that crashes leaves no picture of its memory
DATA_DIR_IS_NEW = not DATA_DIR.exists()
DATA_DIR.mkdir(parents=True, exist_ok=True)  # students' data, keys, mails
# Pages name files below this folder only, so no page can be made to read another file on this machine.
CERTIFICATES_DIR = env.folder("CERTIFICATES_DIR", DATA_DIR / "certificates")

DATABASE_URL = env.text("DATABASE_URL")
REDIS_URL = env.redis(env.text("REDIS_URL"))
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
CSRF_FAILURE_VIEW = "operations.views.sign_in_again.old_token"

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
    "registrar",
    "reconciliation",
    "alerts",
]

MIDDLEWARE = [
    "operations.middleware.CountMiddleware",
    "operations.middleware.ReferenceMiddleware",
    "operations.middleware.AddressMiddleware",
    "operations.security_log.RefusalMiddleware",
    "operations.middleware.TokenUseMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "operations.middleware.UnkeptMiddleware",
    "operations.middleware.AsFileMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "operations.bodies.BodyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "operations.throttle.ThrottleMiddleware",
    "operations.rights.ClosedMiddleware",
    "operations.middleware.PersonMiddleware",
    "operations.middleware.NoTextMiddleware",
    "operations.reading.ReadingMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "operations.middleware.LateFormMiddleware",
    "operations.middleware.NoPageMiddleware",
    "axes.middleware.AxesMiddleware",
]

# The contract with PASI; its simulator reads the same file.
PASI_CONTRACT = BASE_DIR / "pasi_connect" / "wsdl" / "2020" / "PASIService2020.wsdl"

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
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "operations.signing_in.Waits",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "operations.passwords.LengthValidator", "OPTIONS": {"min_length": 12, "max_length": 128}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Five wrong passwords for one name from one address lock that pair for a quarter of an hour; elsewhere the name only waits
# up to a minute (operations/signing_in.py).
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "errors/lockout.html"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # a further try does not prolong it
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "operations.signing_in.lockout"
AXES_VERBOSE = False
AXES_ENABLE_ACCESS_FAILURE_LOG = True  # a failure stays when a sign-in succeeds after it
# Above these numbers an hour, those who run the product get an alert; 0: never (operations/unusual.py)
ALARM_FAILED_SIGN_INS = env.integer("ALARM_FAILED_SIGN_INS", 50)
ALARM_STUDENTS = env.integer("ALARM_STUDENTS", 400)
ALARM_FILES = env.integer("ALARM_FILES", 30)

# Requests allowed a minute (operations/throttle.py); 0: no limit
THROTTLE = env.boolean("THROTTLE", True)
THROTTLE_TOKEN = (env.integer("THROTTLE_TOKEN_READS", 1200), env.integer("THROTTLE_TOKEN_WRITES", 600))
THROTTLE_PERSON = (env.integer("THROTTLE_PERSON_READS", 2400), env.integer("THROTTLE_PERSON_WRITES", 1200))
THROTTLE_ADDRESS = env.integer("THROTTLE_ADDRESS", 600)  # of those who show no valid sign-in
THROTTLE_AT_ONCE = env.integer("THROTTLE_AT_ONCE", 6)  # requests of one person or token in one process
SIGN_IN_FAILURES = env.integer("SIGN_IN_FAILURES", 30)  # a minute and address
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},  # each process its own
    "counters": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "pasi_connect",
        "OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 0.3},
    }
    if REDIS_URL
    else {"BACKEND": "operations.counters.FileCache", "LOCATION": str(DATA_DIR / "counters.sqlite3")},
}

# Who may read /metrics: these addresses, or whoever shows the token; outside production this machine as well
METRICS_FROM = env.networks("METRICS_FROM")
METRICS_TOKEN = env.secret("METRICS_TOKEN")

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
    if SESSION_COOKIE_SECURE:  # of this host alone: no neighbour under the same domain can set them
        SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 365 * 24 * 3600)
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]  # asked from the machine itself, past the proxy

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
DATA_UPLOAD_MAX_MEMORY_SIZE = FORM_BYTES
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"  # made by the first upload
UPLOAD_QUOTA_MB = env.integer("UPLOAD_QUOTA_MB", 10_000)  # of each person; 0: none
DISK_RESERVE_MB = env.integer("DISK_RESERVE_MB", 500)

# Work: rows are the work, Celery only wakes (docs/developer/the-way-of-a-change.md)
SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
SENDERS = env.integer("SENDERS", 2 if SQLITE else 10)
LEASE_SECONDS = env.number("LEASE_SECONDS", 30)
LEASE_HEARTBEAT_SECONDS = env.number("LEASE_HEARTBEAT_SECONDS", 10)
TICK_SECONDS = env.number("TICK_SECONDS", 2)
UNATTENDED_SECONDS = env.number("UNATTENDED_SECONDS", 4)
BACK_OFF_SECONDS = env.number("BACK_OFF_SECONDS", 1)
BACK_OFF_MAX_SECONDS = env.number("BACK_OFF_MAX_SECONDS", 60)
CALL_SECONDS = env.number("CALL_SECONDS", 0)  # 0: as the settings page says, in minutes
BROKER_DIR = DATA_DIR / "broker"

CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
if REDIS_URL.startswith("rediss:"):
    CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
# The jobs have a worker of their own: a long one must not keep senders from sending. The tick is a process without Celery.
CELERY_TASK_ROUTES = {"operations.job": {"queue": "jobs"}}
CELERY_WORKER_CONCURRENCY = SENDERS
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker for as long as that is away
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # nobody asks, and each worker would need queues of its own for the answers
CELERY_TIMEZONE = TIME_ZONE
if REDIS_URL:
    # A killed worker's messages soon come back; our rows do not depend on it (the sweep finds them anyway).
    # A save must not wait for a Redis that is down: with kombu's own retries it took six seconds.
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "visibility_timeout": 60,
        "unacked_restore_interval": 5,
        "socket_connect_timeout": 1,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
    }
else:
    # One folder and one file system for everything: a fetch is a rename, so two workers never get one message.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "messages"),
        "data_folder_out": str(BROKER_DIR / "messages"),
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

# Days that traces of work and visits are kept, unless the settings page says otherwise (docs/operator/retention.md)
KEEP = {
    "exchanges_days": env.integer("KEEP_EXCHANGES_DAYS", 730),
    "bodies_days": env.integer("KEEP_BODIES_DAYS", 14),
    "reads_days": env.integer("KEEP_READS_DAYS", 730),
    "sign_ins_days": env.integer("KEEP_SIGN_INS_DAYS", 365),
    "sessions_days": env.integer("KEEP_SESSIONS_DAYS", 1),
    "mails_days": env.integer("KEEP_MAILS_DAYS", 90),
    "answers_days": env.integer("KEEP_ANSWERS_DAYS", 1),
    "runs_days": env.integer("KEEP_RUNS_DAYS", 90),
    "errors_days": env.integer("KEEP_ERRORS_DAYS", 90),
    "token_most_days": env.integer("TOKEN_MOST_DAYS", 366),
}

# Whether a guarded job needs a second person, until the settings page says otherwise (operations.models.settings)
FOUR_EYES = env.boolean("FOUR_EYES")

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "operations.api.authentication.TokenAuthentication",
        "operations.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["operations.api.permissions.MayDo"],
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
        "Read and change the SIS records of your schools, and decide what to do with changes from PASI.\n\nSend "
        "`Authorization: Token …` (or `Bearer …`). Lists have 100 items per page; follow `next` until it is null. An "
        "unknown filter gets 400. Records outside your schools do not exist (404). Errors are "
        "application/problem+json. Every write takes `dry_run` (a preview that changes nothing) and an "
        "`Idempotency-Key`; a change takes the `version` that you saw as `If-Match`. While nothing can be stored (a "
        "full disk, a database that is away) a write answers 503 and `Retry-After`; nothing was saved."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},  # no call to anybody else's machine
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "operations.api.schema.describe_writes",
        "operations.api.schema.describe_errors",
    ],
    "ENUM_NAME_OVERRIDES": {
        "SchoolStateEnum": "sis.models.organization.State",
        "SubmissionStatusEnum": "pasi_connect.models.submission.Status",
        "DiscrepancyStatusEnum": "pasi_connect.models.discrepancy.Discrepancy.Status",
        "JobStatusEnum": "operations.models.job.Job.Status",
        "DiscrepancyKindEnum": "pasi_connect.models.discrepancy.Kind",
        "FieldNameEnum": "pasi_connect.entities.school_enrolment.COMPARED",
        "PasiStateEnum": "pasi_connect.services.states.STATES",
        "ActionStatusEnum": "pasi_connect.models.action.Action.Status",
        "ReconciliationTypeEnum": "reconciliation.models.run.KINDS",
        "ReconciliationDelimiterEnum": "reconciliation.rules.reading_options.DELIMITER_NAMES",
        "ReconciliationEncodingEnum": "reconciliation.rules.reading_options.ENCODING_NAMES",
        "ReconciliationDateOrderEnum": "reconciliation.rules.reading_options.DATE_ORDER_NAMES",
        "MatchStatusEnum": "reconciliation.rules.statuses.STATUSES",
        "ActionKindEnum": "pasi_connect.models.action.Action.Kind",
    },
}

# Logs: one line an event, never a body, a name or an address with a value in it (the route's pattern instead)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "operations.logs.Formatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
            "datefmt": "%Y-%m-%d %H:%M:%S%z",
        }
    },
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
        "registrar": {"level": env.text("LOG_LEVEL", "INFO")},
        "alerts": {"level": env.text("LOG_LEVEL", "INFO")},
        "reconciliation": {"level": env.text("LOG_LEVEL", "INFO")},
    },
}
# E001: a folder for uploads that is not there yet; operations.bodies makes it.
SILENCED_SYSTEM_CHECKS = ["files.E001"]
