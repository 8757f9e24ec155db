from gezhi.kernel.apps import Room


class RulesConfig(Room):
    name = "gezhi.engines.rules"
    label = "rules"
    declares = ("declares",)
