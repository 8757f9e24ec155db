"""Pages and API, served by granian."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gezhi.config.settings")

from django.core.wsgi import get_wsgi_application

_pages = get_wsgi_application()

from .programs import Doors  # noqa: E402 (after setup)

application = Doors(_pages)
