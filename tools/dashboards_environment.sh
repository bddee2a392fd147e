#!/usr/bin/env bash
# An environment of its own for MLflow and trackio, whose pins conflict with those of constraints.txt.
# In: a folder. Out: the folder as a virtual environment with both and passgap's core.
#   tools/dashboards_environment.sh .venv-dashboards
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${1:?give the folder of the environment}
python3 -m venv "$folder"
"$folder/bin/python" -m pip install --quiet "mlflow-skinny==3.17.2" sqlalchemy alembic \
  "trackio==0.43.0" pytest hypothesis --editable .
