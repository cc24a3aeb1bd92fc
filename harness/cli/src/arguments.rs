//! The command line's shape, and the help that teaches it.

mod implementations;
mod narrow;
mod replay;
mod run;
mod starting;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use poolproof_case::StartMethod;
use poolproof_runner::Plan;
use poolproof_runner::load::Shard;

pub(crate) use implementations::Implementations;
pub(crate) use narrow::{Bisect, Shrink};
pub(crate) use replay::{Replay, Until};
pub(crate) use run::Run;
pub(crate) use starting::{Completions, Man, New};

const EXAMPLES: &str = "\
The suite is inside: `poolproof run` needs no files. The cases in `cases/` of your project, here or
above, come beside it; an id that both have is an error.
Without a command you read this; in Poolproof's own tree, everything runs.

Examples:
  poolproof run                                   everything; the report is reports/latest/report.html
  poolproof run queue --driver reference          the cases with `queue` in their id
  poolproof run seed/pool_map --driver cpython    one case on each CPython
  poolproof run cases                             your own cases only
  poolproof explore seed/greet_bob_and_jerry      all that the specification allows it
  poolproof show seed/pool_map --as python        the case as a program to read and run
  poolproof check my_case.ron                     is the file a good case?

Exit codes: 0 all conform · 1 something deviates · 2 inconclusive · 4 nothing selected ·
64 wrong usage or a broken case · 70 our own error · 130 interrupted";

const EXPLORE_EXAMPLES: &str = "\
Examples:
  poolproof explore seed/greet_bob_and_jerry
  poolproof explore seed/greet_bob_and_jerry --why 'hello jerry / hello bob'
  poolproof explore seed/hello_under_lock --start-method spawn --json
  poolproof explore seed/greet_bob_and_jerry --start-method fork --dot | dot -Tsvg > picture.svg";

/// Litmus tests for process pools: what a multi-process program may do, and what it really does.
///
/// A case is a small program in RON. Poolproof computes every output that the rules of
/// multiprocessing allow it, runs it on real implementations (its own Rust runtime, every CPython
/// found), and says where one does what the rules forbid.
#[derive(Debug, Parser)]
#[command(name = "poolproof", version, after_help = EXAMPLES)]
pub(crate) struct Line {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run cases on drivers and report what deviates
    Run(Run),
    /// List the cases
    List(List),
    /// Show a case as RON, a Python program, a unittest, an issue to paste, or JSON
    Show(Show),
    /// Compute all outcomes that the specification allows a case
    Explore(Explore),
    /// Check case files: syntax, names, arguments, claims
    Check(Check),
    /// List the clauses of the specification and the cases that test each
    Clauses(Clauses),
    /// List the objects that programs can use, or show one with its methods
    Objects(Objects),
    /// List the implementations found on this machine
    Drivers(Drivers),
    /// Make a report from run files
    Report(Report),
    /// Say what is not the same in two run files
    Compare(Compare),
    /// Repeat a run
    Replay(Replay),
    /// Try programs that nobody wrote, and keep those on which anybody disagrees
    Fuzz(Fuzz),
    /// Make a case smaller while a driver still does on it what is forbidden
    Shrink(Shrink),
    /// Find the first implementation that answers otherwise than those before it
    Bisect(Bisect),
    /// Write a case file to begin with
    New(New),
    /// Write what a shell needs to complete this command line
    Completions(Completions),
    /// Write the page for `man`
    Man(Man),
}

/// List the cases.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Which cases, as `poolproof run --help` tells; none: all
    pub(crate) filters: Vec<String>,
    /// With the memory of one run of each, from a run file
    #[arg(long, value_name = "RUNFILE", num_args = 0..=1, require_equals = true,
        default_missing_value = "reports/latest/run.jsonl")]
    pub(crate) memory: Option<PathBuf>,
    /// One part of the cases of so many, by a hash of their ids: 1/4 to 4/4
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show a case.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The case's id, or its file
    pub(crate) case: String,
    /// In which form
    #[arg(long = "as", value_name = "FORM", default_value = "ron")]
    pub(crate) form: Form,
    /// The module that the Python program uses in place of `multiprocessing`
    #[arg(long, value_name = "MODULE")]
    pub(crate) module: Option<String>,
    /// Which of the programs of a case with contenders
    #[arg(long, value_name = "NAME")]
    pub(crate) contender: Option<String>,
    /// The run file whose finding an issue tells [default: reports/latest/run.jsonl]
    #[arg(long, value_name = "RUNFILE")]
    pub(crate) from: Option<PathBuf>,
    /// The driver whose finding it is [default: the worst]
    #[arg(long, value_name = "D")]
    pub(crate) driver: Option<String>,
    /// The same as `--as json`
    #[arg(long, conflicts_with = "form")]
    pub(crate) json: bool,
}

/// How a case is shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Form {
    /// As it is written
    Ron,
    /// As a Python program that stands alone
    Python,
    /// The adaptor that lies beside a program with `--module`, where that module needs one
    Adaptor,
    /// As drivers get it
    Json,
    /// As a test of Python's `unittest` that stands alone, with all that is allowed
    Unittest,
    /// As Markdown to paste where an implementation's bugs are told: what a run found of it
    Issue,
}

/// Compute all outcomes that the specification allows a case.
#[derive(Debug, Args)]
#[command(after_help = EXPLORE_EXAMPLES)]
pub(crate) struct Explore {
    /// The case's id, or its file
    pub(crate) case: String,
    /// A start method [default: all that the case has]
    #[arg(long = "start-method", value_name = "M", value_parser = method, value_delimiter = ',')]
    pub(crate) methods: Vec<StartMethod>,
    /// The minimal automaton, for Graphviz
    #[arg(long, conflicts_with_all = ["words", "json"])]
    pub(crate) dot: bool,
    /// Show so many outcomes
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) words: usize,
    /// How these lines come about, step by step, or where they leave what is allowed: as outcomes are
    /// shown, "a / b", or "a / b → exit 0"
    #[arg(long, value_name = "LINES", conflicts_with_all = ["dot", "words", "json"])]
    pub(crate) why: Option<String>,
    /// Give up after so many states
    #[arg(long, value_name = "N", default_value_t = 2_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_states: u64,
    /// Give up after so many seconds
    #[arg(long, value_name = "S")]
    pub(crate) max_seconds: Option<u64>,
    /// Give up where it takes more memory: "512 MiB", "2 GiB"
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub(crate) max_memory: Option<u64>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn memory(text: &str) -> Result<u64, String> {
    poolproof_case::relation::amount(text)
        .ok_or_else(|| "a whole number and `KiB`, `MiB` or `GiB`: `512 MiB`".to_owned())
}

/// Check case files.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Files, folders, ids or other filters, as `poolproof run --help` tells
    #[arg(required = true)]
    pub(crate) files: Vec<String>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// List the clauses of the specification, the cases that test each, and what the last run says of each.
#[derive(Debug, Args)]
pub(crate) struct Clauses {
    /// Parts of ids: `lock`, `PM-POOL-CHUNK`; none: all
    pub(crate) parts: Vec<String>,
    /// Only those that no case tests
    #[arg(long)]
    pub(crate) uncovered: bool,
    /// The run file that verdicts are taken from [default: reports/latest/run.jsonl, if it is there]
    #[arg(long, value_name = "RUNFILE")]
    pub(crate) from: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// List the implementations found on this machine.
#[derive(Debug, Args)]
pub(crate) struct Drivers {
    #[command(flatten)]
    pub(crate) implementations: Implementations,
    /// Check whether what their manifests claim is true: exit code 1 where something is false
    #[arg(long)]
    pub(crate) check: bool,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// List the objects that programs can use.
#[derive(Debug, Args)]
pub(crate) struct Objects {
    /// An object's name; none: all
    pub(crate) name: Option<String>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const REPORT_EXAMPLES: &str = "\
Examples:
  poolproof report reports/latest/run.jsonl --format junit
  poolproof report shard-*/run.jsonl --format html >report.html        the shards of a run, as one
  poolproof report linux.jsonl windows.jsonl --format jsonl >all.jsonl several machines, as one run file

A run that comes twice counts once, also where a file joins it with others already.

Exit codes: 0 · 2 a shard of those that were named is missing · 64 no run file";

/// Make a report from run files; several are merged.
#[derive(Debug, Args)]
#[command(after_help = REPORT_EXAMPLES)]
pub(crate) struct Report {
    /// The run files
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// In which format
    #[arg(long, default_value = "markdown")]
    pub(crate) format: Format,
    /// With what changed since this run file
    #[arg(long, value_name = "RUNFILE")]
    pub(crate) against: Option<PathBuf>,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

/// A report's format.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// One file to look at, without network
    Html,
    /// Short enough for a pull request
    Markdown,
    /// JUnit's XML, for servers that show tests
    Junit,
    /// The Test Anything Protocol, version 14
    Tap,
    /// One run file of all: JSON lines, as reports/schemas/run-file.json describes them
    Jsonl,
    /// The object that `run --json` ends with
    Json,
    /// A table in Markdown with a column for each run file, named for it or for its folder
    Systems,
}

const COMPARE_EXAMPLES: &str = "\
Examples:
  poolproof compare before.jsonl reports/latest/run.jsonl
  poolproof compare run.jsonl#cpython-3.12 run.jsonl#cpython-3.13    two drivers of one file
  poolproof compare main.jsonl branch.jsonl --fail-on regression --threshold 1.5

Rates are held against chance (Fisher's exact test, 5 % over all of them), times and memory against
the interval of their ratio.

Exit codes: 0 · 1 what `--fail-on` names was found · 4 nothing can be compared · 64 wrong usage";

/// Say what is not the same in two run files: verdicts, outcomes, rates, times, memory.
#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub(crate) struct Compare {
    /// The older run file; `FILE#DRIVER` is one driver of it
    pub(crate) before: PathBuf,
    /// The newer run file
    pub(crate) after: PathBuf,
    /// Exit with 1 where there is such a change
    #[arg(long, value_name = "WHAT")]
    pub(crate) fail_on: Option<FailOn>,
    /// How many times as much time or memory is a regression
    #[arg(long, value_name = "RATIO", default_value_t = poolproof_report::THRESHOLD, value_parser = ratio)]
    pub(crate) threshold: f64,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a comparison fails on.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FailOn {
    /// Something is worse
    Regression,
    /// Something is not the same
    Change,
}

fn ratio(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(ratio) if ratio >= 1.0 && f64::is_finite(ratio) => Ok(ratio),
        _ => Err("a ratio is a number from 1 on".to_owned()),
    }
}

fn method(name: &str) -> Result<StartMethod, String> {
    name.parse()
}

fn plan(name: &str) -> Result<Plan, String> {
    name.parse()
}

const FUZZ_EXAMPLES: &str = "\
Examples:
  poolproof fuzz --driver reference                      100 programs, from where the last ones ended
  poolproof fuzz --seconds 600                           ten minutes on every driver found
  poolproof fuzz --seed 4711 --programs 1                one of them again
  poolproof fuzz --no-drivers --programs 5000            the specification with itself only

Each program is made from its seed, explored with and without reduction, run and judged. What
disagrees is made as small as it goes and kept in the corpus as a case file that says how to show it.
Without `--seed` it goes on where the corpus says; ^C loses nothing that is done.

Exit codes: 0 all agree · 1 something disagrees · 64 wrong usage · 130 interrupted";

/// Try programs that nobody wrote, and keep those on which anybody disagrees.
#[derive(Debug, Args)]
#[command(after_help = FUZZ_EXAMPLES)]
pub(crate) struct Fuzz {
    /// The first program's seed; those after it have the next ones [default: where the corpus is]
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,
    /// How many programs [default: 100, or as many as there is time for]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) programs: Option<u64>,
    /// How long, in seconds
    #[arg(long, value_name = "S")]
    pub(crate) seconds: Option<u64>,
    /// The most statements of a program
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u32).range(3..=200))]
    pub(crate) statements: u32,
    #[command(flatten)]
    pub(crate) implementations: Implementations,
    /// Only explore
    #[arg(long, conflicts_with_all = ["drivers", "python", "module", "name", "manifest"])]
    pub(crate) no_drivers: bool,
    /// A start method [default: all]
    #[arg(long = "start-method", value_name = "M", value_parser = method, value_delimiter = ',')]
    pub(crate) methods: Vec<StartMethod>,
    /// How often each program is run
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) runs: u64,
    /// Programs with more states are not looked at
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_states: u64,
    /// The folder in which disagreements are kept
    #[arg(long, value_name = "DIR", default_value = "fuzz-corpus")]
    pub(crate) corpus: PathBuf,
    /// End with one JSON object on stdout instead of the summary
    #[arg(long)]
    pub(crate) json: bool,
}
