//! The workloads, each of which a fresh process runs for one contestant.

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures::future::join_all;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::{Contestant, Port, Workload, epoll, with_contestant};

/// What a workload took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured {
    /// Wall time.
    pub wall: Duration,
    /// Processor time of all threads of the process, user and system.
    pub processor: Duration,
}

/// The processor time of this process.
#[must_use]
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// Raises the limit of open descriptors as far as it goes.
pub fn allow_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // Whoever needs more than there are will say so.
    let _ = setrlimit(Resource::Nofile, most);
}

/// One workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// So many round trips on each port, all ports at once.
    Trips {
        /// Round trips on each port.
        trips: usize,
        /// Bytes of a request and of its reply.
        size: usize,
        /// Bytes of the read buffer.
        buffer: usize,
    },
    /// Receive so many bytes by a buffer of this size.
    Read(usize, usize),
    /// Send so many bytes from a buffer of this size.
    Write(usize, usize),
    /// Open and close so often.
    Open(usize),
    /// Give up so many reads after 10 ms each, and say how late, in the median.
    Cancel(usize),
    /// Send so many bytes and end in this way, beside a task that ticks each millisecond.
    Stall(Ending, usize),
    /// Open all ports, park a read on each, tell what they take, and go on for a while.
    Hold(Duration),
    /// Read on for 200 ms after the far end has gone.
    HangUp,
}

/// What a task does with a port that has unsent output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Nothing: what the machine itself takes.
    Wait,
    /// [`Port::flush`].
    Flush,
    /// [`Port::drain`].
    Drain,
    /// [`Port::close`].
    Close,
    /// Drop it.
    Drop,
}

impl Ending {
    /// All of them.
    pub const ALL: [Ending; 5] = [
        Ending::Wait,
        Ending::Flush,
        Ending::Drain,
        Ending::Close,
        Ending::Drop,
    ];
}

impl Job {
    fn arguments(self) -> Vec<String> {
        let numbers = |name: &str, numbers: &[usize]| {
            let numbers = numbers.iter().map(ToString::to_string);
            std::iter::once(name.to_owned()).chain(numbers).collect()
        };
        match self {
            Job::Trips {
                trips,
                size,
                buffer,
            } => numbers("trips", &[trips, size, buffer]),
            Job::Read(bytes, buffer) => numbers("read", &[bytes, buffer]),
            Job::Write(bytes, buffer) => numbers("write", &[bytes, buffer]),
            Job::Open(times) => numbers("open", &[times]),
            Job::Cancel(times) => numbers("cancel", &[times]),
            Job::Stall(ending, bytes) => numbers("stall", &[ending as usize, bytes]),
            Job::Hold(time) => numbers("hold", &[usize::try_from(time.as_millis()).unwrap_or(0)]),
            Job::HangUp => numbers("hang-up", &[]),
        }
    }

    fn parse(arguments: &[String]) -> Result<Self> {
        let number = |index: usize| -> Result<usize> {
            Ok(arguments.get(index).context("too few numbers")?.parse()?)
        };
        Ok(match arguments.first().context("JOB")?.as_str() {
            "trips" => Job::Trips {
                trips: number(1)?,
                size: number(2)?,
                buffer: number(3)?,
            },
            "read" => Job::Read(number(1)?, number(2)?),
            "write" => Job::Write(number(1)?, number(2)?),
            "open" => Job::Open(number(1)?),
            "cancel" => Job::Cancel(number(1)?),
            "stall" => {
                let ending = Ending::ALL.get(number(1)?).context("no such ending")?;
                Job::Stall(*ending, number(2)?)
            }
            "hold" => Job::Hold(Duration::from_millis(number(1)? as u64)),
            "hang-up" => Job::HangUp,
            other => anyhow::bail!("no job {other}"),
        })
    }

    /// The command that runs this in a process of its own.
    pub fn command(self, contestant: &str, paths: &[String]) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["client", contestant]);
        command.args(self.arguments()).arg("--").args(paths);
        Ok(command)
    }

    /// Runs this in a process of its own; gives what it printed.
    pub fn output(self, contestant: &str, paths: &[String]) -> Result<String> {
        let output = self.command(contestant, paths)?.output()?;
        anyhow::ensure!(
            output.status.success(),
            "{contestant}: {self:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Runs this in a process of its own; gives what it took.
    pub fn measure(self, contestant: &str, paths: &[String]) -> Result<Measured> {
        let output = self.output(contestant, paths)?;
        let mut times = output.split_whitespace().map(str::parse);
        let mut next =
            || -> Result<Duration> { Ok(Duration::from_nanos(times.next().context("no time")??)) };
        Ok(Measured {
            wall: next()?,
            processor: next()?,
        })
    }
}

/// The client's process: `client CONTESTANT JOB NUMBERS -- PATHS`.
pub fn client(arguments: &[String]) -> Result<()> {
    allow_descriptors();
    let (contestant, arguments) = arguments.split_first().context("CONTESTANT")?;
    let split = arguments.iter().position(|argument| argument == "--");
    let (job, paths) = arguments.split_at(split.context("-- PATHS")?);
    let (job, paths) = (Job::parse(job)?, paths[1..].to_vec());
    let said = if contestant == epoll::NAME {
        let Job::Trips {
            trips,
            size,
            buffer,
        } = job
        else {
            anyhow::bail!("{contestant} makes round trips alone");
        };
        print(epoll::Loop::open(&paths)?.round_trips(trips, size, buffer)?)
    } else {
        with_contestant(contestant, Run { job, paths })?
    };
    Ok(writeln!(std::io::stdout(), "{said}")?)
}

fn print(measured: Measured) -> String {
    let (wall, processor) = (measured.wall.as_nanos(), measured.processor.as_nanos());
    format!("{wall} {processor}")
}

/// Round trips on one port.
pub async fn round_trips(port: &mut impl Port, trips: usize, size: usize, buffer: usize) {
    let request = vec![b'x'; size];
    let mut buf = vec![0; buffer];
    for _ in 0..trips {
        port.send(&request).await.unwrap();
        let mut left = size;
        while left > 0 {
            left -= port.receive(&mut buf).await.unwrap();
        }
    }
}

struct Run {
    job: Job,
    paths: Vec<String>,
}

impl Workload for Run {
    type Output = Result<String>;

    fn run<C: Contestant>(self) -> Result<String> {
        C::block_on(async {
            if let Job::Open(times) = self.job {
                let began = (Instant::now(), processor_time());
                for _ in 0..times {
                    drop(C::open(&self.paths[0]).await?);
                }
                return Ok(since(began));
            }
            if let Job::Hold(time) = self.job {
                return hold::<C>(&self.paths, time).await;
            }
            if let Job::Stall(ending, bytes) = self.job {
                return stall::<C>(&self.paths[0], ending, bytes).await;
            }
            if let Job::HangUp = self.job {
                return hang_up::<C>(&self.paths[0]).await;
            }
            let mut ports = Vec::new();
            for path in &self.paths {
                ports.push(C::open(path).await?);
            }
            let began = (Instant::now(), processor_time());
            match self.job {
                Job::Trips {
                    trips,
                    size,
                    buffer,
                } => {
                    let trips = ports
                        .iter_mut()
                        .map(|port| round_trips(port, trips, size, buffer));
                    join_all(trips).await;
                }
                Job::Read(bytes, buffer) => {
                    let (mut left, mut buf) = (bytes, vec![0; buffer]);
                    while left > 0 {
                        left = left.saturating_sub(ports[0].receive(&mut buf).await?);
                    }
                }
                Job::Write(bytes, buffer) => {
                    let buf = vec![0; buffer];
                    for _ in 0..bytes / buffer {
                        ports[0].send(&buf).await?;
                    }
                }
                Job::Cancel(times) => return cancel::<C>(&mut ports[0], times).await,
                Job::Open(_) | Job::Hold(_) | Job::Stall(..) | Job::HangUp => {}
            }
            Ok(since(began))
        })
    }
}

fn since(began: (Instant, Duration)) -> String {
    print(Measured {
        wall: began.0.elapsed(),
        processor: processor_time() - began.1,
    })
}

async fn cancel<C: Contestant>(port: &mut C::Port, times: usize) -> Result<String> {
    const LIMIT: Duration = Duration::from_millis(10);
    let mut late = Vec::new();
    let mut buf = [0; 64];
    for _ in 0..times {
        let began = Instant::now();
        let received = async { port.receive(&mut buf).await.is_ok() };
        let given_up = async {
            C::sleep(LIMIT).await;
            false
        };
        anyhow::ensure!(!futures_lite::future::or(received, given_up).await);
        late.push(began.elapsed().saturating_sub(LIMIT));
    }
    late.sort_unstable();
    let median = Measured {
        wall: late[late.len() / 2],
        ..Measured::default()
    };
    Ok(print(median))
}

/// Says for how long the ticks stopped at most, and how long the ending took; or nothing, if the
/// contestant has no such ending.
async fn stall<C: Contestant>(path: &str, ending: Ending, bytes: usize) -> Result<String> {
    const TICK: Duration = Duration::from_millis(1);
    let mut longest = Duration::ZERO;
    let ticks = async {
        loop {
            let began = Instant::now();
            C::sleep(TICK).await;
            longest = longest.max(began.elapsed().saturating_sub(TICK));
        }
    };
    let mut port = C::open(path).await?;
    // The port may still be slow to begin with.
    C::sleep(TICK * 100).await;
    port.send(&vec![b'U'; bytes]).await?;
    let end = async {
        // The ticks begin before the ending.
        C::sleep(TICK).await;
        let began = Instant::now();
        let ended = match ending {
            Ending::Wait => {
                C::sleep(TICK * 100).await;
                Ok(())
            }
            Ending::Flush => port.flush().await,
            Ending::Drain => port.drain().await,
            Ending::Close => port.close().await,
            Ending::Drop => {
                drop(port);
                Ok(())
            }
        };
        let took = began.elapsed();
        // What it left to be done in the background may stall as well.
        C::sleep(TICK * 600).await;
        ended.map(|()| took)
    };
    match futures_lite::future::or(end, ticks).await {
        Ok(took) => Ok(print(Measured {
            wall: took,
            processor: longest,
        })),
        Err(error) if error.kind() == std::io::ErrorKind::Unsupported => Ok(String::new()),
        Err(error) => Err(error.into()),
    }
}

/// Says, once the far end has gone, how many reads gave nothing, and how many an error.
async fn hang_up<C: Contestant>(path: &str) -> Result<String> {
    let mut port = C::open(path).await?;
    writeln!(std::io::stdout(), "open")?;
    std::io::stdout().flush()?;
    let (mut nothing, mut errors) = (0, 0);
    let mut began = None;
    while began.is_none_or(|began: Instant| began.elapsed() < Duration::from_millis(200)) {
        match port.receive(&mut [0; 64]).await {
            Ok(0) => nothing += 1,
            Ok(_) => continue,
            Err(_) => errors += 1,
        }
        began = began.or_else(|| Some(Instant::now()));
    }
    Ok(format!("{nothing} {errors}"))
}

/// Says, after the first port and after all of them: kibibytes resident, and threads.
async fn hold<C: Contestant>(paths: &[String], time: Duration) -> Result<String> {
    let mut reads = Vec::new();
    let mut said = String::new();
    for path in paths {
        let mut port = C::open(path).await?;
        reads.push(Box::pin(async move { port.receive(&mut [0; 64]).await }));
        if reads.len() == 1 || reads.len() == paths.len() {
            for read in &mut reads {
                anyhow::ensure!(futures_lite::future::poll_once(read).await.is_none());
            }
            // What only opening needed, a pool's threads among it, is to be gone first.
            C::sleep(time).await;
            said += &format!("{} {} ", status("VmRSS:")?, status("Threads:")?);
        }
    }
    // For whoever counts wake-ups: from here on there is nothing to do.
    writeln!(std::io::stdout(), "parked")?;
    std::io::stdout().flush()?;
    futures_lite::future::or(
        async {
            join_all(reads).await;
        },
        C::sleep(time * 3),
    )
    .await;
    Ok(said)
}

fn status(field: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("no such field")?.parse()?)
}
