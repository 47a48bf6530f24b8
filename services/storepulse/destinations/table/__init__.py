"""The table `destinations`: its rows, reads, changes, and removal from it."""
