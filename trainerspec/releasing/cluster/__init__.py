"""What a cluster does with the manifests; start with `verify.py` (offline) and `deploy.py`.

`kustomize` renders, `structure`, `webhook` and `runtimes` check (`sdk` derives kserve's schema), `api` applies,
`rollout` waits, `engine` has a TensorRT plan built.
"""
