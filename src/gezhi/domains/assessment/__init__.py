"""Assessment (绩效考核): scores of units, areas and posts, counted from the append-only log, sealed by month."""
