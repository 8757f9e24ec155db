"""Addresses of documents: looking at one, sending one, sending one in pieces."""
