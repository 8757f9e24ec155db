from gezhi.kernel.apps import Room


class UnitsConfig(Room):
    name = "gezhi.foundation.units"
    label = "units"
    declares = ("declares",)
