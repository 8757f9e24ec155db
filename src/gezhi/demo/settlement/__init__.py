"""The registers of the demo city: who lives where, what they drive, where they work, what stands in the streets."""
