"""Numbers to tables, charts, report.html and MLflow. Read `report.py` first."""
