"""What one flow speaks: HTTP and WebSocket; Socket.IO and TLS have their rooms here."""
