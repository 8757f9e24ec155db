"""Addresses under /pocket/."""

from django.urls import path

from . import atlas, connections, entries, ground, land, messages, pwa, submit, views

app_name = "pocket"
urlpatterns = [
    path("", views.home, name="home"),
    path("tasks/", views.tasks, name="tasks"),
    path("map/", land.board, name="map"),
    path("city/", atlas.map_, name="city"),
    path("card/<slug:register>/<int:pk>/", atlas.card, name="card"),
    path("messages/", messages.inbox, name="messages"),
    path("messages/read/", messages.read_all, name="read_all"),
    path("messages/<int:pk>/", messages.open_, name="message"),
    path("mine/", views.mine, name="mine"),
    path("outbox/", views.outbox, name="outbox"),
    path("offline/", views.offline, name="offline"),
    path("post/", views.post, name="post"),
    path("options/<slug:register>/", views.options, name="options"),
    path("new/<slug:register>/<slug:move>/", views.new, name="new"),
    path("new/<slug:register>/<slug:move>/send/", submit.create, name="create"),
    path("registers/", entries.index, name="registers"),
    path("registers/<slug:register>/", entries.entries, name="entries"),
    path("registers/<slug:register>/new/", entries.new, name="entry_new"),
    path("registers/<slug:register>/<int:pk>/edit/", entries.edit, name="entry_edit"),
    path("r/<slug:register>/<int:pk>/", views.record, name="record"),
    path("r/<slug:register>/<int:pk>/<slug:move>/", submit.act, name="act"),
    path("connections/", connections.connections, name="connections"),
    path("key/", pwa.key, name="key"),
    path("manifest.webmanifest", pwa.manifest, name="manifest"),
    path("ground/<str:area>/", ground.ground, name="ground"),
    path("worker.js", pwa.worker, name="worker"),
]
