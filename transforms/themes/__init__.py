"""Themes: how ours stand beside other taxonomies, and which ones a text without labels speaks of."""
