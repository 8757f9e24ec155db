"""Addresses under /account/: our pages first, then allauth's."""

from django.urls import include, path

from .views import FactorView, SignInView, me

urlpatterns = [
    path("login/", SignInView.as_view(), name="account_login"),
    path("2fa/authenticate/", FactorView.as_view(), name="mfa_authenticate"),
    path("me/", me, name="account_me"),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
