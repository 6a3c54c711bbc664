# Every recipe is a thin name for a command that also works without just.

set positional-arguments

egnn := "cargo run --release --"

# List the recipes
default:
    @just --list --unsorted

# Make all datasets as Parquet (what is up to date is left alone)
generate-data *args:
    {{ egnn }} generate all "$@"

# Run a pipeline: data, runs, results, report (just sweep nbody-sizes)
sweep *args:
    {{ egnn }} sweep "$@"

# Draw a pipeline's tables, figure and page again
report *args:
    {{ egnn }} report "$@"

# Ask Parquet files in SQL
query *args:
    {{ egnn }} query "$@"

# All tests
test *args:
    cargo test --workspace "$@"

# What CI checks, cheapest first
ready:
    sh .ci/check

# Time training steps, forward passes and the simulator
bench *args:
    {{ egnn }} bench "$@"

# Time PyTorch beside it, on one core (the first time fetches PyTorch into target/peers, gigabytes)
bench-peers *args:
    cargo build --release --bin egnn
    test -x target/peers/bin/pip || python3 -m venv target/peers
    target/peers/bin/pip install --quiet --disable-pip-version-check --requirement benches/pytorch/requirements.txt
    target/peers/bin/python benches/pytorch/peers.py "$@"
