"""大屏: what the commander sees from five metres. Everything is derived from timed registers and the territory."""
