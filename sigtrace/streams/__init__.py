"""Segments → ordered streams with gaps."""
