"""`python -m flows.cli` is `essaim`."""

from flows.cli import main

main()
