#!/bin/sh
# Installs the packages of the lock file, unless exactly these are installed already.
# Plain sh, because before it nothing of the project's own tools is there.
set -eu
cd "$(dirname "$0")/.."
installed=node_modules/.installed-lock.json
if ! cmp -s package-lock.json "$installed"; then
  echo "installing the packages of package-lock.json"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=warn
  cp package-lock.json "$installed"
fi
