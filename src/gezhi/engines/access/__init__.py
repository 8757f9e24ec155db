"""Roles to grants: what the declarations give by default, and what an administrator laid over it."""

from .grants import ROLE_ANY, grants_of, permissions

__all__ = ["ROLE_ANY", "grants_of", "permissions"]
