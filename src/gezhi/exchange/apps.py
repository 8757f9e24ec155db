from gezhi.kernel.apps import Room


class ExchangeConfig(Room):
    name = "gezhi.exchange"
    label = "exchange"
    declares = ("declares",)
