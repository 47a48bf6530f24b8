"""What `make bench` runs: throughput, latency and CPU cost, measured side by side on loopback.

Rules: everything that is compared runs in the same invocation, on the same servers and the same
data, in interleaved rounds; medians and ratios count, absolute figures depend on the machine.
Every loop is bounded in count and time, and every process started here is ended here.
"""
