# Building the machine, and the tests for the guest. Sourced by run.

target=x86_64-unknown-linux-gnu
[ "$arch" = amd64 ] || target=aarch64-unknown-linux-gnu

needs_cross() { [ "$(rustc -vV | sed -n 's/^host: //p')" != "$target" ]; }

# Whether cargo can build for the guest as it is, or with what rustup can get.
add_rust_target() {
    [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ] ||
        rustup target add "$target" >/dev/null 2>&1
}

build_machine() {
    cargo build --quiet --manifest-path "$lab/Cargo.toml" --bin anyserial-lab-machine >&2
    echo "$(target_folder)/debug/anyserial-lab-machine"
}

# Builds the tests as one static program and prints its path. To name the target keeps the flags
# from what runs here, build scripts and macros.
build_tests() {
    local said cargo=(cargo test)
    if needs_cross; then
        export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
        if ! add_rust_target; then
            # Debian's compiler comes with the source of its library, from which cargo builds it.
            export RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc
            # What it builds for this machine is of no use to another compiler.
            CARGO_TARGET_DIR=$(target_folder)/debian
            export CARGO_TARGET_DIR
            cargo=(/usr/bin/cargo test -Zbuild-std)
        fi
    fi
    said=$(RUSTFLAGS='-C target-feature=+crt-static -C strip=symbols' "${cargo[@]}" --no-run \
        --manifest-path "$crate/Cargo.toml" --test "$test" --target "$target" 2>&1) ||
        { echo "$said" >&2; cannot "the tests do not build for $target"; }
    # The path is relative to where cargo was called, or absolute.
    echo "$said" | sed -n 's/.*Executable.*(\(.*\))$/\1/p' | xargs realpath
}

target_folder() {
    cargo metadata --quiet --format-version 1 --no-deps --manifest-path "$lab/Cargo.toml" |
        sed 's/.*"target_directory":"\([^"]*\)".*/\1/'
}
