"""Text engine: from free Chinese text to categories, with honest confidence, trained on a city's own history."""
