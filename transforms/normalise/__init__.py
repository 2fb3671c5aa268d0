"""Value-level cleaners: pure functions from one raw value to one clean value, without I/O, clock or network."""
