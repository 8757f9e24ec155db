"""Addresses below ``/exchange/``."""

from django.urls import path

from . import webhook

urlpatterns = [path("webhook/<slug:code>", webhook.receive)]
