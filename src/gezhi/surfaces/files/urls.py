"""Addresses under /documents/."""

from django.urls import path

from . import views

app_name = "files"
urlpatterns = [
    path("", views.send, name="send"),
    path("<int:pk>", views.show, name="document"),
    path("<int:pk>/<slug:variant>", views.show, name="copy"),
    path("uploads/<uuid:number>", views.upload, name="upload"),
    path("uploads/<uuid:number>/finish", views.finish, name="finish"),
]
