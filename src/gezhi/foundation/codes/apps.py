from gezhi.kernel.apps import Room


class CodesConfig(Room):
    name = "gezhi.foundation.codes"
    label = "codes"
    declares = ("declares",)
