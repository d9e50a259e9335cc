//! The runtimes that every test runs under.

use std::sync::Arc;

use anyserial::reactor::{AsyncIo, BoxFuture, Reactor};
use anyserial_tokio::Tokio;
use futures::executor::{LocalPool, ThreadPool};
use futures::task::{LocalSpawnExt, SpawnExt};
use tokio::runtime::Builder;

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
    Runtime {
        name: "async_std",
        run: |body| {
            let env = Env::new(Arc::new(AsyncIo), |task| {
                drop(async_std::task::spawn(task));
            });
            async_std::task::block_on(async_std::task::spawn(body(env)));
        },
    },
    Runtime {
        name: "tokio_1",
        run: |body| {
            let runtime = current_thread();
            runtime.block_on(body(on_tokio(&runtime, None)));
        },
    },
    Runtime {
        name: "tokio_n",
        run: |body| {
            let runtime = Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            let test = runtime.spawn(body(on_tokio(&runtime, None)));
            let outcome = runtime.block_on(test);
            if let Err(error) = outcome {
                std::panic::resume_unwind(error.into_panic());
            }
        },
    },
    Runtime {
        name: "tokio+async_io",
        run: |body| {
            let runtime = current_thread();
            runtime.block_on(body(on_tokio(&runtime, Some(Arc::new(AsyncIo)))));
        },
    },
    Runtime {
        name: "pollster",
        run: |body| pollster::block_on(body(on_threads())),
    },
    Runtime {
        name: "thread_pool",
        run: |body| {
            let pool = ThreadPool::builder().pool_size(2).create().unwrap();
            let spawner = pool.clone();
            let env = Env::new(Arc::new(AsyncIo), move |task| spawner.spawn_ok(task));
            let test = pool.spawn_with_handle(body(env)).unwrap();
            futures::executor::block_on(test);
        },
    },
    Runtime {
        name: "local_pool",
        run: |body| {
            // Its spawner stays on its thread; what tests spawn goes there through a queue.
            let (spawn, spawned) = async_channel::unbounded();
            let env = Env::new(Arc::new(AsyncIo), move |task| {
                let _ = spawn.try_send(task);
            });
            let mut pool = LocalPool::new();
            let spawner = pool.spawner();
            pool.spawner()
                .spawn_local(async move {
                    while let Ok(task) = spawned.recv().await {
                        spawner.spawn_local(task).unwrap();
                    }
                })
                .unwrap();
            pool.run_until(body(env));
        },
    },
];

/// An executor that runs but one future has a thread for each further one.
fn on_threads() -> Env {
    Env::new(Arc::new(AsyncIo), |task: BoxFuture<'static, ()>| {
        std::thread::spawn(|| futures_lite::future::block_on(task));
    })
}

fn current_thread() -> tokio::runtime::Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// On a tokio runtime, with its own reactor unless there is another.
fn on_tokio(runtime: &tokio::runtime::Runtime, reactor: Option<Arc<dyn Reactor>>) -> Env {
    let handle = runtime.handle().clone();
    let reactor = reactor.unwrap_or_else(|| Arc::new(Tokio::new(handle.clone())));
    Env::new(reactor, move |task| drop(handle.spawn(task)))
}
