from gezhi.kernel.apps import Room


class CatalogueConfig(Room):
    name = "gezhi.foundation.catalogue"
    label = "catalogue"
    declares = ("declares",)
