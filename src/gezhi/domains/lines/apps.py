from gezhi.kernel.apps import Room


class LinesConfig(Room):
    name = "gezhi.domains.lines"
    label = "lines"
    declares = ("declares",)
