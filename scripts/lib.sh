# What the scripts beside this file share. It is sourced by them and never run.
# Before sourcing, a script sets `me` (its name in messages) and `log` (the file that takes all output).
# shellcheck shell=sh disable=SC2154

say() {
    printf '%s: %s\n' "$me" "$*"
}

# fail MESSAGE [HINT]: one line, one hint, and the end.
fail() {
    printf '%s: error: %s\n' "$me" "$1" >&2
    [ -z "${2:-}" ] || printf '  hint: %s\n' "$2" >&2
    exit 1
}

# quietly STEP COMMAND...: one line on the terminal, everything else in the log; its tail is shown if the command fails.
quietly() {
    say "$1"
    printf '\n== %s\n' "$1" >>"$log"
    shift
    if "$@" >>"$log" 2>&1 </dev/null; then
        return 0
    fi
    printf '%s: failed: %s\n' "$me" "$*" >&2
    printf '  the last lines of %s:\n' "$log" >&2
    tail -n 20 "$log" | sed 's/^/  | /' >&2
    return 1
}

# retry COMMAND...: three tries, because a network may have a bad moment.
retry() {
    for pause in 2 5 0; do
        "$@" && return 0
        [ "$pause" = 0 ] || { echo "failed, trying again in $pause s: $*"; sleep "$pause"; }
    done
    return 1
}

is_root() {
    [ "$(id -u)" = 0 ]
}

has() {
    command -v "$1" >/dev/null 2>&1
}

install_hint() {
    if has apt-get; then
        echo "sudo apt-get install $*"
    elif has brew; then
        echo "brew install $*"
    elif has dnf; then
        echo "sudo dnf install $*"
    else
        echo "install $* with your system's package manager"
    fi
}

# install REASON PACKAGE...: by apt-get when we may, else stop and say which command does it.
install() {
    reason=$1
    shift
    if ! is_root || ! has apt-get; then
        fail "$reason" "$(install_hint "$@")"
    fi
    if [ -z "${lists_are_fresh:-}" ]; then
        # One unreachable source among several is no reason to stop: the install below tells whether it mattered.
        quietly "updating the system's package lists" retry apt-get -o DPkg::Lock::Timeout=300 update || :
        lists_are_fresh=yes
    fi
    quietly "installing $*" retry env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" ||
        fail "$reason" "$(install_hint "$@")"
}

# need COMMAND PACKAGE: the command is there when this returns.
need() {
    has "$1" || install "$1 is missing" "$2"
    has "$1" || fail "$1 is missing although the package $2 is installed" "is its folder on PATH?"
}

is_recent() {
    [ -x "$1" ] && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

# interpreter_of COMMAND: the interpreter itself, behind shims and virtual environments.
interpreter_of() {
    "$1" -c 'import sys; print(getattr(sys, "_base_executable", "") or sys.executable)' 2>/dev/null || :
}

# find_python: sets `python` to $PYTHON, else to the system's own, else to the one on PATH.
# The system's own comes first because every user of the machine may run it; one in a home often may not be.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        python=$(interpreter_of "$PYTHON")
        is_recent "$python" || fail "PYTHON=$PYTHON is not a Python 3.10 or newer" \
            "name another interpreter, or unset PYTHON"
        return 0
    fi
    for python in /usr/bin/python3 "$(interpreter_of python3)"; do
        ! is_recent "$python" || return 0
    done
    if [ -e /usr/bin/python3 ]; then
        fail "no Python 3.10 or newer was found" "install one and name it: make setup PYTHON=/path/to/python3"
    fi
    install "no Python 3.10 or newer was found" python3 python3-venv
    python=/usr/bin/python3
    is_recent "$python" || fail "$("$python" -V) is too old: 3.10 or newer is needed" \
        "install one and name it: make setup PYTHON=/path/to/python3"
}

# alone: waits until no other run holds LOCKFILE. Whatever outlives this script must be started with 9>&-.
alone() {
    has flock || return 0
    exec 9>"$1"
    flock -n 9 || { say "waiting for another run to finish"; flock 9; }
}
