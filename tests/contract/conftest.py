"""client.py is no test: it runs in a package's folder, whose modules it imports."""

collect_ignore = ["client.py"]
