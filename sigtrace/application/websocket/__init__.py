"""WebSocket: the frames of both directions of an upgraded connection → messages and control frames (RFC 6455)."""
