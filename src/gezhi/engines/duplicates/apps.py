from gezhi.kernel.apps import Room


class DuplicatesConfig(Room):
    name = "gezhi.engines.duplicates"
    label = "duplicates"
    declares = ("declares",)
