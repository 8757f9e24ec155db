"""Pages and API, served by granian."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gezhi.config.settings")

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

_pages = get_wsgi_application()

from .programs import Doors  # noqa: E402 (after setup)

application = Doors(_pages)
get_resolver().url_patterns  # noqa: B018 (loads the views now, not in somebody's first request)

# What start-up made stays as long as the process. A full collection need not walk it: it took 100 ms of some request.
gc.collect()
gc.freeze()
