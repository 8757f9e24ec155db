"""Records out and in: export of what a list shows, import from tables with a dry run, both through the door."""
