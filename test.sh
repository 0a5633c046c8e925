#!/usr/bin/env bash
# Everything the project checks about itself, the same on a desk and in CI. Needs the .NET SDK named in global.json, Node.js, for the
# services' own payloads and descriptions come as npm packages, and Chromium, for the dashboard is tested in a real browser.
set -euo pipefail
cd "$(dirname "$0")"

command -v npm > /dev/null || { echo "npm is missing: install Node.js 20 or later, and run this again." >&2; exit 1; }

# Debian's, where there is none; SEKIA_CHROMIUM names one that lies elsewhere.
have_chromium() {
    [ -n "${SEKIA_CHROMIUM:-}" ] || command -v chromium chromium-browser google-chrome google-chrome-stable chrome > /dev/null
}
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
if ! have_chromium && command -v apt-get > /dev/null && as_root true 2> /dev/null; then
    as_root env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get update -qq && apt-get install -qq --no-install-recommends chromium fonts-liberation' > /dev/null
fi
have_chromium || { echo "Chromium is missing: install the package chromium, or name the program in SEKIA_CHROMIUM, and run this again." >&2; exit 1; }

npm ci --prefix Sekia.Tests/npm --ignore-scripts --no-audit --no-fund --loglevel=error
dotnet restore --locked-mode
dotnet format --verify-no-changes --no-restore
dotnet build --no-restore --configuration Release

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
status=0
dotnet test --no-build --configuration Release --blame-hang-timeout 5m \
    --results-directory "$results" --logger 'trx;LogFileName=tests.trx' --logger 'console;verbosity=minimal' || status=$?

# The closing line, from what the test runner wrote down; if it died before that, nothing passed.
touch "$results/tests.trx"
count() { sed -n "s/.*<Counters .*$1=\"\([0-9]*\)\".*/\1/p" "$results/tests.trx" | grep . || echo 0; }
total=$(count total)
passed=$(count passed)
failed=$(count failed)
echo "$passed passed, $failed failed, $((total - passed - failed)) skipped"
exit "$status"
