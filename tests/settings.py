"""Settings of the test run: those of production, and a small house with every kind of field in it."""

from gezhi.config.settings import *  # noqa: F403
from gezhi.config.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS[:-1], "tests.house.apps.HouseConfig", INSTALLED_APPS[-1]]
DATABASES = {"default": {**DATABASES["default"], "OPTIONS": {}}}  # no pool: test databases come and go
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
GEZHI_GUARD_TRUNCATE = False  # transactional tests empty the tables so
GEZHI_CODES_SECONDS = 86_400  # no test waits for another process to change a code
GEZHI_CUSTOM_SECONDS = None  # nor to add a field
