from gezhi.kernel.apps import Room


class TextConfig(Room):
    name = "gezhi.engines.text"
    label = "text"
    declares = ("declares",)
