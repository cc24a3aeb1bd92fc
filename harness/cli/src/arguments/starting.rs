//! The command lines of what one needs once: a first case, completions, the page for `man`.

use clap::Args;
use clap_complete::Shell;

const NEW_EXAMPLES: &str = "\
Examples:
  poolproof new queue/order_per_producer      writes cases/queue/order_per_producer.ron
  poolproof check queue/order_per_producer    what is wrong with it?

The file goes below `cases/` of your project, which is made in this folder where there is none here or
above. It is a good case already, with comments: change it.";

/// Write a case file to begin with.
#[derive(Debug, Args)]
#[command(after_help = NEW_EXAMPLES)]
pub(crate) struct New {
    /// The case's name: its area and what it shows, as `queue/order_per_producer`
    #[arg(value_name = "AREA/NAME")]
    pub(crate) case: String,
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  poolproof completions bash >~/.local/share/bash-completion/completions/poolproof
  poolproof completions fish >~/.config/fish/completions/poolproof.fish
  poolproof completions zsh >~/.zfunc/_poolproof       with ~/.zfunc in $fpath
  poolproof completions powershell >>$PROFILE";

/// Write what a shell needs to complete this command line.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub(crate) struct Completions {
    /// Which shell
    pub(crate) shell: Shell,
}

const MAN_EXAMPLES: &str = "\
Examples:
  poolproof man >~/.local/share/man/man1/poolproof.1
  poolproof man run >~/.local/share/man/man1/poolproof-run.1";

/// Write the page for `man`.
#[derive(Debug, Args)]
#[command(after_help = MAN_EXAMPLES)]
pub(crate) struct Man {
    /// The command whose page it is; none: all of them in short
    pub(crate) command: Option<String>,
}
