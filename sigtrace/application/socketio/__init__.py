"""Socket.IO over Engine.IO: exchanges and WebSocket messages → sessions, polls and whole Socket.IO packets."""
