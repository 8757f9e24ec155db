from gezhi.kernel.apps import Room


class CustomConfig(Room):
    name = "gezhi.foundation.custom"
    label = "custom"
    declares = ("custom_field",)
