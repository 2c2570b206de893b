"""What /metrics tells about the product itself. Names and units follow Prometheus' conventions.

Each process counts its own; the Prometheus server adds them up.
"""

from prometheus_client import Counter, Gauge, Histogram

requests = Counter("salon_requests", "HTTP requests answered", ["method", "route", "status"])
request_seconds = Histogram(
    "salon_request_seconds",
    "From a request's arrival to the beginning of its answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
running_streams = Gauge("salon_running_streams", "Responses that stream in this process")
viewers = Gauge("salon_viewers", "Sockets that watch a conversation in this process")
turns = Counter("salon_turns", "Turns that ended, by status", ["status"])
