from .signs import TextSign
from .suggestion import TextSuggestion
from .text_model import TextArtefact, TextModel

__all__ = ["TextArtefact", "TextModel", "TextSign", "TextSuggestion"]
