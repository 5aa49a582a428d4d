# shellcheck shell=sh
#
# What dcbench needs from the system, and how to get it. Sourced by scripts/demo and
# scripts/test:
#
#   require build           a compiler and the libraries
#   require test            what the tests use besides; after `require build`
#   require optional        tools that some tests use, and are skipped without
#   require lab             what scripts/pmu-lab uses, on Debian only; skipped without
#   require simulation      valgrind: without it there are no simulated counters
#
# Each need is looked for where it will be used (pkg-config, the compiler, the interpreter),
# so nothing is asked of the package manager, the network or root where nothing is missing.

# need        probe                               apt               dnf                 pacman             zypper
build_needs='
compiler      has_command cc                      gcc               gcc                 gcc                gcc
libc          has_header  stdio.h                 libc6-dev         glibc-devel         glibc              glibc-devel
make          has_command make                    make              make                make               make
pkg-config    has_command pkg-config              pkg-config        pkgconf-pkg-config  pkgconf            pkgconf-pkg-config
jansson       has_library jansson                 libjansson-dev    jansson-devel       jansson            libjansson-devel
zlib          has_library zlib                    zlib1g-dev        zlib-devel          zlib               zlib-devel
libpfm4       has_header  perfmon/pfmlib.h        libpfm4-dev       libpfm-devel        libpfm             libpfm-devel
libpython     has_library python3-embed           libpython3-dev    python3-devel       python             python3-devel
'
test_needs='
gcc           has_command gcc                     gcc               gcc                 gcc                gcc
cmocka        has_header  stdarg.h,stddef.h,setjmp.h,stdint.h,cmocka.h  libcmocka-dev  libcmocka-devel  cmocka  libcmocka-devel
'
# Where the interpreter is the system's; scripts/test fills in for others.
python_needs='
python        has_command @python@                python3           python3             python             python3
pytest        has_module  pytest                  python3-pytest    python3-pytest      python-pytest      python3-pytest
jsonschema    has_module  jsonschema              python3-jsonschema python3-jsonschema python-jsonschema  python3-jsonschema
xdist         has_module  xdist                   python3-pytest-xdist python3-pytest-xdist python-pytest-xdist python3-pytest-xdist
venv          has_module  ensurepip               python3-venv      python3             python             python3
'
optional_needs='
zsh           has_command zsh                     zsh               zsh                 zsh                zsh
fish          has_command fish                    fish              fish                fish               fish
mandoc        has_command mandoc                  mandoc            mandoc              mandoc             mandoc
gnuplot       has_command gnuplot                 gnuplot-nox       gnuplot             gnuplot            gnuplot
'
# Of the interpreter, where it is the system's.
python_optional_needs='
test_copy     has_module  test.test_copy          libpython@version@-testsuite python3-test python-tests   python3-testsuite
'
lab_needs='
cross-gcc     has_command aarch64-linux-gnu-gcc   gcc-aarch64-linux-gnu  -  -  -
qemu          has_command qemu-system-aarch64     qemu-system-arm        -  -  -
cpio          has_command cpio                    cpio                   -  -  -
'
# To build: the worker tells callgrind what to count.
simulation_needs='
valgrind      has_command valgrind                valgrind          valgrind            valgrind           valgrind
callgrind.h   has_header  valgrind/callgrind.h    valgrind          valgrind-devel      valgrind           valgrind-devel
'

has_command() {
    command -v "$1" >/dev/null 2>&1
}

has_library() {
    pkg-config --exists "$1" 2>/dev/null
}

# A list of headers, with commas, that must go through the preprocessor in this order.
has_header() {
    echo "$1" | tr ',' '\n' | sed 's/.*/#include <&>/' | cc -E - >/dev/null 2>&1
}

has_module() {
    "$python" -c 'import importlib.util, sys
sys.exit(importlib.util.find_spec(sys.argv[1]) is None)' "$1" >/dev/null 2>&1
}

say() {
    echo "${0##*/}: $*" >&2
}

stop() {
    say "$*"
    exit 3
}

# Sets version and python: the interpreter that belongs to the library which pkg-config
# finds. Another python3 may stand first on PATH.
find_python() {
    version=${PYTHONS:-$(pkg-config --modversion python3-embed)}
    case $version in
    *' '*) stop "one interpreter at a time: PYTHONS is '$version'" ;;
    esac
    python=$(pkg-config --variable=exec_prefix "python-$version-embed")/bin/python$version
}

# with_python NEEDS ITS_OWN: sets needs, with those of the interpreter where it is the
# system's.
with_python() {
    find_python
    needs=$1
    case $python in
    /usr/bin/*) needs=$needs$2 ;;
    esac
}

# missing NEEDS COLUMN: the packages whose probe fails.
missing() {
    echo "$1" | sed "/^\$/d; s|@version@|${version-}|; s|@python@|${python-}|" |
        while read -r _ probe what apt dnf pacman zypper; do
            "$probe" "$what" && continue
            case $2 in
            apt-get) echo "$apt" ;;
            dnf) echo "$dnf" ;;
            pacman) echo "$pacman" ;;
            *) echo "$zypper" ;;
            esac
        done | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# The first of the package managers that is there; names only are known for the others.
package_manager() {
    for manager in apt-get dnf pacman zypper; do
        has_command "$manager" && echo "$manager" && return
    done
    echo none
}

apt_get() {
    # shellcheck disable=SC2086 # $as_root is empty or two words
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" >"$apt_log" 2>&1
}

# Fails with apt's own words where the packages cannot be had.
apt_install() {
    apt_log=$(mktemp)
    status=0
    if ! apt_get install --no-install-recommends "$@"; then
        # Most often the lists of packages are missing or too old.
        say "apt-get update"
        if ! apt_get update || ! apt_get install --no-install-recommends "$@"; then
            status=1
            cat "$apt_log" >&2
        fi
    fi
    rm -f "$apt_log"
    return $status
}

# Ends with status 3, but for things that one can do without only says so.
cannot_have() {
    case $kind in
    optional | lab) say "$*; the tests that use it skip" ;;
    simulation) say "$*; goes on without: simulated counters are left out" ;;
    *) stop "$*" ;;
    esac
}

# require build|test|optional|lab|simulation: returns when nothing is missing any more, else
# ends with status 3.
require() {
    kind=$1
    case $kind in
    build) needs=$build_needs ;;
    test) with_python "$test_needs" "$python_needs" ;;
    optional) with_python "$optional_needs" "$python_optional_needs" ;;
    lab) needs=$lab_needs ;;
    simulation) needs=$simulation_needs ;;
    esac
    manager=$(package_manager)
    packages=$(missing "$needs" "$manager")
    [ -n "$packages" ] || return 0

    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif sudo -n true 2>/dev/null; then
        as_root='sudo -n'
    else
        as_root=false
    fi
    case $manager in
    apt-get) by_hand="apt-get install --no-install-recommends $packages" ;;
    pacman) by_hand="pacman -S $packages" ;;
    none) by_hand="(in openSUSE's names) install $packages" ;;
    *) by_hand="$manager install $packages" ;;
    esac
    if [ "$manager" != apt-get ] || [ "$as_root" = false ]; then
        cannot_have "missing packages; an administrator must run: $by_hand"
        return
    fi
    say "installing with apt-get: $packages"
    # shellcheck disable=SC2086 # a list
    if ! apt_install $packages; then
        cannot_have "apt-get could not install $packages"
        return
    fi
    packages=$(missing "$needs" "$manager")
    [ -z "$packages" ] || cannot_have "installed, and yet not usable: $packages"
}
