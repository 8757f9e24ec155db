"""Addresses under /public/: the citizen's web."""

from django.urls import path

from . import ground, public, pwa

app_name = "public"
urlpatterns = [
    path("", public.home, name="home"),
    path("offline/", public.offline, name="offline"),
    path("track/", public.track, name="track"),
    path("act/<slug:code>/<slug:move>/", public.act, name="act"),
    path("options/<slug:register>/", public.options, name="options"),
    path("new/<slug:register>/<slug:move>/", public.new, name="new"),
    path("new/<slug:register>/<slug:move>/send/", public.create, name="create"),
    path("ground/<str:area>/", ground.ground, name="ground"),
    path("worker.js", pwa.worker, name="worker"),
]
