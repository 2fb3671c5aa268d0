"""What all tests share: how hypothesis looks for counterexamples, and that no address service is asked."""

import os

from hypothesis import settings

# A busy machine is no fault of the code, and what blocks a change must be seen again by whoever mends it.
settings.register_profile("essaim", deadline=None, print_blob=True)
settings.register_profile("ci", settings.get_profile("essaim"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "essaim")

# No test may ask the national address service, whatever contact it gives: those of streets name one of their own.
os.environ["ESSAIM_GEOCODER"] = "off"
