"""The style gallery: every component in its full, empty and error state, for those who build pages."""
