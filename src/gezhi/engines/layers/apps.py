from gezhi.kernel.apps import Room


class LayersConfig(Room):
    name = "gezhi.engines.layers"
    label = "layers"
