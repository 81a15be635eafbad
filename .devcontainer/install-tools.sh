#!/usr/bin/env bash
# Installs the tools that no feature of the development container brings, each at one version.
set -euo pipefail

PULUMI_VERSION=3.248.0
FLUX_VERSION=2.9.2
KIND_VERSION=v0.33.0
K9S_VERSION=v0.50.9

arch=$(dpkg --print-architecture)
bin=/usr/local/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

curl -fsSL https://get.pulumi.com | sh -s -- --version "$PULUMI_VERSION" --install-root "$work/pulumi" --no-edit-path
sudo install "$work"/pulumi/bin/* "$bin"

curl -fsSL https://fluxcd.io/install.sh | FLUX_VERSION=$FLUX_VERSION bash -s "$work"
sudo install "$work/flux" "$bin"

# Go checks a module against its checksum database.
GOBIN=$work go install "sigs.k8s.io/kind@$KIND_VERSION"
sudo install "$work/kind" "$bin"

release=https://github.com/derailed/k9s/releases/download/$K9S_VERSION
archive=k9s_Linux_$arch.tar.gz
(
  cd "$work"
  curl -fsSLO "$release/$archive"
  curl -fsSL "$release/checksums.sha256" | grep " $archive\$" | sha256sum --check --quiet
  tar -xzf "$archive" k9s
)
sudo install "$work/k9s" "$bin"

for tool in pulumi kubectl helm flux kind k9s; do command -v "$tool" >/dev/null; done
