"""Lists of records: one query (``query.Query``) for table, map, board, export and counts; saved views and habits."""
