"""Our HTTP server: connections, requests, errors."""
