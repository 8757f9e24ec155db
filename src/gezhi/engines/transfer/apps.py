from gezhi.kernel.apps import Room


class TransferConfig(Room):
    name = "gezhi.engines.transfer"
    label = "transfer"
    declares = ("declares",)
