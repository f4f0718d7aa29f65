"""What event listeners and clients in Python import from Supervisor, for Troupe's daemon. Modules of one page each, of the
standard library only; the daemon is not here."""
