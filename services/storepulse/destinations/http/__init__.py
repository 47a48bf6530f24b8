"""HTTP to addresses that outsiders chose: URLs, names, connections, requests and their failures."""
