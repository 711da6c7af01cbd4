"""Typed values to documents: params, dvc, mlflow, kserve, triton, docs."""
