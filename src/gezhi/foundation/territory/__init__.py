"""The five levels of territory: codes, boundaries, grids, and how they are read, made, checked and edited."""
