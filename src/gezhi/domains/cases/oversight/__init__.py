"""Supervision (统一监管): orders, cards, remarks, quality checks, composite evaluation, the course of a case."""
