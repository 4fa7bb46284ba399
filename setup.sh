#!/bin/sh
# Makes the environment .venv and installs into it: what the app needs, or with --dev also what
# training and the tests need. Safe to run again. Used by both commands of the README and by CI.
set -eu
cd "$(dirname "$0")"

requirements=requirements.txt
libraries="libgl1 libglib2.0-0 libegl1"
# What Qt's windows need (X11 and Wayland), and what lists its cameras (libpulse0 and the rest).
libraries="$libraries libx11-xcb1 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-randr0
    libxcb-shape0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1 libxcb-glx0 libxkbcommon-x11-0 libdbus-1-3
    libfontconfig1 libwayland-cursor0 libwayland-egl1
    libpulse0 libxrandr2 libgssapi-krb5-2 libbrotli1"
case "${1:-}" in
    "") ;;
    --dev)
        requirements=requirements-dev.txt
        # Mesa's software renderer, for SynthGaze where there is no GPU; an X server without a
        # screen, for the window where there is none.
        libraries="$libraries libegl-mesa0 libgl1-mesa-dri xvfb"
        ;;
    *)
        echo "setup.sh: unknown option '$1': use none, or --dev." >&2
        exit 2
        ;;
esac

python=
for candidate in "${PYTHON:-}" python3.12 python3.11 python3; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "setup.sh: Python 3.11 or 3.12 is needed and was not found: install one of them." >&2
    exit 2
fi

# A bare Debian or Ubuntu (a server, a container) lacks libraries that every desktop has.
if command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then
    missing=
    for library in $libraries; do
        # Ubuntu 24.04 calls libglib2.0-0 libglib2.0-0t64, which provides the old name.
        dpkg-query -W -f '${db:Status-Status}\n' "$library" "${library}t64" 2>/dev/null |
            grep -qx installed || missing="$missing $library"
    done
    if [ -n "$missing" ]; then
        root=
        [ "$(id -u)" = 0 ] || root=sudo
        echo "setup.sh: installing$missing"
        # shellcheck disable=SC2086
        if ! { $root apt-get update -qq &&
            DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq $missing; } >/dev/null; then
            echo "setup.sh: could not install$missing: install them by hand, then run this again." >&2
            exit 2
        fi
    fi
fi

# An environment that an earlier try left unfinished, or of another Python, is made anew.
if ! .venv/bin/python -c 'import pip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
    2>/dev/null; then
    rm -rf .venv
    if ! "$python" -m venv .venv; then
        rm -rf .venv
        echo "setup.sh: could not make .venv: on Debian or Ubuntu install python3-venv first." >&2
        exit 2
    fi
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$requirements"
