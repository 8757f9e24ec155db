"""Search: Chinese words, and finding records by them."""
