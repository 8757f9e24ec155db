"""How records hang together, read from the links that registers declare: cards, and ways from one to another."""
