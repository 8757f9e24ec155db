"""The kernel as a Django app, and ``Room``: the base of every app of the house."""

from __future__ import annotations

from importlib import import_module
from typing import ClassVar

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate

from .events import Seed
from .registry import registry


class Room(AppConfig):
    """An app of the house. Set ``name``, ``label`` and ``declares`` (modules with a ``DECLARES`` tuple).

    A room without a ``models.py`` finds its models in the modules it declares: a noun is one file and its name in that
    list. ``models.py`` is for rooms whose nouns need each other before they can be declared.
    """

    default_auto_field = "django.db.models.BigAutoField"
    declares: ClassVar[tuple[str, ...]] = ()

    def import_models(self) -> None:
        """Import the models: of ``models.py``, or of the modules that are declared."""
        super().import_models()
        if self.models_module is None:
            modules = [import_module(f"{self.name}.{module}") for module in self.declares]
            self.models_module = modules[0] if modules else None  # Django asks only whether there is one

    def ready(self) -> None:
        for module in self.declares:
            path = f"{self.name}.{module}" if module else self.name
            registry.bind(import_module(path).DECLARES, path)


class KernelConfig(Room):
    name = "gezhi.kernel"
    label = "kernel"

    def ready(self) -> None:
        super().ready()
        post_migrate.connect(_after_migrate, sender=self, dispatch_uid="gezhi.guard")
        checks.register(_check_declarations, "gezhi")


def _after_migrate(using: str = "default", **_kw: object) -> None:
    """Triggers, then seeds."""
    from django.db import connections

    from . import guard
    from .actors import SYSTEM
    from .door import door

    guard.install(using)
    present = set(connections[using].introspection.table_names())
    for seed in registry.of(Seed):
        if seed.table in present:
            with door(SYSTEM) as session:
                seed.run(session)


def _check_declarations(**_kw: object) -> list[checks.CheckMessage]:
    """Every declaration is sound: fields, states, reaches and metrics exist."""
    found: list[checks.CheckMessage] = []
    for register in registry.registers.values():
        found += [checks.Error(f"{register.where}: {type(register).__name__}: {problem}", id="gezhi.E001")
                  for problem in register.problems()]
    for metric in registry.metrics.values():
        if metric.of not in registry.registers:
            found.append(checks.Error(f"metric {metric.name}: no register {metric.of!r}", id="gezhi.E002"))
            continue
        filters = registry.register(metric.of).declared_filters
        wrong = [n for n in {**metric.where, **(metric.base or {})} if n not in filters]
        found += [checks.Error(f"metric {metric.name}: {metric.of} has no filter {n!r}", id="gezhi.E003")
                  for n in wrong]
    return found
