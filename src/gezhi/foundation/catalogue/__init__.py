"""The catalogue of matters (事项清单): items, conditions, limits, and who answers for what (权责清单)."""
