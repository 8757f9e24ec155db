from gezhi.kernel.apps import Room


class SearchConfig(Room):
    name = "gezhi.engines.search"
    label = "search"
    declares = ("declares",)

    def ready(self) -> None:
        from . import find

        super().ready()
        self._find = find
