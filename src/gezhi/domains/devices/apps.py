from gezhi.kernel.apps import Room


class DevicesConfig(Room):
    name = "gezhi.domains.devices"
    label = "devices"
    declares = ("declares",)
