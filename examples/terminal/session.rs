//! The conversation between keyboard, port and screen.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::io::Write;
use std::time::{Duration, Instant};

use anyserial::{
    Control, LinkEvent, LinkEvents, ModemLines, ReadHalf, SerialConfig, SerialPort, WriteHalf,
};
use futures_lite::future::{or, pending, yield_now};
use futures_lite::{AsyncRead, AsyncReadExt, StreamExt};
use smol::Timer;
use smol::channel::{Receiver, Sender, TrySendError, bounded};

use crate::Result;
use crate::connection::Connection;
use crate::keys::{Action, Keys, Question};
use crate::options::{Options, USAGE};
use crate::screen::Screen;

/// How many reads of the keyboard may wait for the port to take them.
const QUEUE: usize = 1024;

/// When all input from a pipe is sent, answers may come until it is silent for so long.
const SILENCE: Duration = Duration::from_millis(300);

/// How long the end may wait for output to leave.
const FAREWELL: Duration = Duration::from_secs(1);

/// How often to try to open a device that is back and cannot be opened.
const RETRY: Duration = Duration::from_secs(1);

const BREAK: Duration = Duration::from_millis(250);

pub(crate) struct Session<'a, W> {
    port: SerialPort,
    links: Option<LinkEvents>,
    options: &'a Options,
    desk: Desk<W>,
}

impl<'a, W: Write> Session<'a, W> {
    pub(crate) fn new(
        connection: Connection,
        options: &'a Options,
        is_keyboard: bool,
        out: W,
    ) -> Self {
        let Connection { port, links } = connection;
        let desk = Desk {
            control: port.control(),
            is_keyboard,
            screen: RefCell::new(Screen::new(out, options.hex, options.echo)),
            is_away: Cell::new(false),
            heard: Cell::new(Instant::now()),
        };
        Session {
            port,
            links,
            options,
            desk,
        }
    }

    /// Runs until the user quits, the input is over, or `ended` is ready.
    pub(crate) async fn run(
        self,
        keyboard: impl AsyncRead + Unpin,
        ended: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        let Session {
            mut port,
            links,
            options,
            desk,
        } = self;
        desk.greet()?;
        // What a pipe has for the enter key is the end of a line.
        let keys = Keys::new(if desk.is_keyboard { b'\r' } else { b'\n' }, options.enter);
        let can_return = links.is_some();
        let (outbox, queue) = bounded(QUEUE);
        let (toggle, toggles) = bounded(1);
        let (read, write) = port.split();
        // All in one task, so that they can share the screen. The first that ends, ends all.
        let port_side = or(desk.receive(read, can_return), desk.send(write, queue));
        let line_side = or(desk.follow(links), desk.watch_lines(toggles, options.lines));
        let desk_side = or(ended, desk.read_keys(keyboard, keys, outbox, toggle));
        let outcome = or(desk_side, or(port_side, line_side)).await;

        // Output that is stopped by flow control would hold up the end.
        let control = port.control();
        if control.timeout(FAREWELL, control.drain()).await.is_err() {
            let _ = control.discard_output().await;
        }
        port.close().await?;
        outcome
    }
}

/// What the parts of a session share.
struct Desk<W> {
    control: Control,
    /// The input is a keyboard, not a file or a pipe.
    is_keyboard: bool,
    screen: RefCell<Screen<W>>,
    /// The device is unplugged.
    is_away: Cell<bool>,
    /// When the port was last heard of.
    heard: Cell<Instant>,
}

impl<W: Write> Desk<W> {
    fn greet(&self) -> Result<()> {
        if self.is_keyboard {
            let (path, config) = (self.control.path().display(), self.control.config()?);
            self.say(format_args!(
                "{path} at {config}; Ctrl-] quits, Ctrl-T h helps"
            ))?;
        }
        Ok(())
    }

    /// Shows what the device sends.
    async fn receive(&self, mut port: ReadHalf<'_>, can_return: bool) -> Result<()> {
        loop {
            match port.receive_available(4096).await {
                Ok(bytes) => {
                    self.heard.set(Instant::now());
                    self.screen.borrow_mut().received(&bytes)?;
                    // A device that never pauses must not keep the keyboard waiting.
                    yield_now().await;
                }
                // Who follows the device tells what is the matter with it.
                Err(_) if can_return => drop(Timer::after(RETRY).await),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sends what was typed.
    async fn send(&self, mut port: WriteHalf<'_>, queue: Receiver<Vec<u8>>) -> Result<()> {
        while let Ok(bytes) = queue.recv().await {
            if self.is_away.get() {
                self.say("not sent: the device is away")?;
            } else {
                port.send(&bytes).await?;
            }
        }
        // The input is over.
        port.drain().await?;
        self.heard.set(Instant::now());
        while let Some(left) = SILENCE.checked_sub(self.heard.get().elapsed()) {
            Timer::after(left).await;
        }
        Ok(())
    }

    /// Tells when the device goes and when it is back.
    async fn follow(&self, links: Option<LinkEvents>) -> Result<()> {
        let Some(mut links) = links else {
            return pending().await;
        };
        while let Some(event) = links.next().await {
            match event {
                Ok(LinkEvent::Lost(port)) => {
                    self.is_away.set(true);
                    self.say(format_args!("lost {port}; waiting for it"))?;
                }
                Ok(LinkEvent::Returned(port)) => {
                    self.is_away.set(false);
                    self.say(format_args!("back as {port}"))?;
                }
                Ok(_) => {}
                // It is back, but cannot be opened. Whoever waits next tries again.
                Err(error) => {
                    self.say(error)?;
                    Timer::after(RETRY).await;
                }
            }
        }
        pending().await
    }

    /// Tells changes of the modem lines, while that is wanted.
    async fn watch_lines(&self, toggles: Receiver<()>, mut wanted: bool) -> Result<()> {
        loop {
            if wanted {
                let changes = async {
                    let mut changes = self.control.modem_changes(ModemLines::ALL).await?;
                    loop {
                        let change = changes.next_change().await?;
                        let (changed, lines) = (change.changed, change.lines);
                        self.say(format_args!("{changed} changed; high: {lines}"))?;
                    }
                };
                let stopped = async {
                    toggles.recv().await?;
                    Ok(())
                };
                let outcome: Result<()> = or(stopped, changes).await;
                match outcome {
                    Ok(()) => self.say("line changes are not shown any more")?,
                    Err(error) => self.say(format_args!("no line changes: {error}"))?,
                }
            }
            if toggles.recv().await.is_err() {
                // The keys are over.
                return pending().await;
            }
            wanted = true;
            self.say("line changes are shown")?;
        }
    }

    /// Does what the keys mean.
    async fn read_keys(
        &self,
        mut keyboard: impl AsyncRead + Unpin,
        mut keys: Keys,
        outbox: Sender<Vec<u8>>,
        toggle: Sender<()>,
    ) -> Result<()> {
        let mut buf = [0; 1024];
        loop {
            let count = keyboard.read(&mut buf).await?;
            if count == 0 {
                // The sender goes on until all is sent.
                drop(outbox);
                return pending().await;
            }
            for action in keys.press(buf.get(..count).unwrap_or_default()) {
                match action {
                    Action::Quit => return Ok(()),
                    Action::Send(bytes) => {
                        self.screen.borrow_mut().typed(&bytes)?;
                        self.queue(&outbox, bytes).await?;
                    }
                    Action::Answer(Question::File, path) => match smol::fs::read(&path).await {
                        Ok(bytes) => {
                            self.say(format_args!("sending {} bytes of {path}", bytes.len()))?;
                            self.queue(&outbox, bytes).await?;
                        }
                        Err(error) => self.say(format_args!("{path}: {error}"))?,
                    },
                    Action::ToggleLines => {
                        // It is full only if it was just pressed.
                        let _ = toggle.try_send(());
                    }
                    action => self.act(action).await?,
                }
            }
        }
    }

    async fn queue(&self, outbox: &Sender<Vec<u8>>, bytes: Vec<u8>) -> Result<()> {
        match outbox.try_send(bytes) {
            Ok(()) => Ok(()),
            // The keyboard has to go on: one of its keys quits.
            Err(TrySendError::Full(_)) if self.is_keyboard => {
                self.say("not sent: the output is stopped")
            }
            Err(error) => Ok(outbox.send(error.into_inner()).await?),
        }
    }

    /// What fails here is told, and harms nothing.
    async fn act(&self, action: Action) -> Result<()> {
        match action {
            Action::Help => self.say(USAGE),
            Action::Unknown(key) => self.say(format_args!("Ctrl-T {key:?} is nothing; see h")),
            Action::Show(text) => Ok(self.screen.borrow_mut().show(&text)?),
            Action::Ask(question) => {
                let question = match question {
                    Question::Settings => format!(
                        "settings, now {} (Ctrl-C leaves them)",
                        self.control.config()?
                    ),
                    Question::File => "file to send".to_owned(),
                };
                Ok(self.screen.borrow_mut().ask(&question)?)
            }
            Action::ToggleEcho => {
                let mut screen = self.screen.borrow_mut();
                screen.echo = !screen.echo;
                let told = if screen.echo { "echo" } else { "no echo" };
                Ok(screen.notice(told)?)
            }
            Action::ToggleHex => {
                let mut screen = self.screen.borrow_mut();
                screen.hex = !screen.hex;
                let told = if screen.hex { "bytes" } else { "text" };
                Ok(screen.notice(told)?)
            }
            action => match self.control_port(action).await {
                Ok(told) => self.say(told),
                Err(error) => self.say(error),
            },
        }
    }

    /// Does something to the port, and tells what.
    async fn control_port(&self, action: Action) -> Result<String> {
        let control = &self.control;
        match action {
            Action::ToggleRts => {
                let rts = !control.control_lines().await?.rts;
                control.set_control_lines(Some(rts), None).await?;
                Ok(format!("RTS {}", if rts { "high" } else { "low" }))
            }
            Action::ToggleDtr => {
                let dtr = !control.control_lines().await?.dtr;
                control.set_control_lines(None, Some(dtr)).await?;
                Ok(format!("DTR {}", if dtr { "high" } else { "low" }))
            }
            Action::Break => {
                control.send_break(BREAK).await?;
                Ok("break sent".to_owned())
            }
            Action::Answer(Question::Settings, text) if !text.is_empty() => {
                let config: SerialConfig = text.parse()?;
                control.configure(config).await?;
                Ok(format!("now {}", control.config()?))
            }
            Action::Status => self.status().await,
            _ => Ok("left as it is".to_owned()),
        }
    }

    async fn status(&self) -> Result<String> {
        let control = &self.control;
        let name = match control.info().await? {
            Some(info) => info.to_string(),
            None => control.path().display().to_string(),
        };
        let config = control.config()?;
        let (received, sent) = (control.input_waiting()?, control.output_waiting()?);
        let here = told(control.control_lines().await);
        let there = told(control.modem_lines().await);
        let counted = control.counters().await.map(|counters| {
            format!(
                "{} received, {} sent, {} parity, {} framing, {} overruns, {} breaks",
                counters.received,
                counters.transmitted,
                counters.parity,
                counters.framing,
                counters.overrun.wrapping_add(counters.buffer_overrun),
                counters.breaks
            )
        });
        let counted = told(counted);
        Ok(format!(
            "{name} at {config}\nhigh here: {here}\nhigh there: {there}\n\
             counted: {counted}\nqueued: {received} received, {sent} to be sent"
        ))
    }

    fn say(&self, text: impl Display) -> Result<()> {
        Ok(self.screen.borrow_mut().notice(&text.to_string())?)
    }
}

/// What is known, or why it is not.
fn told(known: anyserial::Result<impl Display>) -> String {
    known.map_or_else(|error| error.to_string(), |known| known.to_string())
}
