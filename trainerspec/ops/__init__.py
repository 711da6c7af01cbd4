"""Run, gate, serve, push, deploy, revise: effects on a built project."""
