from gezhi.kernel.apps import Room


class EnterprisesConfig(Room):
    name = "gezhi.domains.enterprises"
    label = "enterprises"
    declares = ("private_org", "social_org", "courier")
