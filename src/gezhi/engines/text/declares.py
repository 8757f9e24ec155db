"""What the engine declares."""

from .suggestion import TextSuggestions
from .text_model import TextModels

DECLARES = (TextModels, TextSuggestions)
