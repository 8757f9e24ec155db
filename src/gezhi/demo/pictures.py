"""Pictures for the demo city: drawn here, plainly invented, with a mark on them."""

from __future__ import annotations

from io import BytesIO
from random import Random

from PIL import Image, ImageDraw

from gezhi.foundation.documents.receive import receive
from gezhi.kernel.actors import Actor

WIDTH, HEIGHT = 480, 360
_SKIES = ((186, 205, 222), (204, 214, 219), (224, 214, 196), (160, 178, 196))
_GROUNDS = ((120, 122, 118), (150, 146, 136), (108, 128, 96), (134, 120, 104))
_THINGS = ((196, 92, 64), (64, 112, 168), (212, 168, 64), (96, 140, 88), (140, 96, 148))


def draw(rng: Random) -> bytes:
    """A small street scene as JPEG: sky, ground, houses, something lying there; never the same twice."""
    image = Image.new("RGB", (WIDTH, HEIGHT), rng.choice(_SKIES))
    pen = ImageDraw.Draw(image)
    horizon = rng.randrange(150, 210)
    pen.rectangle((0, horizon, WIDTH, HEIGHT), fill=rng.choice(_GROUNDS))
    left = -20
    while left < WIDTH:
        width, height = rng.randrange(50, 120), rng.randrange(50, 140)
        shade = rng.randrange(150, 215)
        pen.rectangle((left, horizon - height, left + width, horizon), fill=(shade, shade - 6, shade - 14))
        for x in range(left + 8, left + width - 10, 18):
            for y in range(horizon - height + 8, horizon - 12, 20):
                pen.rectangle((x, y, x + 9, y + 11), fill=(90, 104, 122))
        left += width + rng.randrange(4, 30)
    for _ in range(rng.randrange(3, 9)):
        x, y, size = rng.randrange(20, WIDTH - 60), rng.randrange(horizon + 10, HEIGHT - 50), rng.randrange(14, 60)
        colour = rng.choice(_THINGS)
        shape = pen.ellipse if rng.random() < 0.5 else pen.rectangle
        shape((x, y, x + size, y + int(size * rng.uniform(0.4, 0.9))), fill=colour)
    pen.rectangle((0, HEIGHT - 26, WIDTH, HEIGHT), fill=(24, 28, 36))
    pen.text((10, HEIGHT - 20), "GEZHI DEMO - INVENTED PICTURE", fill=(255, 255, 255))
    out = BytesIO()
    image.save(out, "JPEG", quality=78)
    return out.getvalue()


def picture(actor: Actor, caption: str, role: str, rng: Random) -> int:
    """Send a picture as the actor would; its document's id.

    Args:
        actor: who sends it.
        caption: what it is said to show.
        role: part of the file's name.
        rng: decides the picture.
    """
    document = receive(actor, BytesIO(draw(rng)), f"demo-{role}.jpg", caption=f"（演示）{caption}"[:120])
    return document.pk
