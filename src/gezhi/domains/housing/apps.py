from gezhi.kernel.apps import Room


class HousingConfig(Room):
    name = "gezhi.domains.housing"
    label = "housing"
    declares = ("declares",)
