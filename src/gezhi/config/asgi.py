"""Event streams, served by granian in one process with an event loop (``gezhi.surfaces.live``)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gezhi.config.settings")

import django

django.setup()

from gezhi.surfaces.live.app import Live  # noqa: E402 (after setup)

application = Live()
