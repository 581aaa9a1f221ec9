# Tasks for development. `.ci/run` runs them in CI. `.ci/install` installs just and cargo-deny into target/tools.

set shell := ["bash", "-euo", "pipefail", "-c"]

export PATH := justfile_directory() / "target/tools/bin:" + env("PATH")

# List the tasks
[private]
default:
    @just --justfile {{ quote(justfile()) }} --list --unsorted

# Check the format
[group('static')]
format:
    cargo fmt --all --check
    cargo fmt --manifest-path tests/aws/emulator/Cargo.toml --check

# Check that every package and clippy take the minimum supported Rust version (MSRV) from Cargo.toml
[group('static')]
msrv:
    #!/usr/bin/env bash
    set -euo pipefail
    msrv=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    packages=$(cargo metadata --locked --no-deps --format-version 1 | grep -o '"rust_version":[^,}]*' | sort -u)
    if [[ -z $msrv || $packages != "\"rust_version\":\"$msrv\"" ]]; then
        echo "every package must take rust-version from the workspace; found: $packages" >&2
        exit 1
    fi
    # Without a setting of its own, clippy takes the version from Cargo.toml.
    if git ls-files clippy.toml '*/clippy.toml' | xargs grep '^msrv'; then
        echo "clippy.toml must not set msrv" >&2
        exit 1
    fi

# Check that the core depends on nothing that does I/O
[group('static')]
purity:
    #!/usr/bin/env bash
    set -euo pipefail
    for crate in tokio hyper reqwest aws; do
        if cargo tree --locked -p doorward -e normal --prefix none | grep -E "^$crate"; then
            echo "core must not depend on $crate" >&2
            exit 1
        fi
    done

# Check that the local server and its tests do not depend on the AWS SDK
[group('static')]
no-sdk:
    #!/usr/bin/env bash
    set -euo pipefail
    for package in doorward doorward-local doorward-sqlite doorward-tests; do
        if cargo tree --locked -p "$package" --prefix none | grep -E "^aws-"; then
            echo "$package must not depend on what AWS needs" >&2
            exit 1
        fi
    done

# Check licences, banned and duplicate crates, and sources (deny.toml)
[group('static')]
deny:
    cargo deny --locked check bans licenses sources
    # The emulator of DynamoDB has a lock file of its own. It is in no binary, so it may have two versions of a crate.
    cargo deny --locked --manifest-path tests/aws/emulator/Cargo.toml --config deny.toml check \
        -A duplicate -A unnecessary-skip -A unmatched-skip -A license-not-encountered -A license-exception-not-encountered \
        bans licenses sources

# Run clippy
[group('static')]
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo clippy -p doorward-tests-aws --features binaries --all-targets --locked -- -D warnings
    cargo clippy --manifest-path tests/aws/emulator/Cargo.toml --target-dir target/emulator --locked -- -D warnings

# Build the documentation, without warnings
[group('static')]
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# Build the documentation as a site in target/site, and check its links. Compiles mdBook into target/tools when it is missing
[group('static')]
site:
    #!/usr/bin/env bash
    set -euo pipefail
    version=0.5.4
    # From source: the maintainers publish no binary in a package registry. Without optimization it is ready sooner.
    [ "$(target/tools/bin/mdbook --version 2>/dev/null)" = "mdbook v$version" ] || CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet \
        mdbook --version "$version" --locked --no-default-features --features search --debug --force --root target/tools
    docs/site/build
    cargo test --locked -p doorward-tests --test site -- --include-ignored

# Run the tutorial, the first command of the README
[group('tests')]
tutorial:
    cargo run --locked -- tutorial

# Run the tests, the second command of the README
[group('tests')]
test:
    cargo test --locked

# Run the shared suites on the store in a SQLite file
[group('tests')]
test-sqlite:
    DOORWARD_TEST_STORE=sqlite cargo test --locked -p doorward-tests --test flows --test refusals --test emulators

# Kill the store and `doorward serve`, and let the power fail: `just durability 2000` for as many rounds
[group('tests')]
durability rounds='50':
    DOORWARD_ROUNDS={{ rounds }} cargo test --locked -p doorward-sqlite --test durability -- --nocapture
    DOORWARD_ROUNDS={{ rounds }} cargo test --locked -p doorward-local --test killed -- --nocapture

# Test which owner files of the store get that root makes, and when (needs root)
[group('tests')]
owner:
    [ "$(id -u)" != 0 ] || cargo test --locked -p doorward-sqlite -p doorward-local --lib -- --ignored what_root_

# Run each benchmark once, as a test
[group('tests')]
bench-once:
    cargo test --locked -p doorward-tests --bench '*'

# Count the instructions of each hot path, and compare them with tests/counts/baseline (needs valgrind)
[group('slow')]
counts:
    tests/counts/run

# Run the tests of the other packages
[group('tests')]
test-all:
    cargo test --workspace --locked \
        --exclude doorward --exclude doorward-local --exclude doorward-sqlite --exclude doorward-tests --exclude doorward-tests-model

# Measure: `just bench`, or with a filter `just bench refresh`
[group('tests')]
bench *filter:
    cargo bench --locked -p doorward-tests --bench '*' -- {{ filter }}

# Compare the release binary with its floors: `just load`, `just load start`, `just load --only refresh` (docs/measure.md)
[group('slow')]
load *args:
    # Apart, so that the features of one package do not change the other.
    cargo build --locked --release -p doorward-local --bin doorward
    cargo build --locked --release -p doorward-upstream --example floor
    cargo build --locked --release -p doorward-tests-load --bins
    target/release/doorward-tests-load {{ args }}

# Change the code of some files in each possible way, and show the changes that no test of the core sees (cargo-mutants)
[group('tests')]
mutants files='core/src/sealed/*.rs' *args:
    cargo mutants --package doorward --file {{ quote(files) }} --output target {{ args }}

# Run the slow tests of the model
[group('slow')]
model:
    cargo test --locked -p doorward-tests-model -- --ignored

# Install the external dependencies of the tests below: Debian packages, clients, AWS tools
[group('slow')]
install:
    #!/usr/bin/env bash
    set -euo pipefail
    missing=()
    command -v chromium >/dev/null || missing+=(chromium)
    command -v chromedriver >/dev/null || missing+=(chromium-driver)
    command -v faketime >/dev/null || missing+=(faketime)
    command -v promtool >/dev/null || missing+=(prometheus)
    command -v valgrind >/dev/null || missing+=(valgrind)
    # Without a Chinese font, the screenshots of Chinese pages show boxes.
    [ -n "$(fc-list :lang=zh)" ] || missing+=(fonts-wqy-microhei)
    if [ ${#missing[@]} -gt 0 ]; then
        apt-get update -qq && apt-get install -y -qq "${missing[@]}" >/dev/null
    fi
    tests/clients/install
    tests/upstreams/install
    tests/guides/install
    tests/one-host/install
    tests/aws/install

# Run the browser tests (Chromium)
[group('slow')]
browser:
    cargo test --locked -p doorward-tests --test browser -- --ignored

# Check the metrics and the alerts with promtool
[group('slow')]
metrics:
    cargo test --locked -p doorward-tests --test metrics -- --ignored

# Test sign-in at a third-party identity provider
[group('slow')]
provider:
    cargo test --locked -p doorward-tests --test provider -- --ignored

# Check the pages: accessibility and HTML validity
[group('slow')]
pages:
    cargo test --locked -p doorward-tests --test looks -- --ignored

# Test with third-party clients
[group('slow')]
clients:
    cargo test --locked -p doorward-tests --test clients -- --ignored

# Test ID-JAGs and tokens of platforms with third-party providers, clients and servers
[group('slow')]
elsewhere:
    cargo test --locked -p doorward-tests --test elsewhere -- --ignored

# Test `doorward doctor` on third-party servers
[group('slow')]
doctor:
    cargo test --locked -p doorward-tests --test doctor -- --ignored --skip compared::

# Compare the verdicts of `doorward doctor` with what third-party clients do, for some changes of servers or for all; takes minutes
[group('slow')]
doctor-clients changes='':
    DOORWARD_CHANGES={{ quote(changes) }} cargo test --locked -p doorward-tests --test doctor -- --ignored compared:: --nocapture

# Test gateway mode in front of third-party MCP servers
[group('slow')]
upstreams:
    cargo test --locked -p doorward-tests --test upstreams -- --ignored

# Run the commands of docs/guides, and sign in with a third-party client
[group('slow')]
guides *names:
    cargo build --locked -p doorward-local
    tests/guides/run {{ names }}

# Test infra/one-host: the static binary in an empty root, the image, and the units under a systemd of their own (needs root)
[group('slow')]
one-host:
    tests/one-host/run

# Test the function binaries, behind an emulator of function URLs and API Gateway
[group('slow')]
binaries:
    cargo build --workspace --bins --locked
    for test in admin emulators faults flows gateway refusals refusals_on_aws; do \
        cargo test --locked -p doorward-tests-aws --features binaries --test "$test"; \
    done
    cargo test --locked -p doorward-tests-aws --features binaries --test browser -- --ignored

# Test deployments: cargo-lambda, and the template in an emulator of AWS
[group('slow')]
deployments:
    cargo test --locked -p doorward-tests-aws --test deployments -- --ignored

# Test the scripts of infra/, with a stub of the AWS CLI that fails at each call (needs bash, openssl)
[group('slow')]
scripts:
    target/aws/bin/shellcheck .ci/install .ci/run docs/site/build infra/admin infra/build infra/check infra/deploy infra/deploy-with-front \
        infra/steps/* tests/aws/install tests/aws/start-up tests/clients/install \
        tests/upstreams/install tests/gateway-peers/install tests/guides/install tests/guides/run \
        tests/counts/run infra/one-host/build tests/one-host/install tests/one-host/run tests/one-host/files tests/one-host/empty-root \
        tests/one-host/image tests/one-host/service
    cargo test --locked -p doorward-tests-aws --test scripts -- --ignored

# Lint the templates
[group('slow')]
templates:
    target/aws/bin/cfn-lint --config-file infra/.cfnlintrc
    target/aws/bin/checkov --config-file infra/.checkov.yaml --skip-download -f infra/doorward.yaml -f infra/front.yaml
