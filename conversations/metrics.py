"""What /metrics tells about the product itself. Names and units follow Prometheus' conventions."""

from prometheus_client import Counter, Gauge

running_streams = Gauge("salon_running_streams", "Responses that stream in this process")
viewers = Gauge("salon_viewers", "Sockets that watch a conversation in this process")
turns = Counter("salon_turns", "Turns that ended, by status", ["status"])
