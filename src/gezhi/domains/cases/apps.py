from gezhi.kernel.apps import Room


class CasesConfig(Room):
    name = "gezhi.domains.cases"
    label = "cases"
    declares = ("declares",)
