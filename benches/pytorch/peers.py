"""Times `egnn bench` beside the same models in PyTorch: alternately, in one run, each pinned to one core."""

import argparse
import datetime
import importlib.util
import json
import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESULTS = ROOT / "benches" / "results"
ONE_THREAD = {"RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
TASKS = ("nbody", "autoencoder", "qm9")
# How many times PyTorch's speed a training step should have: at least, and the aim where there is one.
TARGETS = {
    ("nbody", "egnn"): (4.0, 5.0),
    ("nbody", "gnn"): (4.0, 6.0),
    ("nbody", "radial_field"): (4.0, 8.0),
    ("autoencoder", "egnn"): (8.0, None),
    ("autoencoder", "gnn"): (8.0, None),
    ("qm9", "egnn"): (5.0, None),
    # The authors' program pads.
    ("qm9", "egnn_padded"): (5.0, 8.0),
}

Key = tuple[str, str]
# Second PyTorch programs of a model that `egnn bench` has once.
SAME_MODEL: dict[Key, Key] = {("qm9", "egnn_padded"): ("qm9", "egnn")}
Row = dict[str, Any]
Report = dict[str, Any]


class Refusal(Exception):
    """What is wrong and how to mend it; exit code 2."""


# --- Running ---


def start(command: list[str], core: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env=os.environ | ONE_THREAD,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )


def finish(process: subprocess.Popen[str]) -> Report:
    out, words = process.communicate()
    if process.returncode != 0:
        raise Refusal(f"`{shlex.join(process.args)}` failed with code {process.returncode}\n{words}")
    return json.loads(out)


def by_model(report: Report) -> dict[Key, Row]:
    return {(row["task"], row["model"]): row for row in report["rows"]}


def ours_of(key: Key) -> Key:
    """The model of `egnn bench` that a model of PyTorch's is compared with."""
    return SAME_MODEL.get(key, key)


def shared_models(reports: dict[str, Report], tasks: list[str]) -> list[Key]:
    """The models of these tasks that both programs time, in PyTorch's order; a note on each of the others."""
    ours, theirs = ([key for key in by_model(reports[name]) if key[0] in tasks] for name in ("egnn", "pytorch"))
    wanted = [ours_of(key) for key in theirs]
    lacking = [("egnn", key) for key in ours if key not in wanted]
    lacking += [("PyTorch", key) for key in theirs if ours_of(key) not in ours]
    for program, (task, model) in lacking:
        print(f"note: only {program} has {task} {model}: skipped", file=sys.stderr)
    shared = [key for key in theirs if ours_of(key) in ours]
    if not shared:
        raise Refusal(f"`egnn bench` and PyTorch share no model of {', '.join(tasks)}: name others with --tasks")
    return shared


def run_rounds(
    egnn: list[str], pytorch: list[str], tasks: list[str], rounds: int, core: int
) -> tuple[list[Key], list[dict[str, Report]]]:
    """The models to compare, and the reports of both programs in turn.

    Every second round goes in the other order, so that a drift of the clock cancels.
    """
    models: list[Key] = []
    done = []
    for index in range(rounds):
        turn = [("egnn", egnn), ("pytorch", pytorch)]
        reports = {name: finish(start(command, core)) for name, command in (turn[::-1] if index % 2 else turn)}
        models = models or shared_models(reports, tasks)
        done.append(reports)
        print(f"round {index + 1} of {rounds}", file=sys.stderr)
    return models, done


def run_side_by_side(egnn: list[str], rounds: int, cores: list[int]) -> list[dict[str, Any]]:
    """`egnn bench` alone on the first core, then on every core at the same time."""
    done = []
    for index in range(rounds):
        alone = finish(start(egnn, cores[0]))
        together = [finish(process) for process in [start(egnn, core) for core in cores]]
        done.append({"alone": alone, "together": together})
        print(f"side by side, round {index + 1} of {rounds}", file=sys.stderr)
    return done


# --- Numbers ---


def compare(rounds: list[dict[str, Report]], models: Iterable[Key], field: str) -> list[Row]:
    """A row for each model: medians of the rounds, and of the rounds' ratios."""
    rows = []
    for key in models:
        ours = [by_model(reports["egnn"])[ours_of(key)][field] for reports in rounds]
        theirs = [by_model(reports["pytorch"])[key][field] for reports in rounds]
        ratios = [their / our for our, their in zip(ours, theirs)]
        rows.append(
            {
                "task": key[0],
                "model": key[1],
                "egnn_ms": median(ours),
                "pytorch_ms": median(theirs),
                "ratio": median(ratios),
                "lowest": min(ratios),
                "highest": max(ratios),
            }
        )
    return rows


def judge(row: Row, egnn_row: Row) -> Row:
    """A training row with its targets, which of them it meets and, where known, allocations a step."""
    at_least, aim = TARGETS.get((row["task"], row["model"]), (None, None))
    if at_least is None:
        met = None
    elif aim is not None and row["ratio"] >= aim:
        met = "aim"
    else:
        met = "at least" if row["ratio"] >= at_least else "no"
    allocations = {"allocations": egnn_row["allocations"]} if "allocations" in egnn_row else {}
    return row | {"at_least": at_least, "aim": aim, "met": met} | allocations


def targets_met(train: list[Row], tasks: list[str]) -> bool:
    """Whether every "at least" of these tasks is reached; one whose row was skipped is not."""
    reached = {(row["task"], row["model"]) for row in train if row["met"] in ("at least", "aim")}
    return all(key in reached for key in TARGETS if key[0] in tasks)


def throughput(rounds: list[dict[str, Any]], models: Iterable[Key]) -> list[Row]:
    """How many times one process's training steps a second all processes together make."""
    rows = []
    for key in models:
        ratios = []
        for reports in rounds:
            rate = sum(1 / by_model(report)[key]["train_ms"] for report in reports["together"])
            ratios.append(rate * by_model(reports["alone"])[key]["train_ms"])
        rows.append(
            {
                "task": key[0],
                "model": key[1],
                "ratio": median(ratios),
                "lowest": min(ratios),
                "highest": max(ratios),
            }
        )
    return rows


# --- Machine and versions ---


def output(*command: str) -> str | None:
    """What a command prints, or nothing where it does not work (no git, say)."""
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def machine() -> Row:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    cpu = found[1] if found else platform.machine()
    load = round(os.getloadavg()[0], 2)
    return {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(), "load_before": load}


def versions(egnn: Path) -> Row:
    changes = output("git", "status", "--porcelain", "--", ".", ":!benches/results")
    return {
        "egnn": output(str(egnn), "--version"),
        "revision": output("git", "rev-parse", "HEAD"),
        "dirty": None if changes is None else changes != "",
        "python": platform.python_version(),
    }


def slug(cpu: str) -> str:
    plain = re.sub(r"\(\w+\)|@.*", " ", cpu.lower())
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


# --- Printing and keeping ---

Column = tuple[str, Callable[[Row], str]]
NAMES: list[Column] = [("task", lambda row: row["task"]), ("model", lambda row: row["model"])]
RATIO: list[Column] = [
    ("ratio", lambda row: f"{row['ratio']:.2f}"),
    ("range", lambda row: f"{row['lowest']:.2f}-{row['highest']:.2f}"),
]
TIMES: list[Column] = [
    ("egnn ms", lambda row: f"{row['egnn_ms']:.3f}"),
    ("PyTorch ms", lambda row: f"{row['pytorch_ms']:.3f}"),
    *RATIO,
]
JUDGED: list[Column] = [
    ("at least", lambda row: shown(row["at_least"])),
    ("aim", lambda row: shown(row["aim"])),
    ("met", lambda row: shown(row["met"])),
]
ALLOCATIONS: list[Column] = [("allocations", lambda row: shown(row.get("allocations")))]


def shown(value: float | str | None) -> str:
    return "-" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def print_table(title: str, columns: list[Column], rows: list[Row]) -> None:
    lines = [[heading for heading, _ in columns], *([cell(row) for _, cell in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    print(f"\n{title}")
    for line in lines:
        names = [cell.ljust(width) for cell, width in zip(line[:2], widths)]
        numbers = [cell.rjust(width) for cell, width in zip(line[2:], widths[2:])]
        print("  ".join(names + numbers))


def print_result(result: dict[str, Any]) -> None:
    known = any("allocations" in row for row in result["train"])
    print_table("training step", NAMES + TIMES + JUDGED + (ALLOCATIONS if known else []), result["train"])
    print_table("forward pass", NAMES + TIMES, result["forward"])
    if "side_by_side" in result:
        cores = len(result["side_by_side"]["cores"])
        print_table(f"{cores} processes on {cores} cores over one", NAMES + RATIO, result["side_by_side"]["train"])
    paths = f"egnn {shown(result['path'])}, PyTorch {result['torch_path']}"
    load = f"load before: {result['machine']['load_before']}"
    print(f"\n{result['machine']['cpu']}, core {result['core']}; rounds: {len(result['rounds'])}; {paths}; {load}")


def write(result: dict[str, Any], path: Path) -> None:
    """All of the file or nothing of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(result, indent=2) + "\n")
    os.replace(temporary, path)


# --- The command ---


def tasks_of(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in TASKS]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown {', '.join(map(repr, unknown))}; known are {', '.join(TASKS)}")
    return names


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--egnn", type=Path, default=ROOT / "target" / "release" / "egnn", help="the binary")
    parser.add_argument("--tasks", type=tasks_of, default=list(TASKS), help="with commas between (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="of both programs (default 5)")
    parser.add_argument("--core", type=int, default=1, help="to pin both to (default 1)")
    parser.add_argument("--seconds", type=float, default=3.0, help="for a PyTorch model in a round (default 3)")
    parser.add_argument("--result", type=Path, help="default: benches/results/DATE-CPU-peers.json")
    parser.add_argument("--side-by-side", action="store_true", help="also two processes of egnn on two cores")
    parser.add_argument("--check", action="store_true", help="exit 1 if an 'at least' is missed or skipped")
    return parser.parse_args()


def cores_for(args: argparse.Namespace) -> list[int]:
    """The core to measure on and, for --side-by-side, another."""
    usable = sorted(os.sched_getaffinity(0))
    if args.core not in usable:
        raise Refusal(f"core {args.core} is not one of {usable}: name one of them with --core")
    others = [core for core in usable if core != args.core]
    if args.side_by_side and not others:
        raise Refusal("--side-by-side needs two cores and this machine lends one: leave it out")
    return [args.core, *others[:1]]


def measure(args: argparse.Namespace) -> dict[str, Any]:
    if args.rounds < 1:
        raise Refusal(f"--rounds is {args.rounds}: one or more are needed")
    if not os.access(args.egnn, os.X_OK) or args.egnn.is_dir():
        raise Refusal(f"no program at {args.egnn}: `cargo build --release` makes it, or name one with --egnn")
    if importlib.util.find_spec("torch") is None:
        raise Refusal(f"{sys.executable} has no PyTorch: `pip install -r benches/pytorch/requirements.txt`")
    cores = cores_for(args)
    computer, sources = machine(), versions(args.egnn.resolve())
    egnn = [str(args.egnn.resolve()), "bench", "--json"]
    pytorch = [sys.executable, str(HERE / "time_step.py"), "--seconds", str(args.seconds), "--tasks", *args.tasks]
    models, rounds = run_rounds(egnn, pytorch, args.tasks, args.rounds, args.core)
    last = rounds[-1]
    ours, train = by_model(last["egnn"]), compare(rounds, models, "train_ms")
    result = {
        "date": datetime.date.today().isoformat(),
        "machine": computer,
        "versions": sources | {"torch": last["pytorch"]["torch"]},
        "core": args.core,
        "path": last["egnn"].get("path"),
        "torch_path": last["pytorch"]["path"],
        "train": [judge(row, ours[ours_of((row["task"], row["model"]))]) for row in train],
        "forward": compare(rounds, models, "forward_ms"),
        "rounds": rounds,
    }
    if args.side_by_side:
        side = run_side_by_side(egnn, args.rounds, cores)
        result["side_by_side"] = {
            "cores": cores,
            "train": throughput(side, [key for key in models if key not in SAME_MODEL]),
            "rounds": side,
        }
    return result


def main() -> int:
    args = parse()
    try:
        result = measure(args)
    except Refusal as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return 2
    print_result(result)
    name = f"{result['date']}-{slug(result['machine']['cpu'])}-peers.json"
    path = args.result or RESULTS / name
    write(result, path)
    print(f"kept in {path}", file=sys.stderr)
    return int(args.check and not targets_met(result["train"], args.tasks))


if __name__ == "__main__":
    sys.exit(main())
