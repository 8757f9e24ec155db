"""All addresses. Surfaces add theirs here; nothing else includes urls."""

from django.conf import settings
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog

from gezhi.exchange.ogc.landing import developers
from gezhi.surfaces.account.views import home

from .health import live, ready

handler500 = "gezhi.config.errors.server_error"

urlpatterns = [
    path("healthz", live, name="healthz"),
    path("readyz", ready, name="readyz"),
    path("api/v1/", include("gezhi.surfaces.api.urls")),  # asked most often
    path("", home, name="home"),
    path("account/", include("gezhi.surfaces.account.urls")),
    path("pocket/", include("gezhi.surfaces.pocket.urls")),
    path("wall/", include("gezhi.surfaces.wall.urls")),
    path("public/", include("gezhi.surfaces.pocket.public_urls")),
    path("desk/", include("gezhi.surfaces.desk.urls")),
    path("documents/", include("gezhi.surfaces.files.urls")),
    path("exchange/", include("gezhi.exchange.urls")),
    path("open311/", include("gezhi.exchange.open311.urls")),
    path("ogc/", include("gezhi.exchange.ogc.urls")),
    path("developers/", developers, name="developers"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("jsi18n/", JavaScriptCatalog.as_view(), name="jsi18n"),
]

if settings.DEBUG:
    urlpatterns.append(path("_gallery/", include("gezhi.surfaces.gallery.urls")))
