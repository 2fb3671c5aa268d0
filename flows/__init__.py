"""The nightly run: thin flows over scrapers, transforms and warehouse, and the command line.

Prefect reads its settings when it is first imported, so the quiet, offline ones are set here, before anything else; a
setting of the user's own environment wins.
"""

import os

QUIET = {
    # Nobody is told what runs here, and no address outside is asked.
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # A first start migrates its database, which takes longer than the default 20 s on a small machine.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    # The temporary server ends with tracebacks of cancelled tasks that mean nothing.
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}
if not os.environ.get("PREFECT_API_URL"):
    # Without a server nobody reads Prefect's own words; in one, each night tells its steps.
    QUIET["PREFECT_LOGGING_LEVEL"] = "WARNING"
for _name, _value in QUIET.items():
    os.environ.setdefault(_name, _value)
