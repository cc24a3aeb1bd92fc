//! The program's own file, and the folder that it works in.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Failed, Trial};
use poolproof_runtime as mp;
use rustix::process::{Gid, Uid};
use rustix::thread::{set_thread_gid, set_thread_uid};

use super::{HELPER, is_root, well};
use crate::start::itself;
use crate::{Outcome, each_process, ended, expect, hold};

pub(super) fn trials() -> Vec<Trial> {
    [
        each_process("a_program_whose_file_was_touched_starts_more", |context| {
            with_file(context, "touched")
        }),
        each_process("a_program_whose_file_is_gone_starts_more", |context| {
            with_file(context, "gone")
        }),
        each_process(
            "a_program_in_whose_place_is_another_starts_itself",
            |context| with_file(context, "replaced"),
        ),
        each_process(
            "a_program_started_through_a_loader_starts_itself",
            through_loader,
        ),
        each_process(
            "a_loaded_program_that_is_gone_executes_nothing_else",
            loaded_and_gone,
        ),
        each_process(
            "a_folder_that_may_not_be_entered_is_stayed_out_of",
            closed_folder,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) fn helps(context: mp::Context, what: &str) -> Outcome {
    let file = std::env::args_os().next_back().unwrap_or_default();
    let folder = std::env::current_dir()?;
    let start = || -> Outcome { expect(ended(&context.process(itself, 7).start()?)?, Some(7)) };
    match what {
        "closed" => {
            std::fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
            set_thread_gid(Gid::from_raw(65534))?;
            set_thread_uid(Uid::from_raw(65534))?;
        }
        _ => start()?,
    }
    match what {
        "touched" => {
            let now = std::time::SystemTime::now();
            std::fs::File::open(&file)?.set_modified(now)?;
        }
        "gone" | "loaded" => std::fs::remove_file(&file)?,
        "replaced" => {
            std::fs::remove_file(&file)?;
            std::fs::copy("/bin/false", &file)?;
        }
        _ => {}
    }
    if what != "loaded" || context.start_method() == mp::StartMethod::Fork {
        return (0..2).try_for_each(|_| start());
    }
    // What is asked of a server that is there already works.
    match context.process(itself, 7).start() {
        Ok(process) => expect(ended(&process)?, Some(7)),
        Err(error) => hold(
            error.to_string().contains("dynamic loader"),
            &error.to_string(),
        ),
    }
}

/// A folder of a trial's own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(what: &str) -> std::io::Result<Folder> {
        let name = format!("poolproof-files-{}-{what}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What is executed in the place of a program whose first argument is taken for its file.
const ANOTHER: &str = "/bin/true";

/// A copy of this program, which is told by its last argument where it is.
fn copied(folder: &Folder, context: mp::Context, what: &str) -> Result<(Command, PathBuf), Failed> {
    let helper = HELPER.command(context, &format!("files-{what}"))?;
    let file = folder.0.join("a program");
    std::fs::copy(helper.get_program(), &file)?;
    let mut command = Command::new(&file);
    command.arg(ANOTHER).arg(&file);
    command.envs(
        helper
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    Ok((command, file))
}

fn with_file(context: mp::Context, what: &str) -> Outcome {
    let folder = Folder::new(&format!("{context:?}{what}").replace(['{', '}', ' ', ':'], ""))?;
    well(copied(&folder, context, what)?.0)
}

/// The loader of this very program.
fn loader() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let found = maps.lines().find_map(|line| {
        let path = Path::new(&line[line.find('/')?..]);
        let name = path.file_name()?.to_string_lossy();
        (name.starts_with("ld-") || name.starts_with("ld.so")).then(|| path.to_owned())
    });
    if found.is_none() {
        println!("skipped: this program was loaded by no loader");
    }
    found
}

fn through(context: mp::Context, what: &str, options: &[&str]) -> Outcome {
    let Some(loader) = loader() else {
        return Ok(());
    };
    let folder = Folder::new(&format!(
        "{}-{}-{what}",
        context.start_method(),
        options.len()
    ))?;
    let (helper, file) = copied(&folder, context, what)?;
    let mut command = Command::new(loader);
    command.args(options).arg(&file).arg(ANOTHER).arg(&file);
    command.envs(
        helper
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    well(command)
}

fn through_loader(context: mp::Context) -> Outcome {
    through(context, "touched", &[])?;
    through(context, "plain", &["--argv0", "another name"])
}

fn loaded_and_gone(context: mp::Context) -> Outcome {
    through(context, "loaded", &[])
}

fn in_folder(context: mp::Context, what: &str) -> Outcome {
    let folder = Folder::new(&format!("{}-{what}", context.start_method()))?;
    let mut command = HELPER.command(context, &format!("files-{what}"))?;
    command.current_dir(&folder.0);
    well(command)
}

fn closed_folder(context: mp::Context) -> Outcome {
    match is_root() {
        true => in_folder(context, "closed"),
        false => Ok(()),
    }
}
