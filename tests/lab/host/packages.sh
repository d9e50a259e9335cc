# What the lab takes from Debian: tools, which are installed, and the guest's kernel and busybox,
# which are only unpacked into the cache. Sourced by run.

# Names the packages of the tools that are missing.
missing_packages() {
    local qemu=qemu-system-x86 program=qemu-system-x86_64
    [ "$arch" = amd64 ] || { qemu=qemu-system-arm program=qemu-system-aarch64; }
    command -v "$program" >/dev/null || echo "$qemu"
    [ "$arch" != amd64 ] || [ -e /usr/share/seabios/bios-256k.bin ] || echo seabios
    command -v cpio >/dev/null || echo cpio
    # Not on every user's path, but there.
    [ -x /sbin/modprobe ] || [ -x /usr/sbin/modprobe ] || echo kmod
    command -v xz >/dev/null || echo xz-utils
    command -v zstd >/dev/null || echo zstd
    command -v cc >/dev/null || echo gcc libc6-dev
    if needs_cross; then
        command -v aarch64-linux-gnu-gcc >/dev/null ||
            echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross
        add_rust_target || [ -d /usr/lib/rustlib/src ] || echo rustc-web cargo-web rust-web-src
    fi
}

need_tools() {
    command -v apt-get >/dev/null || cannot "it takes its kernels from Debian's packages, and there is no apt-get here"
    command -v cargo >/dev/null || cannot "there is no cargo; see https://rustup.rs"
    PATH=$PATH:/usr/sbin:/sbin
    local packages
    packages=$(missing_packages | xargs)
    [ -n "$packages" ] || return 0
    [ "$(id -u)" = 0 ] || cannot "missing packages; run: apt-get install --no-install-recommends $packages"
    echo "installing $packages" >&2
    # shellcheck disable=SC2086
    { apt-get -o DPkg::Lock::Timeout=300 update -q &&
        apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends $packages; } >&2 ||
        cannot "apt-get cannot install $packages"
}

# apt with lists of its own, in the cache: of the guest's architecture, and as new as the mirror.
guest_apt() {
    local command=$1
    shift
    mkdir -p "$cache/apt/$arch/lists/partial" "$cache/apt/$arch/archives/partial"
    "$command" -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
        -o Dir::State="$cache/apt/$arch" -o Dir::State::status=/dev/null \
        -o Dir::Cache="$cache/apt/$arch" -o APT::Sandbox::User=root "$@"
}

# Unpacks the newest kernel of the series, and a static busybox.
fetch_guest() {
    echo "fetching a $series kernel for $arch" >&2
    guest_apt apt-get -q update >&2 || cannot "apt-get update fails for $arch"
    local kernel
    # Without the flavours (cloud, rt), which have fewer drivers.
    kernel=$(guest_apt apt-cache pkgnames "linux-image-$series." |
        grep -E "^linux-image-[0-9.]+[-0-9]*(\+[a-z0-9]+)*-$arch\$" | sort -V | tail -1) ||
        cannot "this machine's apt sources have no $series kernel for $arch"
    rm -rf "$guest.new"
    mkdir -p "$guest.new"
    (cd "$guest.new" && guest_apt apt-get -q download "$kernel" busybox-static >&2) ||
        cannot "cannot download $kernel and busybox-static"
    for package in "$guest.new"/*.deb; do dpkg -x "$package" "$guest.new/root"; done
    rm "$guest.new"/*.deb
    unpack_kernel "$guest.new"/root/boot/vmlinuz-* "$guest.new/kernel"
    depmod -b "$guest.new/root" "$(ls "$guest.new/root/lib/modules")"
    rm -rf "$guest"
    mv "$guest.new" "$guest"
    echo "$kernel is in $guest" >&2
}

# The ELF kernel in a bzImage: without firmware and unpacking it boots 3 s faster. Any other
# image stays as it is.
unpack_kernel() {
    local magic tool offset
    for tool in 'xz --single-stream' zstd; do
        case $tool in
            xz*) magic='\xfd7zXZ\x00' ;;
            *) magic='\x28\xb5\x2f\xfd' ;;
        esac
        offset=$(LC_ALL=C grep -abo -P "$magic" "$1" | head -1 | cut -d: -f1) || :
        [ -n "$offset" ] || continue
        # What follows the kernel in the image is not compressed, which the tools complain of.
        tail -c "+$((offset + 1))" "$1" | $tool -dc >"$2" 2>/dev/null || :
        [ "$(head -c 4 "$2" | tr -d '\177')" = ELF ] && return
    done
    cp "$1" "$2"
}
