"""Raw records to clean, placed and merged initiatives. Pure: no network, no clock, no files but those handed in."""
