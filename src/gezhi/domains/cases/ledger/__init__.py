"""The ledger of responsibility: grounds of every dispatch, claims against them, what they teach the matrix."""
