"""Who sees and keeps the places of an area."""

PLACES = {
    "view": "grid_member:area grid_leader:area unit_clerk:area acceptor:area dispatcher:area shift_leader:area "
            "leader:area admin:all",
    "create": "grid_leader:area unit_clerk:area admin:all",
    "change": "grid_member:area grid_leader:area unit_clerk:area admin:all", "remove": "admin:all",
    "export": "unit_clerk:area leader:area admin:all", "import": "unit_clerk:area admin:all",
    "reveal": "grid_leader:area unit_clerk:area shift_leader:area",
}
