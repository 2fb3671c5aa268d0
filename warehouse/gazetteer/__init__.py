"""The embedded gazetteer of France: its data files and the script that rebuilds them."""

from importlib.resources import files
from pathlib import Path


def data_folder() -> Path:
    """Return the folder of the gazetteer's Parquet files; see ``docs/gazetteer.md`` for the tables."""
    return Path(str(files(__package__) / "data"))
