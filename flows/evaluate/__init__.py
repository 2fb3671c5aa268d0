"""What `essaim evaluate` measures: geocoding, linking, themes, personal data and likeness, against known truths."""
