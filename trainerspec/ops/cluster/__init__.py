"""What a cluster would do with the manifests: render, check, apply, wait, ask, roll back."""
