"""All addresses. Surfaces add theirs here; nothing else includes urls."""

from django.urls import path

from .health import live, ready

urlpatterns = [
    path("healthz", live, name="healthz"),
    path("readyz", ready, name="readyz"),
]
