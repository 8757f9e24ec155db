"""Addresses of the style gallery; included by the configuration when debugging is on."""

from django.urls import path

from . import views

app_name = "gallery"
urlpatterns = [path("", views.desk, name="desk"), path("<slug:kind>/", views.frame, name="frame")]
