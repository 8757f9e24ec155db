"""Event streams, served by granian in one process with an event loop."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gezhi.config.settings")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
