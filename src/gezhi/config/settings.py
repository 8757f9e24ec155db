"""Django settings, composed from the typed environment (``env``). Nothing else reads environment variables."""

from __future__ import annotations

import base64
import importlib.util
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONCE, NONE, SELF

from .env import PROJECT, load
from .ground import hosts, tianditu
from .logs import configure as _configure_logs

env = load()
UI = Path(__file__).resolve().parents[1] / "ui"

DEBUG = env.debug
SECRET_KEY = env.secret_key.get_secret_value()
ALLOWED_HOSTS = env.allowed_hosts
CSRF_TRUSTED_ORIGINS = [env.public_url]
GEZHI_FIELD_KEYS = [base64.urlsafe_b64encode(bytes.fromhex(key)).decode() for key in env.field_keys]
GEZHI_KEY_FILE = str(env.key_file) if env.keys_kept else ""

INSTALLED_APPS = [
    "gezhi.kernel.apps.KernelConfig",
    "gezhi.engines.access.apps.AccessConfig",
    "gezhi.engines.workflow.apps.WorkflowConfig",
    "gezhi.engines.search.apps.SearchConfig",
    "gezhi.engines.tables.apps.TablesConfig",
    "gezhi.engines.transfer.apps.TransferConfig",
    # rooms are added here, engines first, surfaces last
    "gezhi.engines.jobs.apps.JobsConfig",
    "gezhi.engines.notify.apps.NotifyConfig",
    "gezhi.engines.rules.apps.RulesConfig",
    "gezhi.engines.metrics.apps.MetricsConfig",
    "gezhi.engines.layers.apps.LayersConfig",
    "gezhi.engines.text.apps.TextConfig",
    "gezhi.engines.duplicates.apps.DuplicatesConfig",
    "gezhi.engines.privacy.apps.PrivacyConfig",
    "gezhi.foundation.territory.apps.TerritoryConfig",
    "gezhi.foundation.codes.apps.CodesConfig",
    "gezhi.foundation.custom.apps.CustomConfig",
    "gezhi.foundation.units.apps.UnitsConfig",
    "gezhi.foundation.premises.apps.PremisesConfig",
    "gezhi.foundation.people.apps.PeopleConfig",
    "gezhi.foundation.organisations.apps.OrganisationsConfig",
    "gezhi.foundation.documents.apps.DocumentsConfig",
    "gezhi.foundation.catalogue.apps.CatalogueConfig",
    "gezhi.foundation.calendar.apps.CalendarConfig",
    "gezhi.domains.cases.apps.CasesConfig",
    "gezhi.domains.assessment.apps.AssessmentConfig",
    "gezhi.domains.population.apps.PopulationConfig",
    "gezhi.domains.programmes.apps.ProgrammesConfig",
    "gezhi.domains.housing.apps.HousingConfig",
    "gezhi.domains.enterprises.apps.EnterprisesConfig",
    "gezhi.domains.governance.apps.GovernanceConfig",
    "gezhi.domains.vehicles.apps.VehiclesConfig",
    "gezhi.domains.places.apps.PlacesConfig",
    "gezhi.domains.components.apps.ComponentsConfig",
    "gezhi.domains.lines.apps.LinesConfig",
    "gezhi.domains.devices.apps.DevicesConfig",
    "gezhi.domains.incidents.apps.IncidentsConfig",
    "gezhi.domains.disputes.apps.DisputesConfig",
    "gezhi.domains.datarights.apps.DatarightsConfig",
    "gezhi.domains.safety.apps.SafetyConfig",
    "gezhi.demo.apps.DemoConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.humanize",
    "django.forms",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "gezhi.surfaces.account.apps.AccountConfig",
    "gezhi.surfaces.pocket.apps.PocketConfig",
    "gezhi.surfaces.wall.apps.WallConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "gezhi.surfaces.api.apps.ApiConfig",
    "gezhi.exchange.apps.ExchangeConfig",
    "gezhi.config.apps.ConfigApp",
]

MIDDLEWARE = [
    "gezhi.config.middleware.RequestContext",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "gezhi.config.middleware.ChosenLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "gezhi.surfaces.account.middleware.FirstThings",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "gezhi.config.middleware.PagePolicy",
]

ROOT_URLCONF = "gezhi.config.urls"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
WSGI_APPLICATION = "gezhi.config.wsgi.application"
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "DIRS": [UI / "templates"],
    "APP_DIRS": True,
    "OPTIONS": {"builtins": ["gezhi.config.tags"], "context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
        "csp.context_processors.nonce",
        "gezhi.config.middleware.trace",
        "gezhi.surfaces.desk.frame.shell",
    ]},
}]


def _database(url: str) -> dict[str, object]:
    """Django's connection settings from a libpq URL (a socket folder may stand in ``?host=``)."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "gezhi.config.postgis",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(query.pop("port", None) or parts.port or ""),
        "OPTIONS": {"prepare_threshold": 3, **query},  # only cursors that bind on the server prepare (kernel.convoy)
        "CONN_MAX_AGE": None,  # a connection a thread, kept: taking one from a pool costs a request 0.15 ms
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


DATABASES = {"default": _database(env.dsn)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = env.language
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [UI / "locale"]
TIME_ZONE = env.time_zone
USE_TZ = USE_I18N = True
DATETIME_FORMAT, DATE_FORMAT = "Y-m-d H:i", "Y-m-d"
FORMAT_MODULE_PATH = ["gezhi.config.formats"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [UI / "static", *([("vendor", UI / "vendor")] if (UI / "vendor").is_dir() else [])]
STATIC_ROOT = env.home / "static"
MEDIA_ROOT = env.home / "documents"
GEZHI_DOCUMENTS_URL = env.documents_url
GEZHI_UPLOADS = env.home / "uploads"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.https
SECURE_HSTS_SECONDS = 31_536_000 if env.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.https else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
_SOURCES = [*env.map_sources, *tianditu(env.tianditu_key.get_secret_value())]
_TILES = hosts(_SOURCES)
GEZHI_MAP = {"center": env.map_center, "zoom": env.map_zoom, "sources": [one.props() for one in _SOURCES]}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": {
    "default-src": [SELF],
    "script-src": [SELF, NONCE],
    "style-src": [SELF, "'unsafe-inline'"],
    "img-src": [SELF, "data:", "blob:", *_TILES],
    "media-src": [SELF, "blob:"],
    "connect-src": [SELF, env.live_url, *_TILES],
    "worker-src": [SELF, "blob:"],
    "font-src": [SELF, "data:"],
    "object-src": [NONE],
    "base-uri": [SELF],
    "frame-ancestors": [SELF],
    "form-action": [SELF],
}}

AUTH_USER_MODEL = "units.Staff"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
     "OPTIONS": {"user_attributes": ("username", "name", "email")}},
    {"NAME": "gezhi.surfaces.account.rules.Length"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "gezhi.surfaces.account.rules.ThreeClasses"},
    {"NAME": "gezhi.surfaces.account.rules.NotTheOldOne"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "account_login", "/", "account_login"
ACCOUNT_ADAPTER = "gezhi.surfaces.account.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login_failed": False, "login": "60/m/ip", "change_password": "5/m/user",
                       "reauthenticate": "10/m/user"}
MFA_ADAPTER = "gezhi.surfaces.account.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "格治"
USERSESSIONS_TRACK_ACTIVITY = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "config_cache"}}
GEZHI_HOME = env.home
GEZHI_SPOOL = env.spool
GEZHI_EMAIL_URL, GEZHI_EMAIL_FROM, GEZHI_PUBLIC_URL = env.email_url, env.email_from, env.public_url
GEZHI_LIVE_URL = env.live_url
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = None
PROCRASTINATE_IMPORT_PATHS = ["gezhi.engines.jobs.queue", "gezhi.config.jobs"]

LOGGING_CONFIG = None
_configure_logs(env)


def _bundled(package: str, pattern: str) -> str | None:
    """A shared library inside an installed wheel, for machines without the system's own GDAL and GEOS."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    base = Path(next(iter(spec.submodule_search_locations))).parent / f"{package}.libs"
    found = sorted(base.glob(pattern))
    return str(found[0]) if found else None


GDAL_LIBRARY_PATH = _bundled("pyogrio", "libgdal*.so*")
GEOS_LIBRARY_PATH = _bundled("shapely", "libgeos_c*.so*")
GEZHI_PROJECT = PROJECT
