from gezhi.kernel.apps import Room


class PremisesConfig(Room):
    name = "gezhi.foundation.premises"
    label = "premises"
    declares = ("declares",)
