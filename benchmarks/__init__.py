"""How fast and how large Essaim is, measured: each module is a command, `python -m benchmarks.<name> --help`."""
