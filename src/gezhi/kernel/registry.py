"""The registry: everything declared, bound at start-up, then frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .errors import DeclarationError

if TYPE_CHECKING:
    from django.db import models

    from .events import Consumer, Hook
    from .metrics import Metric
    from .registers import Register


class Registry:
    """Registers, metrics, consumers, ports and hooks by name. One instance: :data:`registry`."""

    def __init__(self) -> None:
        self.registers: dict[str, Register] = {}
        self.metrics: dict[str, Metric] = {}
        self.consumers: dict[str, Consumer] = {}
        self.hooks: dict[str, list[Hook]] = {}
        self.extras: dict[type, list[Any]] = {}
        self._ports: dict[str, Callable[..., Any]] = {}
        self._defaults: dict[str, Callable[..., Any]] = {}
        self._by_model: dict[type, Register] = {}
        self.frozen = False

    def bind(self, declared: Iterable[Any], origin: str) -> None:
        """Take in one app's ``DECLARES``.

        Raises:
            DeclarationError: frozen, a name taken twice, or something that is not a declaration.
        """
        from .events import Consumer, Hook, Port
        from .metrics import Metric
        from .registers import Register

        if self.frozen:
            raise DeclarationError(f"{origin}: the registry is frozen")
        for item in declared:
            if isinstance(item, type) and issubclass(item, Register):
                register = item()
                self._put(self.registers, register.name, register, origin)
                self._by_model[register.model] = register
            elif isinstance(item, Metric):
                self._put(self.metrics, item.name, item, origin)
            elif isinstance(item, Consumer):
                self._put(self.consumers, item.name, item, origin)
            elif isinstance(item, Port):
                self._put(self._defaults if item.default else self._ports, item.name, item.call, origin)
            elif isinstance(item, Hook):
                self.hooks.setdefault(item.register, []).append(item)
            elif hasattr(item, "DECLARATION"):
                self.extras.setdefault(type(item), []).append(item)
            else:
                raise DeclarationError(f"{origin}: {item!r} is not a declaration")

    @staticmethod
    def _put(where: dict[str, Any], name: str, item: Any, origin: str) -> None:
        if name in where:
            raise DeclarationError(f"{origin}: {type(item).__name__} {name!r} is declared twice")
        where[name] = item

    def freeze(self) -> None:
        """Close the registry; nothing can be declared after start-up."""
        self.frozen = True

    def register(self, name: str) -> Register:
        """The register of that name.

        Raises:
            KeyError: there is none.
        """
        return self.registers[name]

    def register_of(self, model: type[models.Model]) -> Register | None:
        """The register of a model, or ``None``."""
        return self._by_model.get(model)

    def port(self, name: str) -> Callable[..., Any]:
        """The code behind a port.

        Raises:
            DeclarationError: nothing provides it.
        """
        call = self._ports.get(name) or self._defaults.get(name)
        if call is None:
            raise DeclarationError(f"nothing provides the port {name!r}")
        return call

    def provided(self, name: str) -> Callable[..., Any] | None:
        """The code behind a port that may be missing, or ``None``."""
        return self._ports.get(name) or self._defaults.get(name)

    def hooks_of(self, register: str) -> list[Hook]:
        """Hooks on a register, those on all registers first."""
        return [*self.hooks.get("*", ()), *self.hooks.get(register, ())]

    def of(self, kind: type) -> list[Any]:
        """Other declarations (of engines) of that class."""
        return self.extras.get(kind, [])


registry = Registry()
"""The one registry of the process."""
