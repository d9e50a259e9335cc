//! Calls to IOKit, which is a framework of C functions.
//!
//! Beside `ioctl.rs` the only file with `unsafe` in it: no crate offers the I/O registry safely.
//! What comes of the calls is plain data; what it means is in `registry.rs`.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_void};
use std::io;
use std::os::fd::OwnedFd;
use std::ptr::null;

use core_foundation::base::{CFType, TCFType};
use core_foundation::number::CFNumber;
use core_foundation::string::CFString;
use io_kit_sys::base::dispatch_queue_t;
use io_kit_sys::keys::{kIOFirstMatchNotification, kIOTerminatedNotification};
use io_kit_sys::types::{io_iterator_t, io_object_t};
use io_kit_sys::{
    IOIteratorIsValid, IOIteratorNext, IOIteratorReset, IONotificationPortCreate,
    IONotificationPortDestroy, IONotificationPortRef, IONotificationPortSetDispatchQueue,
    IOObjectCopyClass, IOObjectRelease, IORegistryEntryCreateCFProperty,
    IORegistryEntryGetParentEntry, IORegistryEntryGetRegistryEntryID,
    IOServiceAddMatchingNotification, IOServiceGetMatchingServices, IOServiceMatching,
    kIOMasterPortDefault,
};

use super::super::macos_registry::{Entry, NUMBERS, TEXTS};

/// The class of terminals.
const TERMINALS: &CStr = c"IOSerialBSDClient";

/// How often to walk through them before giving up on a registry that never rests.
const ATTEMPTS: usize = 16;

/// The tree of which driver stands on which device.
const SERVICES: &CStr = c"IOService";

// From <dispatch/dispatch.h>, which is in the system library.
unsafe extern "C" {
    fn dispatch_queue_create(label: *const c_char, attributes: *const c_void) -> dispatch_queue_t;
    fn dispatch_async_f(
        queue: dispatch_queue_t,
        context: *mut c_void,
        work: unsafe extern "C" fn(*mut c_void),
    );
    fn dispatch_release(object: dispatch_queue_t);
}

/// Every terminal that there is: the number that the registry gives to it and to no other until
/// the system starts again, then its entry and those that it stands on.
pub(super) fn terminals() -> io::Result<Vec<(u64, Vec<Entry>)>> {
    let mut found = 0;
    // SAFETY: the text ends with NUL. The next call takes the dictionary over, NULL too, and
    // writes one iterator.
    let code = unsafe {
        let matching = IOServiceMatching(TERMINALS.as_ptr());
        IOServiceGetMatchingServices(kIOMasterPortDefault, matching, &raw mut found)
    };
    checked(code)?;
    let found = Object(found);
    // A walk that the registry changed under ends early, and says so.
    for _ in 0..ATTEMPTS {
        let mut terminals = Vec::new();
        while let Some(terminal) = found.next() {
            if let Some(id) = terminal.id() {
                terminals.push((id, terminal.line()));
            }
        }
        if found.begins_anew_if_cut_short() {
            continue;
        }
        return Ok(terminals);
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

/// A reference to something of the kernel, given back when this is dropped.
#[derive(Debug)]
struct Object(io_object_t);

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: this is the owner of one reference, or holds 0, which is refused.
        unsafe { IOObjectRelease(self.0) };
    }
}

impl Object {
    /// The next object, if this is an iterator.
    fn next(&self) -> Option<Object> {
        // SAFETY: it takes any object, and gives 0 or one with a reference for the caller.
        let object = unsafe { IOIteratorNext(self.0) };
        (object != 0).then_some(Object(object))
    }

    /// Whether this iterator came to its end too early; then it is at the beginning again.
    fn begins_anew_if_cut_short(&self) -> bool {
        // SAFETY: both take any object.
        unsafe {
            let cut_short = IOIteratorIsValid(self.0) == 0;
            if cut_short {
                IOIteratorReset(self.0);
            }
            cut_short
        }
    }

    fn id(&self) -> Option<u64> {
        let mut id = 0;
        // SAFETY: it writes one number.
        let code = unsafe { IORegistryEntryGetRegistryEntryID(self.0, &raw mut id) };
        (code == 0).then_some(id)
    }

    fn parent(&self) -> Option<Object> {
        let mut parent = 0;
        // SAFETY: the text ends with NUL; it writes one object with a reference for the caller.
        let code =
            unsafe { IORegistryEntryGetParentEntry(self.0, SERVICES.as_ptr(), &raw mut parent) };
        (code == 0).then_some(Object(parent))
    }

    /// The entry of this object, and those of all that it stands on.
    fn line(&self) -> Vec<Entry> {
        let mut line = vec![self.entry()];
        let mut above = self.parent();
        while let Some(object) = above {
            line.push(object.entry());
            above = object.parent();
        }
        line
    }

    fn entry(&self) -> Entry {
        let texts = TEXTS.into_iter().filter_map(|key| {
            let text = self.property(key)?.downcast_into::<CFString>()?;
            Some((key, text.to_string()))
        });
        let numbers = NUMBERS.into_iter().filter_map(|key| {
            let number = self.property(key)?.downcast_into::<CFNumber>()?.to_i64()?;
            Some((key, number.cast_unsigned()))
        });
        Entry {
            class: self.class().unwrap_or_default(),
            texts: texts.collect(),
            numbers: numbers.collect(),
        }
    }

    fn class(&self) -> Option<String> {
        // SAFETY: it gives NULL or a string of which the caller becomes an owner, as the wrapper
        // expects it.
        unsafe {
            let class = IOObjectCopyClass(self.0);
            (!class.is_null()).then(|| CFString::wrap_under_create_rule(class).to_string())
        }
    }

    fn property(&self, key: &str) -> Option<CFType> {
        let key = CFString::new(key);
        // SAFETY: the key lives for the call; no allocator means the usual one. It gives NULL or
        // an object of which the caller becomes an owner, as the wrapper expects it.
        unsafe {
            let value =
                IORegistryEntryCreateCFProperty(self.0, key.as_concrete_TypeRef(), null(), 0);
            (!value.is_null()).then(|| CFType::wrap_under_create_rule(value))
        }
    }
}

/// A byte to a descriptor whenever a terminal has come or gone, until this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    /// Where the system makes its calls, one at a time.
    queue: dispatch_queue_t,
    /// `None` only while being dropped.
    subscription: Option<Box<Subscription>>,
}

/// What the calls on the queue come of. It ends on the queue too, so that none is under way then.
#[derive(Debug)]
struct Subscription {
    port: IONotificationPortRef,
    /// The notifications go on for as long as these are there.
    iterators: Vec<Object>,
    /// The descriptor, lent to the calls: a box.
    tell: *mut OwnedFd,
}

// SAFETY: the pointers are the system's own objects, which any thread may use, and a descriptor
// that is used in calls on the queue alone.
unsafe impl Send for Watch {}
// SAFETY: there is nothing to be done through a shared reference.
unsafe impl Sync for Watch {}

impl Watch {
    /// Begins to watch. Writing to `tell`, which may fail, must not block.
    pub(super) fn new(tell: OwnedFd) -> io::Result<Self> {
        // SAFETY: the text ends with NUL, no attributes make a serial queue; both calls give NULL
        // or an object of which the caller is the owner.
        let (queue, port) = unsafe {
            let queue = dispatch_queue_create(c"anyserial.ports".as_ptr(), null());
            (queue, IONotificationPortCreate(kIOMasterPortDefault))
        };
        let mut subscription = Box::new(Subscription {
            port,
            iterators: Vec::new(),
            tell: Box::into_raw(Box::new(tell)),
        });
        let outcome = if queue.is_null() || port.is_null() {
            Err(io::Error::other("IOKit has no notifications"))
        } else {
            // SAFETY: both are what this asks for; the subscription ends before the queue.
            unsafe { IONotificationPortSetDispatchQueue(port, queue) };
            [kIOFirstMatchNotification, kIOTerminatedNotification]
                .into_iter()
                .try_for_each(|event| subscription.add(event))
        };
        // Before the error, if there is one: this knows how to end it.
        let watch = Watch {
            queue,
            subscription: Some(subscription),
        };
        outcome.map(|()| watch)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let Some(subscription) = self.subscription.take() else {
            return;
        };
        if self.queue.is_null() {
            // Then no call can be under way, or ever comes.
            return;
        }
        // SAFETY: `end` gets the box that it expects, once. This owned the queue, which keeps
        // itself until it has done what it was given.
        unsafe {
            dispatch_async_f(self.queue, Box::into_raw(subscription).cast(), end);
            dispatch_release(self.queue);
        }
    }
}

impl Subscription {
    fn add(&mut self, event: *const c_char) -> io::Result<()> {
        let mut iterator = 0;
        // SAFETY: the texts end with NUL. The second call takes the dictionary over, NULL too, and
        // writes one iterator. The descriptor lives until no call comes any more: see `drop`.
        let code = unsafe {
            let matching = IOServiceMatching(TERMINALS.as_ptr());
            IOServiceAddMatchingNotification(
                self.port,
                event,
                matching,
                has_changed,
                self.tell.cast(),
                &raw mut iterator,
            )
        };
        checked(code)?;
        self.iterators.push(Object(iterator));
        // The system tells of the next one only once it was asked for all that it knows.
        exhaust(iterator);
        Ok(())
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        // SAFETY: this owns what it uses here, and uses it no more after this. It runs where the
        // calls run, or where there are none, so none is under way; and none comes once the port
        // is destroyed.
        unsafe {
            if !self.port.is_null() {
                IONotificationPortDestroy(self.port);
            }
            drop(Box::from_raw(self.tell));
        }
    }
}

/// Ends a subscription.
unsafe extern "C" fn end(subscription: *mut c_void) {
    // SAFETY: `Watch::drop` made this of a box and hands it on once.
    drop(unsafe { Box::from_raw(subscription.cast::<Subscription>()) });
}

/// What the system calls when terminals have come or gone.
unsafe extern "C" fn has_changed(tell: *mut c_void, iterator: io_iterator_t) {
    exhaust(iterator);
    // SAFETY: `Subscription::add` gave this pointer, and what it points to lives until no such
    // call comes any more.
    let tell = unsafe { &*tell.cast::<OwnedFd>() };
    // If there is no room, it has been told and not yet heard.
    let _ = rustix::io::write(tell, &[1]);
}

fn exhaust(iterator: io_iterator_t) {
    loop {
        // SAFETY: it takes any object, and gives 0 or one with a reference for the caller.
        let object = unsafe { IOIteratorNext(iterator) };
        if object == 0 {
            return;
        }
        drop(Object(object));
    }
}

fn checked(code: i32) -> io::Result<()> {
    match code {
        0 => Ok(()),
        code => Err(io::Error::other(format!("IOKit error {code:#010x}"))),
    }
}
