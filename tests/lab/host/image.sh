# The guest's file system: busybox, drivers, the first process. Sourced by run.

# Drivers, without what they depend on. The others are in the kernel.
modules() {
    echo virtio_pci virtio_console
    [ "$arch" != amd64 ] || echo xhci_pci ftdi_sio cdc_acm dummy_hcd usb_f_acm vhci_hcd
}

# Makes the part that only changes with the kernel and the lab itself. It is not compressed: to
# unpack takes the guest longer than to read.
make_image() {
    local image=$guest/image root=$guest/root stage module path
    for path in "$guest/kernel" "$lab/guest/init" "$lab/host/image.sh"; do
        [ "$image" -nt "$path" ] || rm -f "$image"
    done
    [ -e "$image" ] && return
    stage=$(mktemp -d)
    chmod 755 "$stage"
    mkdir -p "$stage"/{bin,dev,proc,sys,tmp,modules}
    cp "$root"/bin/busybox "$stage/bin/" 2>/dev/null || cp "$root"/usr/bin/busybox "$stage/bin/"
    cp "$lab/guest/init" "$stage/init"
    # What a driver depends on comes before it.
    for module in $(modules); do
        modprobe -d "$root" -S "$(ls "$root/lib/modules")" --show-depends "$module" ||
            cannot "the kernel in $guest has no driver $module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
        module=$(basename "$path")
        case $path in
            *.xz) module=${module%.xz} && xz -dc "$path" >"$stage/modules/$module" ;;
            *.zst) module=${module%.zst} && zstd -qdc "$path" >"$stage/modules/$module" ;;
            *) cp "$path" "$stage/modules/$module" ;;
        esac
        echo "$module" >>"$stage/modules/order"
    done
    (cd "$stage" && find . | cpio --quiet -o -H newc -R 0:0) >"$image.new"
    mv "$image.new" "$image"
    rm -rf "$stage"
}

# add_job TESTS INITRD ARGUMENTS...: the image and, after it, what this run is about.
add_job() {
    local tests=$1 initrd=$2 stage
    shift 2
    stage=$(mktemp -d)
    chmod 755 "$stage"
    mkdir "$stage/job"
    cp "$tests" "$stage/job/tests"
    if [ -d "$crate/data" ]; then
        # Where the tests were built to look for it.
        mkdir -p "$stage$crate"
        cp -r "$crate/data" "$stage$crate/"
    fi
    [ $# = 0 ] || printf '%s\n' "$@" >"$stage/job/arguments"
    [ $# != 0 ] || : >"$stage/job/arguments"
    { cat "$guest/image"; (cd "$stage" && find . | cpio --quiet -o -H newc -R 0:0); } >"$initrd"
    rm -rf "$stage"
}
