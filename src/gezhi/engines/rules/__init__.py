"""Rules of administrators under version: conditions over facts that domains declare, tried on the past, then live."""
