#!/usr/bin/env bash
# Everything the project checks about itself, the same on a desk and in CI. Needs the .NET SDK named in global.json, and Node.js, for the
# services' own payloads and descriptions come as npm packages.
set -euo pipefail
cd "$(dirname "$0")"

command -v npm > /dev/null || { echo "npm is missing: install Node.js 20 or later, and run this again." >&2; exit 1; }
npm ci --prefix Sekia.Tests/npm --ignore-scripts --no-audit --no-fund --loglevel=error
dotnet restore --locked-mode
dotnet format --verify-no-changes --no-restore
dotnet build --no-restore --configuration Release

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
status=0
dotnet test --no-build --configuration Release --blame-hang-timeout 2m \
    --results-directory "$results" --logger 'trx;LogFileName=tests.trx' --logger 'console;verbosity=minimal' || status=$?

# The closing line, from what the test runner wrote down; if it died before that, nothing passed.
touch "$results/tests.trx"
count() { sed -n "s/.*<Counters .*$1=\"\([0-9]*\)\".*/\1/p" "$results/tests.trx" | grep . || echo 0; }
total=$(count total)
passed=$(count passed)
failed=$(count failed)
echo "$passed passed, $failed failed, $((total - passed - failed)) skipped"
exit "$status"
