# Every recipe is a thin name for a command that also works without just.

set positional-arguments

egnn := "cargo run --release --"

# List the recipes
default:
    @just --list --unsorted

# Make all datasets as Parquet (what is up to date is left alone)
generate-data *args:
    test -f datasets/qm9/manifest.json || {{ just_executable() }} fetch-qm9 || true
    {{ egnn }} generate all "$@"

# Fetch QM9 (104 MB) into datasets/downloads; nothing is installed. datasets/README.md names the file for other ways
fetch-qm9:
    #!/bin/sh
    set -eu
    mkdir -p datasets/downloads
    cd datasets/downloads
    file=qm9pack-1.0.3-py3-none-any.whl
    sum=1d88c2988007c6778e717ee3224cf511bd60e10732ebe3b7ed500ea5af05c9f0
    right() {
        if command -v sha256sum >/dev/null; then
            printf '%s  %s\n' "$sum" "$file" | sha256sum -c - >/dev/null 2>&1
        else
            printf '%s  %s\n' "$sum" "$file" | shasum -a 256 -c - >/dev/null 2>&1
        fi
    }
    if test -f "$file" && right; then
        echo "datasets/downloads/$file is there"
        exit
    fi
    if command -v pip3 >/dev/null; then pip=pip3
    elif command -v pip >/dev/null; then pip=pip
    elif python3 -m pip --version >/dev/null 2>&1; then pip="python3 -m pip"
    else
        echo "pip is not there: install it, or get $file of the PyPI package qm9pack 1.0.3 in another way and put it into datasets/downloads" >&2
        exit 1
    fi
    rm -f "$file"
    $pip download --disable-pip-version-check --no-deps --only-binary :all: --dest . qm9pack==1.0.3
    if right; then
        echo "datasets/downloads/$file is there"
    else
        rm -f "$file"
        echo "what pip fetched has another checksum than $sum: try again" >&2
        exit 1
    fi

# Run a pipeline: data, runs, results, report (just sweep nbody-sizes)
sweep *args:
    {{ egnn }} sweep "$@"

# Draw a pipeline's tables, figures and page again; --all for every sweep, --watch while one runs
report *args:
    {{ egnn }} report "$@"

# Compare two result sets (just compare nbody/quick nbody/egnn-300)
compare *args:
    {{ egnn }} compare "$@"

# Ask Parquet files in SQL
query *args:
    {{ egnn }} query "$@"

# All tests
test *args:
    cargo test --workspace "$@"

# Kill workers and sweeps at 100 random moments of 40 runs (minutes); EGNN_CHAOS_SEED=N chooses others
test-chaos:
    EGNN_CHAOS_RUNS=40 EGNN_CHAOS_KILLS=100 cargo test --locked -p egnn-cli --test chaos

# Report pages in Chromium (sh .ci/install gets it); screenshots in target/screenshots
test-browser *args:
    cargo test --locked -p egnn-cli --test browser "$@"

# What CI checks, cheapest first
ready:
    sh .ci/check

# Time training steps, forward passes and the simulator
bench *args:
    {{ egnn }} bench "$@"

# Time sweeps of 10,000 finished runs (plan, status, report, nothing to do) and what a sweep adds to each run
bench-sweep *args:
    cargo build --release --bin egnn
    EGNN=target/release/egnn cargo bench --profile dev -p egnn-cli --bench sweep -- "$@"

# Time PyTorch beside it, on one core (the first time fetches PyTorch into target/peers, gigabytes)
bench-peers *args:
    cargo build --release --bin egnn
    test -x target/peers/bin/pip || python3 -m venv target/peers
    target/peers/bin/pip install --quiet --disable-pip-version-check --requirement benches/pytorch/requirements.txt
    target/peers/bin/python benches/pytorch/peers.py "$@"
