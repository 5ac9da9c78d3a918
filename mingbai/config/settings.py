"""Django's settings. What may differ between installations comes from ``config.environment``."""

from __future__ import annotations

import os
from typing import Any

from mingbai.config import environment

ROOT = environment.ROOT
DATA = environment.data_folder()
BUILD = environment.build_folder()
KEYS = environment.application_secrets()

SECRET_KEY = KEYS["django"]
CONTACT_KEY = KEYS["contacts"]
PEPPER = KEYS["pepper"]
DEBUG = False
ALLOWED_HOSTS = [
    h for h in os.environ.get("MINGBAI_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h
]
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("MINGBAI_ORIGINS", "").split(",") if o]
DEMO = environment.flag("MINGBAI_DEMO")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "procrastinate.contrib.django",
    "mingbai.kernel",
    "mingbai.audit",
    "mingbai.regions",
    "mingbai.accounts",
    "mingbai.notices",
    "mingbai.cases",
    "mingbai.clues",
    "mingbai.capture",
    "mingbai.portal",
    "mingbai.connectors",
]

MIDDLEWARE = [
    "mingbai.kernel.middleware.Headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mingbai.kernel.middleware.Mode",
    "mingbai.kernel.middleware.Transaction",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "mingbai.accounts.middleware.CurrentPost",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "mingbai.config.urls"
WSGI_APPLICATION = "mingbai.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [
            ROOT / "mingbai" / name / "templates"
            for name in (
                "kernel",
                "accounts",
                "notices",
                "cases",
                "clues",
                "capture",
                "portal",
            )
        ],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "mingbai.kernel.jinja.environment",
            "context_processors": [
                "django.contrib.messages.context_processors.messages",
                "mingbai.portal.shell.shell",
            ],
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": environment.database(
        os.environ.get("DATABASE_URL", "postgresql://mingbai_app@/mingbai?host=/nonexistent")
    )
}
DATABASES["default"]["TEST"] = {"MIGRATE": False}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["mingbai.accounts.backends.PersonBackend"]
PASSWORD_HASHERS = ["mingbai.accounts.hashers.StaffArgon2"]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "portal:desk"

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "mingbai.kernel.errors.form_expired"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

HTTPS = environment.flag("MINGBAI_HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = environment.static_folder()
STATICFILES_DIRS = [BUILD / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
FILE_UPLOAD_HANDLERS = [
    "mingbai.kernel.uploads.LimitHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

PROCRASTINATE_IMPORT_PATHS = [
    "mingbai.accounts.tasks",
    "mingbai.notices.tasks",
    "mingbai.cases.tasks",
    "mingbai.capture.tasks",
]
PROCRASTINATE_DATABASE_ALIAS = "default"

# Seconds that a sender in a group is quiet before what was said is read; a second more at most.
CAPTURE_QUIET = environment.seconds("MINGBAI_CAPTURE_QUIET", 3)
CASE_FIELDS = "mingbai.cases.commands.routing.case_fields"
CLUE_INTAKE = "mingbai.clues.commands.hand_over"
# Off unless an address on the own network is given; no text goes anywhere without it.
SECOND_OPINION = (
    "mingbai.connectors.opinion.chat_completions.ask"
    if os.environ.get("MINGBAI_OPINION_URL")
    else ""
)
# A channel into chat groups; without one, officers forward what they confirmed by hand.
GROUP_SENDER = os.environ.get("MINGBAI_GROUP_SENDER", "")
SMS_SENDER = os.environ.get("MINGBAI_SMS", "mingbai.connectors.sms.console.send")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}

SITE = {
    "operator": os.environ.get("MINGBAI_SITE_OPERATOR", "县农业农村局"),
    "supervisor": os.environ.get("MINGBAI_SITE_SUPERVISOR", "县纪委监委"),
    "phone": os.environ.get("MINGBAI_SITE_PHONE", "12388"),
    "map_approval": os.environ.get("MINGBAI_MAP_APPROVAL", ""),
}
