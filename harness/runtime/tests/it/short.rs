//! Listeners whose process has used up what each connection needs: they let in who can be let in,
//! and wait for the rest without being busy.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use crate::helper::Helper;
use crate::{Outcome, SOON, hold};

/// A program with little of something, which listens.
pub(crate) const HELPER: Helper = Helper {
    variable: "POOLPROOF_TEST_SHORT",
    work: helps,
};

const KEY: Option<&[u8]> = Some(b"secret");

/// How long it is looked at how busy one is that has nothing to do.
const WINDOW: Duration = Duration::from_millis(1500);

/// As of `ulimit`: so many descriptors, and so much memory that can be addressed, which is enough
/// for one large stack.
const DESCRIPTORS: &str = "-n 64";
const MEMORY: &str = "-v 1700000";
const STACK: usize = 1 << 30;

type Run = fn() -> Outcome;

pub(crate) fn trials() -> Vec<Trial> {
    let trials: [(&str, Run); 4] = [
        ("strangers_use_up_no_listener_s_descriptors", strangers),
        ("a_listener_without_descriptors_waits_for_some", || {
            waits("listener")
        }),
        ("a_manager_without_descriptors_waits_for_some", || {
            waits("manager")
        }),
        ("a_listener_without_threads_sends_away_and_goes_on", threads),
    ];
    let trial = |(name, run): (&str, Run)| Trial::test(format!("short/{name}"), run);
    trials.into_iter().map(trial).collect()
}

fn helps(context: mp::Context, what: &str) -> Outcome {
    let told = listen_to_starter()?;
    let anywhere = "127.0.0.1:0".parse()?;
    match what {
        "manager" => {
            let manager = context.manager_at(&anywhere, b"secret")?;
            println!("{}", manager.address());
            // What the manager has needed so far, it has.
            manager.list::<u8>()?;
            use_up_descriptors(&told)?;
            told.recv()?;
        }
        "strangers" => {
            let listener = mp::Listener::bind(&anywhere, KEY)?;
            println!("{}\nready", listener.address());
            answer_one(&listener)?;
        }
        _ => {
            let listener = mp::Listener::bind(&anywhere, KEY)?;
            println!("{}", listener.address());
            let answering = thread(move || answer_one(&listener))?;
            match what {
                "listener" => use_up_descriptors(&told)?,
                _ => use_up_threads(&told)?,
            }
            answering.join().map_err(|_| "it panicked")??;
        }
    }
    Ok(())
}

/// Until one has come who knows the key.
fn answer_one(listener: &mp::Listener) -> mp::Result<()> {
    loop {
        if let Ok(connection) = listener.accept::<u8, u8>() {
            return connection.send(&connection.recv()?);
        }
    }
}

/// Has no descriptor left until it is told to go on.
fn use_up_descriptors(told: &Receiver<()>) -> Outcome {
    let files: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    println!("ready");
    told.recv()?;
    drop(files);
    Ok(())
}

/// Has no room for a further thread until it is told to go on.
fn use_up_threads(told: &Receiver<()>) -> Outcome {
    let room: Vec<u8> = Vec::with_capacity(STACK);
    println!("ready");
    told.recv()?;
    drop(room);
    Ok(())
}

/// What the starter says, line by line; where it is gone, so is this.
fn listen_to_starter() -> std::io::Result<Receiver<()>> {
    let (tell, told) = channel();
    thread(move || {
        for _ in std::io::stdin().lines() {
            let _ = tell.send(());
        }
        std::process::exit(3)
    })?;
    Ok(told)
}

/// A thread of the helper's own, whose stack is small.
fn thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<JoinHandle<T>> {
    let builder = std::thread::Builder::new();
    builder.stack_size(1 << 20).spawn(work)
}

/// A helper, within a shell that says how much processor time it has had.
struct Running {
    shell: Child,
    said: BufReader<std::process::ChildStdout>,
    address: mp::Address,
    begun: Instant,
}

impl Running {
    fn start(limit: &str, what: &str) -> Result<Running, libtest_mimic::Failed> {
        let context = mp::Context::new(mp::StartMethod::Threads)?;
        let helper = HELPER.command(context, what)?;
        let script = format!("ulimit {limit} && \"$0\" && times");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).arg(helper.get_program());
        let told = helper.get_envs();
        shell.envs(told.filter_map(|(name, value)| Some((name, value?))));
        if limit == MEMORY {
            shell.env("RUST_MIN_STACK", STACK.to_string());
        }
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut said = BufReader::new(shell.stdout.take().ok_or("it has no stdout")?);
        let mut address = String::new();
        said.read_line(&mut address)?;
        said.read_line(&mut String::new())?;
        Ok(Running {
            shell,
            said,
            address: address.trim().parse()?,
            begun: Instant::now(),
        })
    }

    fn go_on(&mut self) -> Outcome {
        let mut stdin = self.shell.stdin.as_ref().ok_or("it has no stdin")?;
        Ok(stdin.write_all(b"\n")?)
    }

    /// It has ended well, and was not busy for an eighth of the time: one that always is gets more,
    /// even beside some others.
    fn was_idle(mut self) -> Outcome {
        let mut times = String::new();
        self.said.read_to_string(&mut times)?;
        let wall = self.begun.elapsed().as_secs_f64();
        hold(self.shell.wait()?.success(), "it failed")?;
        let of_children = times.lines().nth(1).ok_or("no times")?;
        let busy: f64 = of_children.split_whitespace().map(seconds).sum();
        let text = format!("it was busy for {busy} s of {wall} s");
        hold(busy < wall / 8.0, &text)
    }
}

/// Of `0m0.120s`.
fn seconds(text: &str) -> f64 {
    let (minutes, seconds) = text
        .trim_end_matches('s')
        .split_once('m')
        .unwrap_or_default();
    let number = |text: &str| text.replace(',', ".").parse::<f64>().unwrap_or(f64::MAX);
    number(minutes) * 60.0 + number(seconds)
}

fn strangers_at(address: &mp::Address, count: usize) -> Vec<TcpStream> {
    let stranger = |_| TcpStream::connect(address.to_string()).unwrap();
    (0..count).map(stranger).collect()
}

fn call(address: &mp::Address) -> mp::Result<u8> {
    let connection = mp::Client::connect::<u8, u8>(address, KEY)?;
    connection.send(&7)?;
    connection.recv()
}

/// More come than there are descriptors, say nothing and stay.
fn strangers() -> Outcome {
    let running = Running::start(DESCRIPTORS, "strangers")?;
    let strangers = strangers_at(&running.address, 100);
    std::thread::sleep(WINDOW);
    hold(call(&running.address)? == 7, "another answer")?;
    drop(strangers);
    running.was_idle()
}

/// The program itself has them all, for a while.
fn waits(what: &str) -> Outcome {
    let mut running = Running::start(DESCRIPTORS, what)?;
    let address = running.address.clone();
    let is_manager = what == "manager";
    let client = std::thread::spawn(move || match is_manager {
        true => mp::Manager::connect(&address, b"secret").map(drop),
        false => call(&address).map(drop),
    });
    std::thread::sleep(WINDOW);
    hold(!client.is_finished(), "it was let in")?;
    running.go_on()?;
    client.join().map_err(|_| "it panicked")??;
    if is_manager {
        running.go_on()?;
    }
    running.was_idle()
}

fn threads() -> Outcome {
    let mut able = Command::new("sh");
    able.args(["-c", &format!("ulimit {MEMORY}")])
        .stderr(Stdio::null());
    if !able.status()?.success() {
        // This system does not limit that.
        return Ok(());
    }
    let mut running = Running::start(MEMORY, "threads")?;
    for mut stranger in strangers_at(&running.address, 20) {
        stranger.set_read_timeout(Some(SOON))?;
        let heard = stranger.read(&mut [0; 100])?;
        hold(heard == 0, "it is heard without a thread")?;
    }
    std::thread::sleep(WINDOW);
    running.go_on()?;
    hold(call(&running.address)? == 7, "another answer")?;
    running.was_idle()
}
