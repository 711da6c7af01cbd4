"""Where a package is deployed, and what of it is pinned."""

from typing import Literal

from trainerspec.ir.record import record

TRITON, TRITON_TAG = "nvidia/tritonserver", "26.07-py3"
"""The image that the manifests name, and the tag that they were written for."""


@record(frozen=True, kw_only=True)
class Storage:
    """An S3 bucket and a prefix in it."""

    bucket: str
    prefix: str = ""
    """Without slashes at its ends."""
    endpoint: str = ""
    """Empty for Amazon's."""
    region: str = "us-east-1"
    secret: str = ""
    """The Kubernetes secret with the keys; empty for `<name>-s3`."""

    def key(self, *parts: str) -> str:
        """Return an object's key below the prefix."""
        return "/".join(part for part in (self.prefix, *parts) if part)

    def uri(self, *parts: str) -> str:
        """Return an object's URI.

        >>> Storage(bucket="models", prefix="prod").uri("news", "model_repository")
        's3://models/prod/news/model_repository'
        """
        return f"s3://{self.bucket}/{self.key(*parts)}"


@record(frozen=True, kw_only=True)
class Gpu:
    """What a pod gets of a GPU node."""

    product: str
    """The node label `nvidia.com/gpu.product`."""
    count: int = 1


@record(frozen=True, kw_only=True)
class Image:
    """A container image: by tag, and by digest once it is known."""

    name: str
    """Registry and path: `registry.example.com/ml/news-desk`."""
    tag: str = ""
    digest: str = ""
    """`sha256:...`"""

    def __str__(self) -> str:
        """Return the reference, by digest where there is one."""
        return f"{self.name}@{self.digest}" if self.digest else f"{self.name}:{self.tag}"


@record(frozen=True, kw_only=True)
class Trust:
    """Whose signatures count: those of one key, or of certificates that one of these issued."""

    key: str = ""
    """The path of a public key, as PEM; empty for certificates."""
    certificates: tuple[str, ...] = ()
    """Paths of root certificates, as PEM."""


@record(frozen=True, kw_only=True)
class Target:
    """One environment: targets/<name>.yaml."""

    name: str
    registry: str
    storage: Storage
    namespace: str
    kserve: tuple[int, int]
    triton: Image
    mode: Literal["standard", "knative"] = "standard"
    platform: Literal["kubernetes", "openshift"] = "kubernetes"
    gpu: Gpu | None = None
    context: str = ""
    """The kubeconfig context that is meant; empty for whichever is current."""
    gateway: str = ""
    """URL of the service with `{name}` and `{namespace}`; empty for the one that its status tells."""
    signed: Trust | None = None
    """Whose signature a package needs; None where none is asked for."""


@record(frozen=True, kw_only=True)
class Release:
    """A package as it lies in a target's storage and registry."""

    name: str
    version: str
    digest: str
    """`sha256-<64 digits>`: what the package's files are; empty before the first push."""
    model: str
    """The storageUri: the root of the model repository."""
    image: Image
    """The transformer's image."""
    triton: Image
