"""What templates/ and sops/ declare, as types."""
