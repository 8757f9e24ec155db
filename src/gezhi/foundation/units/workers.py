"""Who may be sent where: workers by area, for statements that give many tasks at once."""

from __future__ import annotations

WORKERS = """
SELECT p.area_code, p.id AS post_id, row_number() OVER here - 1 AS n, count(*) OVER (PARTITION BY p.area_code) AS many
FROM units_post p JOIN units_role o ON o.id = p.role_id JOIN units_unit u ON u.id = p.unit_id
JOIN units_staff s ON s.id = p.staff_id
WHERE o.code = 'grid_member' AND p.active AND u.active AND s.is_active AND p.area_code <> ''
  AND (p.valid_from IS NULL OR p.valid_from <= %(today)s) AND (p.valid_to IS NULL OR p.valid_to >= %(today)s)
WINDOW here AS (PARTITION BY p.area_code ORDER BY p.primary DESC, p.id)
"""
"""``SELECT area_code, post_id, n, many``: grid workers on duty on ``%(today)s``, the n-th of many for each area."""


def post_of(staff: str) -> str:
    """SQL of the first post in which a person (SQL of the id) may act on ``%(today)s``; NULL when there is none."""
    return ("(SELECT p.id FROM units_post p JOIN units_role o ON o.id = p.role_id "
            "JOIN units_unit u ON u.id = p.unit_id "
            f"WHERE p.staff_id = {staff} AND p.active AND u.active "
            "AND o.code IN ('grid_member', 'grid_leader', 'handler') "
            "AND (p.valid_from IS NULL OR p.valid_from <= %(today)s) "
            "AND (p.valid_to IS NULL OR p.valid_to >= %(today)s) ORDER BY o.code <> 'grid_member', p.id LIMIT 1)")
