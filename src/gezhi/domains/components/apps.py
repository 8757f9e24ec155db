from gezhi.kernel.apps import Room


class ComponentsConfig(Room):
    name = "gezhi.domains.components"
    label = "components"
    declares = ("component",)
