"""HTTP as our services speak it: connections, requests, errors."""
