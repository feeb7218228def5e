#!/bin/sh
# run.sh NODE NODE_MODULES SCRIPT ARGUMENTS...: the script, or a word that what it compares with is not here.
node=$1
modules=$2
shift 2
if [ ! -d "$modules/graphql" ] || [ ! -d "$modules/graphql-http" ]; then
    echo "GATE oracle SKIP: no npm packages in $modules; ./dev test installs them where npm is"
    exit 0
fi
exec "$node" "$@"
