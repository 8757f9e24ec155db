"""What the engine declares."""

from gezhi.kernel.events import Seed

from .signs import TextSigns, seed
from .suggestion import TextSuggestions
from .text_model import TextModels

DECLARES = (TextModels, TextSuggestions, TextSigns, Seed("text_signs", "text_textsign", seed))
