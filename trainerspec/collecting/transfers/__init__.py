"""Files at an address: `web.py` over HTTP, `buckets.py` from s3, gs and az; both go on where a transfer broke off."""
