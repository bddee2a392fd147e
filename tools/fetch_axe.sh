#!/usr/bin/env bash
# axe-core, which the viewer's accessibility tests put into their pages. In: nothing. Out:
# .cache/axe.min.js, of a pinned version whose archive has the pinned SHA-512. Needs npm.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=4.14.1
sha512=1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5

[ -s .cache/axe.min.js ] && exit 0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm pack --silent --pack-destination "$folder" "axe-core@$version" >/dev/null
echo "$sha512  $folder/axe-core-$version.tgz" | sha512sum --check --quiet
tar -xzf "$folder/axe-core-$version.tgz" -C "$folder" package/axe.min.js
mkdir -p .cache
mv "$folder/package/axe.min.js" .cache/axe.min.js
