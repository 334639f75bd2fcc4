# What the scripts of the tests share: to be sourced, by Bash, at the project's root.
#
# Whatever is fetched goes into tests/.tools or into a node_modules beside its package.json, at the versions that the
# project names; only Debian's packages go where Debian puts them.

# What the user's own shell is set up for must not change what is tested, nor stand between a client and this machine.
for variable in $(compgen -e AKOL_MOCK_ || true); do
    unset "$variable"
done
export no_proxy="127.0.0.1,localhost,${no_proxy:-}" NO_PROXY="127.0.0.1,localhost,${NO_PROXY:-}" PYTHONDONTWRITEBYTECODE=1

# What runs beside the script, and ends with it: servers, and commands as `PID LOG NAME`.
SERVED=()
BESIDE=()
trap end_all EXIT

end_all() {
    local pid log name
    ((${#SERVED[@]} == 0)) || kill "${SERVED[@]}" 2> /dev/null || true
    for entry in "${BESIDE[@]}"; do
        read -r pid log name <<< "$entry"
        kill -- "-$pid" 2> /dev/null || true
        rm -f "$log"
    done
}

section() {
    printf '\n== %s (after %d s)\n' "$1" "$SECONDS"
}

# Makes a folder anew by a command, unless the mark in it says that it is the one wanted: mark, what it should say, command.
once() {
    local mark=$1 wanted=$2
    shift 2
    if [[ "$(cat "$mark" 2> /dev/null)" != "$wanted" ]]; then
        rm -rf "${mark%/*}"
        "$@" >&2
        # Written last, so that an installation that broke off is not taken for one.
        printf '%s\n' "$wanted" > "$mark"
    fi
}

make_venv() {
    local venv=$1
    shift
    mkdir -p tests/.tools
    "${PYTHON:-python3}" -m venv "$venv"
    # Wheels alone: nothing is compiled, and no package manager is asked.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: "$@"
}

# Prints the Python of a virtual environment that has just these packages.
python_with() {
    local venv=tests/.tools/venv-$1
    shift
    once "$venv/packages" "$*" make_venv "$venv" "$@"
    printf '%s\n' "$PWD/$venv/bin/python"
}

# The same for the packages that a file lists, one a line, all of them and at what versions.
python_of() {
    local packages
    mapfile -t packages < <(sed 's/[[:space:]]*#.*//' "$2" | grep .)
    python_with "$1" "${packages[@]}"
}

# Has the Node packages beside a package.json installed, as its lock file names them. None of their scripts is run.
node_packages() {
    local folder=$1
    once "$folder/node_modules/.locked" "$(sha256sum < "$folder/package-lock.json")" \
        npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent
}

# Has a command installed from Debian's packages, if it is not there: command, then packages.
debian_command() {
    local command=$1
    shift
    command -v "$command" > /dev/null || debian_packages "$@"
}

# Has these packages of Debian's installed.
debian_packages() {
    local missing=()
    for package in "$@"; do
        dpkg --status "$package" 2> /dev/null | grep --quiet '^Status: .* installed$' || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    local as_root=()
    ((EUID)) && as_root=(sudo)
    # Two scripts may ask at the same time.
    mkdir -p tests/.tools
    (
        flock 9
        "${as_root[@]}" apt-get update --quiet=2
        DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}"
    ) 9> tests/.tools/apt.lock > /dev/null || {
        echo "these packages of Debian's are needed, and cannot be installed here: ${missing[*]}" >&2
        return 1
    }
}

# Has the program built, if none is given by AKOL_MOCK.
the_program() {
    if [[ -z ${AKOL_MOCK:-} ]]; then
        cargo build --locked
        AKOL_MOCK=$(realpath "${CARGO_TARGET_DIR:-target}/debug/akol-mock")
    fi
    export AKOL_MOCK
}

# Starts the program on a free port with these options, for as long as the script runs, and sets BASE to where it is.
serve() {
    local ready=tests/.tools/serve-$BASHPID-$RANDOM
    mkdir -p tests/.tools
    mkfifo "$ready"
    "$AKOL_MOCK" --listen 127.0.0.1:0 --log-format off "$@" > "$ready" &
    SERVED+=($!)
    local line
    exec {SERVING}< "$ready"
    rm "$ready"
    IFS= read -r line <&"$SERVING" || true
    BASE=${line#akol-mock listening on }
    [[ $BASE == http://* ]] || {
        echo "$AKOL_MOCK does not start: $line" >&2
        return 1
    }
}

# Runs a command beside what follows, and keeps what it says until `join_all`: name, then command.
beside() {
    local name=$1 log
    shift
    mkdir -p tests/.tools
    log=$(mktemp tests/.tools/log.XXXXXX)
    # A process group of its own, so that it can be ended with all that it has started.
    setsid "$@" > "$log" 2>&1 < /dev/null &
    BESIDE+=("$! $log $name")
}

# Waits for all that runs beside, shows what each has said, and fails if any has failed.
join_all() {
    local failed=() pid log name status
    for entry in "${BESIDE[@]}"; do
        read -r pid log name <<< "$entry"
        status=0
        wait "$pid" || status=$?
        section "$name"
        cat "$log"
        rm "$log"
        ((status == 0)) || failed+=("$name ($status)")
    done
    BESIDE=()
    ((${#failed[@]} == 0)) || {
        printf '\nfailed: %s\n' "${failed[@]}" >&2
        return 1
    }
}
