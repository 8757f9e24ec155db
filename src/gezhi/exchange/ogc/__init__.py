"""OGC API - Features and Tiles of every register with a map layer, and geocoding, under ``/ogc/v1/``.

Collections are declarations: a register with a layer is one, its columns are properties, its filters are queryables.
What is personal stays at home: neither its values nor a filter by it leave through this door.
"""
