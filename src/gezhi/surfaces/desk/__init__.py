"""中屏: the daily work. Every page is derived from registers; no domain is named here."""
