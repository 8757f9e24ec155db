"""Addresses under /wall/."""

from django.urls import path

from . import atlas, views

app_name = "wall"
urlpatterns = [
    path("", views.situation, name="situation"),
    path("map/", atlas.map_, name="map"),
    path("map/select/", atlas.select, name="map_select"),
    path("map/shade/", atlas.shade, name="map_shade"),
    path("map/tiles/<slug:name>/<int:z>/<int:x>/<int:y>.mvt", atlas.tile, name="map_tile"),
    path("data/", views.data, name="data"),
    path("shapes/<str:area>/", views.shapes, name="shapes"),
    path("take/<slug:register>/<int:pk>/", views.take, name="take"),
]
