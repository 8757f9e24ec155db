"""Addresses below ``/open311/``."""

from django.urls import re_path

from . import requests, services

EXT = r"\.(?P<ext>[a-z]{1,5})"
CODE = r"(?P<code>[0-9A-Za-z\-]{1,40})"

urlpatterns = [
    re_path(rf"^discovery{EXT}$", services.discovery),
    re_path(rf"^v2/discovery{EXT}$", services.discovery),
    re_path(rf"^v2/services{EXT}$", services.services),
    re_path(rf"^v2/services/{CODE}{EXT}$", services.definition),
    re_path(rf"^v2/requests{EXT}$", requests.requests),
    re_path(rf"^v2/requests/{CODE}{EXT}$", requests.one),
    re_path(rf"^v2/tokens/{CODE}{EXT}$", requests.token),
]
