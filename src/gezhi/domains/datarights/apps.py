from gezhi.kernel.apps import Room


class DatarightsConfig(Room):
    name = "gezhi.domains.datarights"
    label = "datarights"
    declares = ("declares",)
