"""Pages and API, served by granian."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gezhi.config.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
