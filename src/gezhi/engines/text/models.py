from .suggestion import TextSuggestion
from .text_model import TextArtefact, TextModel

__all__ = ["TextArtefact", "TextModel", "TextSuggestion"]
