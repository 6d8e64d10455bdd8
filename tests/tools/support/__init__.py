"""What the tests of the whole program share: a server process, clients that remember, checks of a log."""
