"""How the intent classifier is trained: written requests, composed into voices, and the training. Not shipped."""
