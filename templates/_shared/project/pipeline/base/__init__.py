"""What every other room uses: settings, files, failures, progress, the device. Read `params.py` first."""
