from gezhi.kernel.apps import Room


class CalendarConfig(Room):
    name = "gezhi.foundation.calendar"
    label = "calendar"
    declares = ("declares",)
