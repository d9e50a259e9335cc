//! Trees of files and links, as sysfs has them, from a text.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A folder with a tree in it, which goes when this is dropped.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// An empty folder.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    #[must_use]
    pub fn new() -> Self {
        static TREES: AtomicUsize = AtomicUsize::new(0);
        let number = TREES.fetch_add(1, Ordering::Relaxed);
        let name = format!("anyserial-tree-{}-{number}", std::process::id());
        // In memory where there is such a folder: a disk takes seconds for thousands of files.
        let memory = Path::new("/dev/shm");
        let temporary = std::env::temp_dir();
        let folder = if memory.is_dir() { memory } else { &temporary };
        let root = folder.join(name);
        fs::create_dir_all(&root).unwrap();
        // Comparable with what links lead to.
        let root = root.canonicalize().unwrap();
        Tree { root }
    }

    /// The recorded tree of this name, of `tests/data/sysfs`.
    #[must_use]
    pub fn recorded(name: &str) -> Self {
        let tree = Tree::new();
        tree.add(&fs::read_to_string(data(name, "tree")).unwrap());
        tree
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Adds what a text describes, a line each: `f FILE = TEXT`, `l LINK -> TARGET`, `d FOLDER`;
    /// `#` begins a comment. In a text, `\n` and `\xNN` stand for bytes.
    pub fn add(&self, text: &str) {
        for line in text.lines() {
            if let Some(line) = line.strip_prefix("f ") {
                let (path, text) = line.split_once(" =").unwrap();
                let text = text.strip_prefix(' ').unwrap_or(text);
                let mut bytes = bytes(text);
                bytes.push(b'\n');
                fs::write(self.place(path), bytes).unwrap();
            } else if let Some(line) = line.strip_prefix("l ") {
                let (path, target) = line.split_once(" -> ").unwrap();
                symlink(target, self.place(path)).unwrap();
            } else if let Some(path) = line.strip_prefix("d ") {
                fs::create_dir_all(self.place(path)).unwrap();
            } else {
                assert!(line.is_empty() || line.starts_with('#'), "{line}");
            }
        }
    }

    /// Adds a USB adapter with one port, and its node if asked.
    pub fn add_adapter(&self, name: &str, socket: &str, serial: &str) {
        let device = format!("sys/devices/usb1/{socket}");
        let up = "../../../..";
        self.add(&format!(
            "f {device}/idVendor = 0403\nf {device}/idProduct = 6001\nf {device}/serial = {serial}\n\
             f {device}/{socket}:1.0/bInterfaceNumber = 00\n\
             l {device}/{socket}:1.0/subsystem -> {up}/bus/usb\n\
             l {device}/{socket}:1.0/{name}/subsystem -> ../{up}/bus/usb-serial\n\
             l {device}/{socket}:1.0/{name}/tty/{name}/device -> ../../../{name}\n\
             f {device}/{socket}:1.0/{name}/tty/{name}/uevent = MAJOR=188\\nMINOR=0\\nDEVNAME={name}\n\
             l sys/class/tty/{name} -> ../../devices/usb1/{socket}/{socket}:1.0/{name}/tty/{name}\n"
        ));
    }

    /// Takes an adapter away. Its folder is only moved, so that the next one is another.
    pub fn remove_adapter(&self, name: &str, socket: &str) {
        static REMOVED: AtomicUsize = AtomicUsize::new(0);
        let number = REMOVED.fetch_add(1, Ordering::Relaxed);
        fs::remove_file(self.root.join("sys/class/tty").join(name)).unwrap();
        fs::rename(
            self.root.join("sys/devices/usb1").join(socket),
            self.root.join(format!("removed-{number}")),
        )
        .unwrap();
    }

    /// The path in the tree, whose folder is there.
    fn place(&self, path: &str) -> PathBuf {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Compares a text with the one of this name of `tests/data/sysfs`, or writes it there if
/// `ANYSERIAL_BLESS` is set.
///
/// # Panics
///
/// If they differ.
pub fn assert_snapshot(name: &str, text: &str) {
    let path = data(name, "ports");
    if std::env::var_os("ANYSERIAL_BLESS").is_some() {
        fs::write(&path, text).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap();
    assert!(
        text == expected,
        "{} is not what is found:\n{text}",
        path.display()
    );
}

fn data(name: &str, extension: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sysfs");
    folder.join(name).with_extension(extension)
}

fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut parts = text.split('\\');
    bytes.extend(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        if let Some(rest) = part.strip_prefix('n') {
            bytes.push(b'\n');
            bytes.extend(rest.as_bytes());
        } else {
            let rest = part.strip_prefix('x').unwrap();
            bytes.push(u8::from_str_radix(&rest[..2], 16).unwrap());
            bytes.extend(&rest.as_bytes()[2..]);
        }
    }
    bytes
}
