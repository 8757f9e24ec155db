from gezhi.kernel.apps import Room


class TerritoryConfig(Room):
    name = "gezhi.foundation.territory"
    label = "territory"
    declares = ("declares",)
