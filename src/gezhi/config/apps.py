"""The last app: when it is ready, everything is declared and the registry is frozen."""

from gezhi.kernel.apps import Room
from gezhi.kernel.registry import registry


class ConfigApp(Room):
    name = "gezhi.config"
    label = "config"

    def ready(self) -> None:
        super().ready()
        registry.freeze()
