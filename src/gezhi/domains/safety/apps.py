from gezhi.kernel.apps import Room


class SafetyConfig(Room):
    name = "gezhi.domains.safety"
    label = "safety"
    declares = ("declares",)
