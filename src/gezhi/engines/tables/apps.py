from gezhi.kernel.apps import Room


class TablesConfig(Room):
    name = "gezhi.engines.tables"
    label = "tables"
