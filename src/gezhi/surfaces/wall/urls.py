"""Addresses under /wall/."""

from django.urls import path

from . import views

app_name = "wall"
urlpatterns = [
    path("", views.situation, name="situation"),
    path("data/", views.data, name="data"),
    path("shapes/<str:area>/", views.shapes, name="shapes"),
    path("take/<slug:register>/<int:pk>/", views.take, name="take"),
]
