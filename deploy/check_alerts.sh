#!/usr/bin/env bash
# Checks the alerts and runs their tests: `bash deploy/check_alerts.sh .venv`. Run by the Makefile.
# Where promtool cannot be had this says so and passes; .ci/run asks for promtool before.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=${1:?usage: check_alerts.sh FOLDER}

if ! promtool=$(bash deploy/promtool.sh "$venv"); then
  echo "alerts: NOT TESTED, promtool is missing" >&2
  exit 0
fi
"$promtool" check rules deploy/prometheus/alerts-*.yml >/dev/null
for rules in deploy/prometheus/alerts-*.yml; do
  name=$(basename "$rules" .yml)
  [ -f "deploy/prometheus/tests/$name.test.yml" ] || { echo "alerts: $name has no tests" >&2; exit 1; }
  for alert in $(sed -n 's/^ *- alert: //p' "$rules"); do
    grep -q "alertname: $alert\$" "deploy/prometheus/tests/$name.test.yml" \
      || { echo "alerts: $alert has no test" >&2; exit 1; }
  done
done
told=$("$promtool" test rules deploy/prometheus/tests/*.test.yml 2>&1) || { echo "$told" >&2; exit 1; }
echo "alerts: $(grep -h 'alert:' deploy/prometheus/alerts-*.yml | wc -l) tested"
