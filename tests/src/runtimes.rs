//! The runtimes that every test runs under.

use std::sync::Arc;

use anyserial::reactor::{AsyncIo, BoxFuture};

use crate::{Body, Env};

/// A way to run a test.
#[derive(Debug, Clone, Copy)]
pub struct Runtime {
    /// Its name in the table and in the names of the tests.
    pub name: &'static str,
    /// Runs one test to its end.
    pub run: fn(Body),
}

/// All of them.
pub const RUNTIMES: &[Runtime] = &[
    Runtime {
        name: "block_on",
        run: |body| futures_lite::future::block_on(body(on_threads())),
    },
    Runtime {
        name: "async_io",
        run: |body| async_io::block_on(body(on_threads())),
    },
    Runtime {
        name: "smol",
        run: |body| {
            let env = Env::new(Arc::new(AsyncIo), |task| smol::spawn(task).detach());
            smol::block_on(smol::spawn(body(env)));
        },
    },
];

/// An executor that runs but one future has a thread for each further one.
fn on_threads() -> Env {
    Env::new(Arc::new(AsyncIo), |task: BoxFuture<'static, ()>| {
        std::thread::spawn(|| futures_lite::future::block_on(task));
    })
}
