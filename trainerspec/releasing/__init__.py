"""A package becomes a release on a target; start with `push.py`.

`storage` is the S3 bucket, `registry` asks for image digests, `sizing` decides how large the release is made, and
`cluster/` checks and applies the manifests.
"""
