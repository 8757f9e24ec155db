"""Template tags that every template knows (``builtins`` of the settings)."""

from __future__ import annotations

from functools import lru_cache

from django.template import Library
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = Library()


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str) -> SafeString:
    """One icon of the sprite, hidden from screen readers.

    A tag, not a part that is included: a page shows dozens, and including cost more than all the rest of the frame.

    Args:
        name: a name listed in ``tools/icons.txt``.
    """
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
                       static("icons/icons.svg"), name)
