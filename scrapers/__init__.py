"""Sources in, raw records out: definitions, the one door to the network, the archive, and the kinds of source."""
