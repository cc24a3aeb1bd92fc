//! Addresses that nobody has chosen: they work wherever temporary files are to lie and whatever
//! mask files are made with, and leave nothing behind.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use libtest_mimic::{Failed, Trial};
use poolproof_runtime as mp;
use poolproof_sys::socket_folder::Folder;

use crate::helper::Helper;
use crate::listener::folder;
use crate::{Outcome, expect, hold};

/// Has something at an address, and tells where.
pub(crate) const HELPER: Helper = Helper {
    variable: "POOLPROOF_TEST_ADDRESS",
    work: helps,
};

type Run = fn() -> Outcome;

pub(crate) fn trials() -> Vec<Trial> {
    let trials: [(&str, Run); 3] = [
        ("a_private_folder_is_private_whatever_the_mask", masks),
        (
            "a_private_address_works_wherever_temporary_files_are_to_lie",
            everywhere,
        ),
        ("a_killed_owner_s_files_go_with_the_next_one", killed),
    ];
    let trial = |(name, run): (&str, Run)| Trial::test(format!("address/{name}"), run);
    trials.into_iter().map(trial).collect()
}

const KEY: Option<&[u8]> = Some(b"secret");

/// On a system with names without a file, others' folders are tried beside.
fn helps(context: mp::Context, what: &str) -> Outcome {
    let manager = context.manager()?;
    let list = manager.list::<u8>()?;
    list.push(&7)?;
    expect(list.items()?, vec![7])?;
    let folder = Folder::make()?;
    let listeners = [
        mp::Listener::private(KEY)?,
        mp::Listener::bind(&mp::Address::Path(folder.socket()), KEY)?,
    ];
    for listener in &listeners {
        let address = listener.address().clone();
        let client = std::thread::spawn(move || -> mp::Result<u8> {
            mp::Client::connect::<u8, u8>(&address, KEY)?.recv()
        });
        listener.accept::<u8, u8>()?.send(&7)?;
        expect(client.join().map_err(|_| "it panicked")??, 7)?;
    }
    println!("{}", folder.socket().display());
    if what == "stay" {
        std::io::stdin().read_line(&mut String::new())?;
    }
    Ok(())
}

struct Running {
    child: Child,
    _said: BufReader<ChildStdout>,
    socket: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One with a mask, and with temporary files to lie somewhere.
fn start(mask: &str, temporary: &Path, within: &Path) -> Result<Running, Failed> {
    let context = mp::Context::new(mp::StartMethod::Spawn)?;
    let helper = HELPER.command(context, "stay")?;
    let mut shell = Command::new("sh");
    let script = format!("umask {mask} && exec \"$0\"");
    shell.args(["-c", &script]).arg(helper.get_program());
    let told = helper.get_envs();
    shell.envs(told.filter_map(|(name, value)| Some((name, value?))));
    shell.env("TMPDIR", temporary).current_dir(within);
    let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut said = BufReader::new(child.stdout.take().ok_or("it has no stdout")?);
    let mut line = String::new();
    said.read_line(&mut line)?;
    let socket = PathBuf::from(line.trim_end());
    let running = Running {
        child,
        _said: said,
        socket,
    };
    hold(running.socket.exists(), "there is no socket")?;
    Ok(running)
}

impl Running {
    fn folder(&self) -> Result<&Path, Failed> {
        Ok(self.socket.parent().ok_or("it is in no folder")?)
    }

    fn end(mut self) -> Outcome {
        drop(self.child.stdin.take());
        hold(self.child.wait()?.success(), "it failed")?;
        hold(!self.folder()?.exists(), "it has left its folder")
    }
}

fn masks() -> Outcome {
    let base = folder();
    for mask in ["000", "022", "077", "777"] {
        let running = start(mask, base.path(), base.path())?;
        let mode = fs::metadata(running.folder()?)?.permissions().mode();
        hold(mode & 0o777 == 0o700, &format!("{mode:o} under {mask}"))?;
        running.end()?;
    }
    expect(fs::read_dir(base.path())?.count(), 0)
}

fn everywhere() -> Outcome {
    let base = folder();
    let path = |name: &str| base.path().join(name);
    let long = path(&"long/".repeat(20));
    fs::create_dir_all(&long)?;
    fs::create_dir_all(path("shared"))?;
    fs::set_permissions(path("shared"), Permissions::from_mode(0o777))?;
    fs::write(path("file"), "")?;
    let relative = PathBuf::from("long");
    let elsewhere = [
        &long,
        &path("nowhere"),
        &path("file"),
        &path("shared"),
        &relative,
    ];
    for temporary in elsewhere.into_iter().chain([&PathBuf::new()]) {
        let running = start("022", temporary, base.path())?;
        hold(
            !running.socket.starts_with(base.path()),
            &format!("it lies in {}", running.socket.display()),
        )?;
        running.end()?;
    }
    // Nothing else lies where it was to lie, either.
    let left = [&long, &path("shared"), &path("long")].map(fs::read_dir);
    let left = left.into_iter().map(|entries| entries.map(Iterator::count));
    expect(left.collect::<std::io::Result<Vec<_>>>()?, vec![0, 0, 1])
}

fn killed() -> Outcome {
    let base = folder();
    let mut running = start("022", base.path(), base.path())?;
    running.child.kill()?;
    running.child.wait()?;
    hold(running.socket.exists(), "who is killed removes nothing")?;
    let next = start("022", base.path(), base.path())?;
    hold(!running.folder()?.exists(), "it is left")?;
    next.end()?;
    expect(fs::read_dir(base.path())?.count(), 0)
}
