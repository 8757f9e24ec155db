"""Sign-in, second factor, password and sessions, on django-allauth."""
