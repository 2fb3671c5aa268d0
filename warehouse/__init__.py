"""The DuckDB warehouse: its contract, its only writer, history, gates and publication."""
