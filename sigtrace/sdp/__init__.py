"""Session descriptions and ICE candidates: text ↔ typed values, and what offer and answer agreed on."""
