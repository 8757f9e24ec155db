from gezhi.kernel.apps import Room


class DocumentsConfig(Room):
    name = "gezhi.foundation.documents"
    label = "documents"
    declares = ("declares",)
