#!/usr/bin/env bash
# Runs run.py by a Python that has the libraries: FLOWC_PARITY_PYTHON, or else the one that is named first. 77: there is none.
python=$1
shift
exec "${FLOWC_PARITY_PYTHON:-$python}" "$(dirname "$0")/run.py" "$@"
