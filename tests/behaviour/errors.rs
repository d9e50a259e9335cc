//! Every error: reached, and its message read. (`Disconnected`, `Closed`, `TimedOut`, `Busy` and
//! `UnsupportedConfiguration` are where their behaviour is; `NoHardware` is in the lab, where
//! there is a node without hardware.)

use std::error::Error as _;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

use anyserial::{Error, Feature, ModemLines, SerialPort};
use anyserial_tests::{Env, FarEnd};

/// A folder that goes when the test does.
pub(crate) struct Folder(std::path::PathBuf);

impl Folder {
    pub(crate) fn new(env: &Env) -> Self {
        let unique = format!("anyserial-{}-{:p}", std::process::id(), env);
        let path = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) async fn opening(env: Env) {
    let folder = Folder::new(&env);
    let missing = folder.0.join("ttyUSB0");
    let error = env.open(&missing, 9600).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }));
    assert_eq!(
        error.to_string(),
        format!(
            "{}: no such serial port; is the device plugged in?",
            missing.display()
        )
    );
    assert_eq!(error.path(), Some(missing.as_path()));
    assert!(error.source().is_some());
    let error = env.open("", 9600).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");

    let plain = folder.0.join("plain");
    std::fs::write(&plain, "text").unwrap();
    let below = env.open(plain.join("below"), 9600).await.unwrap_err();
    assert!(matches!(below, Error::NotFound { .. }), "{below}");
    let socket = folder.0.join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    for path in [plain.as_path(), &folder.0, &socket, Path::new("/dev/null")] {
        let error = env.open(path, 9600).await.unwrap_err();
        assert!(matches!(error, Error::NotSerialPort { .. }), "{error}");
        assert_eq!(
            error.to_string(),
            format!("{}: not a serial port", path.display())
        );
    }
    assert_eq!(std::fs::read(&plain).unwrap(), b"text");

    let listener = UnixListener::bind(folder.0.join("other")).unwrap();
    let error = SerialPort::from_fd_with(env.reactor(), listener, 9600)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotSerialPort { .. }), "{error}");

    // Root may open everything.
    if !rustix::process::geteuid().is_root() {
        let far = FarEnd::new();
        std::fs::set_permissions(far.path(), std::fs::Permissions::from_mode(0o000)).unwrap();
        let error = env.open(far.path(), 9600).await.unwrap_err();
        assert!(matches!(error, Error::PermissionDenied { .. }), "{error}");
    }
}

pub(crate) async fn bad_arguments(env: Env) {
    let message = |error: Error| {
        assert!(matches!(error, Error::InvalidArgument { .. }));
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        error.to_string()
    };
    let (mut port, _far) = env.pair();
    assert_eq!(
        message(port.receive(&mut []).await.unwrap_err()),
        "invalid buffer: it is empty"
    );
    assert_eq!(
        message(port.receive_vectored(&mut []).await.unwrap_err()),
        "invalid buffer: it is empty"
    );
    assert_eq!(
        message(port.receive_available(0).await.unwrap_err()),
        "invalid limit: it is 0"
    );
    assert_eq!(
        message(port.send_some(&[]).await.unwrap_err()),
        "invalid data: it is empty"
    );
    assert_eq!(
        message(port.send_vectored(&[]).await.unwrap_err()),
        "invalid data: it is empty"
    );
    // All of nothing is sent.
    port.send(&[]).await.unwrap();
    assert_eq!(
        message(port.wait_modem_change(ModemLines::NONE).await.unwrap_err()),
        "invalid mask: it names no line"
    );
    let interval = port.wait_modem_change_every(std::time::Duration::ZERO, ModemLines::ALL);
    assert_eq!(
        message(interval.await.unwrap_err()),
        "invalid interval: it is zero"
    );
    let nul = env.open("/dev/tty\0USB0", 9600).await.unwrap_err();
    assert!(message(nul).starts_with("invalid path: "));
    let error = env.open("/dev/ttyUSB0", 0).await.unwrap_err();
    assert!(matches!(
        error,
        Error::InvalidConfiguration {
            field: "baud_rate",
            ..
        }
    ));
}

pub(crate) async fn missing_features(env: Env) {
    let (port, _far) = env.pty().await;
    for (error, feature, text) in [
        (
            port.modem_lines().await.unwrap_err(),
            Feature::ModemLines,
            "reading the modem lines",
        ),
        (
            port.control_lines().await.unwrap_err(),
            Feature::ControlLines,
            "access to the control lines",
        ),
        (
            port.set_control_lines(Some(true), Some(false))
                .await
                .unwrap_err(),
            Feature::ControlLines,
            "access to the control lines",
        ),
        (
            port.counters().await.unwrap_err(),
            Feature::Counters,
            "counting errors and line changes",
        ),
    ] {
        let Error::UnsupportedFeature {
            feature: missing,
            source,
            ..
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!(*missing, feature);
        assert!(source.is_some());
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        let path = port.path().display();
        assert_eq!(
            error.to_string(),
            format!("{path}: {text} is not supported here")
        );
    }
    // To change nothing is supported.
    port.set_control_lines(None, None).await.unwrap();
}

pub(crate) async fn convert_into_io_errors(env: Env) {
    let error = io::Error::from(env.open("/nowhere", 9600).await.unwrap_err());
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    let inner = error.get_ref().unwrap().downcast_ref::<Error>().unwrap();
    let os_error = inner.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(
        os_error.raw_os_error(),
        Some(rustix::io::Errno::NOENT.raw_os_error())
    );
}
