"""What one flow speaks: HTTP now; WebSocket, Socket.IO and TLS have their rooms here later."""
