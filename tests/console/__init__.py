"""One stack for all tests of the folder, closed after the last of them."""
