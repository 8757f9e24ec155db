"""The working calendar: public holidays, adjusted working days and working hours of units."""
