"""What the programs of this folder share: where things are, which machine this is, and README.md."""
import datetime, json, os, platform, re, subprocess, sys

BENCHES = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(BENCHES)
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))


def machine():
    """`2026-11-23, 2 cores of an AMD EPYC, rustc 1.95.0`"""
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    rustc = " ".join(subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()[:2])
    return f"{datetime.date.today()}, {os.cpu_count()} cores of {cpu}, {rustc}"


def release_bench(target=TARGET, flags="", config=()):
    """The path of `fireclay-bench`, built."""
    env = {**os.environ, "CARGO_TARGET_DIR": target, "RUSTFLAGS": flags}
    config = [word for line in config for word in ("--config", line)]
    subprocess.run(["cargo", "build", "--release", "-q", "-p", "fireclay-bench", *config], cwd=ROOT, check=True, env=env)
    return os.path.join(target, "release", "fireclay-bench")


def lines(command, **more):
    """The JSON lines that a program prints; none where it cannot run."""
    try:
        out = subprocess.run(command, capture_output=True, text=True, **more)
    except OSError:
        return []
    found = [json.loads(line) for line in out.stdout.splitlines() if line.startswith("{")]
    if not found:
        print(f"# nothing from {' '.join(command)}: {out.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
    return found


def write(name, text, into_page, page="README.md"):
    """Prints the text, and puts it between its markers in README.md, or another page of this folder."""
    print(text)
    if not into_page:
        return
    path = os.path.join(BENCHES, page)
    with open(path) as f:
        readme = f.read()
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    if begin not in readme:
        raise SystemExit(f"{page} has no {begin}")
    with open(path, "w") as f:
        f.write(re.sub(f"{begin}.*{end}", lambda _: f"{begin}\n{text}\n{end}", readme, flags=re.DOTALL))
