"""The modules of emitted projects, run in place: assembled as `emit` would, never through trainerspec."""
