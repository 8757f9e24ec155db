from gezhi.kernel.apps import Room


class ApiConfig(Room):
    name = "gezhi.surfaces.api"
    label = "api"
    declares = ("declares",)
