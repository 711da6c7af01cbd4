"""Run and serve a built project; start with `run.py`.

`repository` puts git and DVC around the project, `process_group` holds `dvc repro` and its children, `quick_dvc` spares
DVC work, `events` reads what they say, `display` shows it, `summary` tells what came out, `run_files` reads curves and
metrics. `serve.py` starts a packaged model.
"""
