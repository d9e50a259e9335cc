//! What a test asks its runtime for.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyserial::reactor::{BoxFuture, Reactor};
use anyserial::testing::{self, PairBuilder};
use anyserial::{Result, SerialConfig, SerialPort};

use crate::FarEnd;

/// How long a test may take before it counts as hung.
const HUNG: Duration = Duration::from_secs(60);

type Spawn = Arc<dyn Fn(BoxFuture<'static, ()>) + Send + Sync>;

/// One test's view of the runtime that it runs under.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "nobody prints it")]
pub struct Env {
    reactor: Arc<dyn Reactor>,
    spawn: Spawn,
}

impl Env {
    /// An environment on this reactor, whose tasks are started by `spawn`.
    pub fn new(
        reactor: Arc<dyn Reactor>,
        spawn: impl Fn(BoxFuture<'static, ()>) + Send + Sync + 'static,
    ) -> Self {
        Env {
            reactor,
            spawn: Arc::new(spawn),
        }
    }

    /// The reactor of the runtime.
    #[must_use]
    pub fn reactor(&self) -> Arc<dyn Reactor> {
        Arc::clone(&self.reactor)
    }

    /// Opens a port.
    ///
    /// # Errors
    ///
    /// Those of [`SerialPort::open_with`].
    pub async fn open(
        &self,
        path: impl AsRef<Path>,
        config: impl Into<SerialConfig>,
    ) -> Result<SerialPort> {
        SerialPort::open_with(self.reactor(), path, config).await
    }

    /// A port on a fresh pseudo-terminal, and the raw descriptor of its far end.
    pub async fn pty(&self) -> (SerialPort, FarEnd) {
        self.pty_with(SerialConfig::default()).await
    }

    /// The same with a configuration.
    pub async fn pty_with(&self, config: SerialConfig) -> (SerialPort, FarEnd) {
        let far = FarEnd::new();
        let port = self.open(far.path(), config).await.unwrap();
        (port, far)
    }

    /// Two ports on a fresh pseudo-terminal.
    pub async fn pty_pair(&self) -> (SerialPort, SerialPort) {
        testing::pty_pair_with(self.reactor()).await.unwrap()
    }

    /// Two ports connected in memory.
    #[must_use]
    pub fn pair(&self) -> (SerialPort, SerialPort) {
        testing::pair_with(self.reactor())
    }

    /// A pair in memory that is yet to be arranged.
    #[must_use]
    pub fn pair_builder(&self) -> PairBuilder {
        PairBuilder::new(self.reactor())
    }

    /// Starts a task.
    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        let (done, outcome) = async_channel::bounded(1);
        (self.spawn)(Box::pin(async move {
            let _ = done.send(future.await).await;
        }));
        Task(outcome)
    }

    /// Waits for this long: only where time itself is what is tested.
    pub async fn sleep(&self, duration: Duration) {
        self.reactor.sleep(duration).await;
    }

    /// The outcome of a future, or `None` if it is not ready within this time.
    pub async fn within<T>(
        &self,
        duration: Duration,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        futures_lite::future::or(async { Some(future.await) }, async {
            self.reactor.sleep(duration).await;
            None
        })
        .await
    }

    /// The outcome of a future; a panic if it hangs.
    pub async fn bounded<T>(&self, future: impl Future<Output = T>) -> T {
        self.within(HUNG, future)
            .await
            .expect("this hangs: not ready within a minute")
    }

    /// The longest time that a task of this executor had to wait for its turn while `future`
    /// ran, beside the outcome of the future. The future runs on a task of its own too.
    pub async fn stall_during<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> (Duration, T) {
        let watched = self.spawn(future);
        let mut longest = Duration::ZERO;
        let mut last = std::time::Instant::now();
        let outcome = {
            let mut watched = std::pin::pin!(watched.join());
            std::future::poll_fn(|cx| {
                longest = longest.max(last.elapsed());
                last = std::time::Instant::now();
                // Come back at once: what keeps this task from being polled is the executor.
                let outcome = watched.as_mut().poll(cx);
                cx.waker().wake_by_ref();
                outcome
            })
            .await
        };
        (longest, outcome)
    }
}

/// A task that was started by [`Env::spawn`]. It goes on if this is dropped.
#[derive(Debug)]
pub struct Task<T>(async_channel::Receiver<T>);

impl<T> Task<T> {
    /// Waits for the end of the task.
    ///
    /// # Panics
    ///
    /// If the task panicked.
    pub async fn join(self) -> T {
        self.0.recv().await.expect("the task panicked")
    }
}
