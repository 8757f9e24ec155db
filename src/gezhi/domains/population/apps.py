from gezhi.kernel.apps import Room


class PopulationConfig(Room):
    name = "gezhi.domains.population"
    label = "population"
    declares = ("declares",)
