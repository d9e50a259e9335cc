//! What holds of the tokio adapter alone.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::process::Command;
use std::time::Duration;

use anyserial_tests::{FarEnd, child};
use anyserial_tokio::{Error, SerialPort, Tokio, testing};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn outside_of_a_runtime_opening_is_an_error() {
    let far = FarEnd::new();
    let opened = futures_lite::future::block_on(SerialPort::open(far.path(), 9600));
    let error = opened.unwrap_err();
    assert!(matches!(error, Error::NoReactor { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        format!(
            "{}: call this inside of a tokio runtime: there is no reactor running, must be \
             called from the context of a Tokio 1.x runtime",
            far.path().display()
        )
    );
    assert_eq!(error.path(), Some(far.path()));
    assert!(matches!(testing::pair(), Err(Error::NoReactor { .. })));
    let pair = futures_lite::future::block_on(testing::pty_pair());
    assert!(matches!(pair, Err(Error::NoReactor { .. })));
    // Nothing is left open or locked.
    current_thread()
        .block_on(SerialPort::open(far.path(), 9600))
        .unwrap();
}

#[test]
fn a_runtime_without_drivers_is_an_error() {
    let far = FarEnd::new();
    for runtime in [
        Builder::new_current_thread().build().unwrap(),
        Builder::new_current_thread().enable_time().build().unwrap(),
        Builder::new_current_thread().enable_io().build().unwrap(),
    ] {
        let error = runtime
            .block_on(SerialPort::open(far.path(), 9600))
            .unwrap_err();
        assert!(matches!(error, Error::NoReactor { .. }), "{error}");
        assert!(error.to_string().contains("enable_all"), "{error}");
    }
}

#[test]
fn a_runtime_that_is_gone_is_an_error() {
    let far = FarEnd::new();
    let runtime = current_thread();
    let tokio = Tokio::new(runtime.handle().clone());
    drop(runtime);
    let opened = anyserial::SerialPort::open_with(std::sync::Arc::new(tokio), far.path(), 9600);
    let error = futures_lite::future::block_on(opened).unwrap_err();
    assert!(matches!(error, Error::NoReactor { .. }), "{error}");
}

#[test]
fn works_in_a_local_set() {
    let runtime = current_thread();
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        let (mut near, mut far) = testing::pty_pair().await.unwrap();
        // Not `Send`, so this task can only be a local one.
        let kept = std::rc::Rc::new(());
        let echo = tokio::task::spawn_local(async move {
            let _kept = kept;
            let query = far.receive_available(64).await.unwrap();
            far.send(&query).await.unwrap();
            far
        });
        near.write_all(b"ping").await.unwrap();
        let mut reply = [0; 4];
        near.read_exact(&mut reply).await.unwrap();
        assert_eq!(&reply, b"ping");
        echo.await.unwrap();
    });
}

#[test]
fn tokio_traits_of_the_port_and_its_halves() {
    current_thread().block_on(async {
        let (mut near, mut far) = testing::pty_pair().await.unwrap();
        assert!(near.is_write_vectored());
        let data = [IoSlice::new(b"ab"), IoSlice::new(b"cd")];
        assert_eq!(near.write_vectored(&data).await.unwrap(), 4);
        near.flush().await.unwrap();

        // Space that was never initialized, behind some that is filled already.
        let mut space = [MaybeUninit::uninit(); 16];
        let mut buf = ReadBuf::uninit(&mut space);
        buf.put_slice(b">");
        while buf.filled().len() < 5 {
            std::future::poll_fn(|cx| {
                tokio::io::AsyncRead::poll_read(std::pin::Pin::new(&mut far), cx, &mut buf)
            })
            .await
            .unwrap();
        }
        assert_eq!(buf.filled(), b">abcd");
        // Only what was read counts as initialized.
        assert_eq!(buf.initialized().len(), 5);

        let (mut read, mut write) = near.split();
        // Methods of the core's halves and of `Control` are here too.
        assert_eq!(read.path(), write.path());
        write.send(b"1").await.unwrap();
        assert!(write.is_write_vectored());
        far.write_all(b"2").await.unwrap();
        assert_eq!(read.read_u8().await.unwrap(), b'2');
        assert_eq!(far.read_u8().await.unwrap(), b'1');

        let (mut read, mut write) = near.into_split();
        let writing = tokio::spawn(async move {
            write.write_all(b"3").await.unwrap();
            write.shutdown().await.unwrap();
            write
        });
        assert_eq!(far.read_u8().await.unwrap(), b'3');
        far.send(b"4").await.unwrap();
        assert_eq!(read.read_u8().await.unwrap(), b'4');
        let near = read.reunite(writing.await.unwrap()).unwrap();

        let (other, _far) = testing::pair().unwrap();
        let (near_read, near_write) = near.into_split();
        let (other_read, other_write) = other.into_split();
        let error = near_read.reunite(other_write).unwrap_err();
        assert!(error.to_string().starts_with("cannot reunite halves"));
        let anyserial_tokio::ReuniteError(near_read, other_write) = error;
        near_write
            .reunite(near_read)
            .unwrap()
            .close()
            .await
            .unwrap();
        other_read.reunite(other_write).unwrap();
    });
}

#[test]
fn a_port_whose_runtime_is_gone_gives_errors_and_no_panic() {
    let runtime = current_thread();
    let (mut near, far) = runtime.block_on(testing::pty_pair()).unwrap();
    let control = near.control();
    let mut waiting = Box::pin(async move { control.send_break(Duration::from_millis(20)).await });
    runtime.block_on(async {
        assert!(
            futures_lite::future::poll_once(&mut waiting)
                .await
                .is_none()
        );
    });
    drop(runtime);
    futures_lite::future::block_on(async {
        // Time goes on, for a break under way and for a new one.
        waiting.await.unwrap();
        near.send_break(Duration::from_millis(1)).await.unwrap();
        let error = anyserial::SerialPort::receive(&mut near, &mut [0; 8]).await;
        assert!(matches!(error, Err(Error::Io { .. })), "{error:?}");
        near.send(b"there is room").await.unwrap();
        let full = async { while near.send(&[0; 4096]).await.is_ok() {} };
        full.await;
        near.close().await.unwrap();
    });
    drop(far);
}

#[test]
fn time_goes_on_without_a_time_driver() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let tokio = std::sync::Arc::new(Tokio::new(runtime.handle().clone()));
    let (near, _far) = anyserial::testing::pair_with(tokio);
    runtime
        .block_on(near.send_break(Duration::from_millis(1)))
        .unwrap();
}

/// The threads of this process.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn a_port_costs_no_thread() {
    child::alone("a_port_costs_no_thread", || {
        let far = FarEnd::new();
        let runtime = Builder::new_current_thread()
            .enable_all()
            .thread_keep_alive(Duration::from_millis(1))
            .build()
            .unwrap();
        runtime.block_on(async {
            let before = threads();
            let mut port = SerialPort::open(far.path(), 9600).await.unwrap();
            let mut buf = [0; 8];
            let waiting = tokio::time::timeout(Duration::from_millis(5), port.read(&mut buf));
            assert!(waiting.await.is_err());
            port.drain().await.unwrap();
            // The thread that opened it is one of the runtime's own, which ends by itself.
            while threads() > before {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
    });
}

#[test]
fn the_graph_of_a_tokio_application_has_no_second_reactor() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none"])
        .args(["--package", "anyserial-tokio"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{tree:?}");
    let tree = String::from_utf8(tree.stdout).unwrap();
    let has = |name: &str| tree.lines().any(|line| line.starts_with(name));
    assert!(has("tokio v") && has("anyserial v"), "{tree}");
    for other in ["async-io ", "polling ", "blocking ", "smol ", "async-std "] {
        assert!(!has(other), "{other}is in it:\n{tree}");
    }
}
