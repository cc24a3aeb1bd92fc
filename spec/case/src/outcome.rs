//! Outcomes: the lines in the order in which they reached the output, and how the program ended.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How main ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Ending {
    /// Main left with this code.
    Exit(i32),
    /// Main was ended by this signal (`KILL`, `TERM` …).
    Signal(String),
    /// Main did not end.
    Hang,
}

/// All that is observed of one run of a program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Outcome {
    /// The lines, in the order in which they reached the output.
    pub lines: Vec<String>,
    /// How main ended.
    pub ending: Ending,
    /// How many of the program's processes still live at stillness after main has ended.
    pub left: u32,
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Exit(code) => write!(formatter, "exit {code}"),
            Ending::Signal(name) => write!(formatter, "signal {name}"),
            Ending::Hang => formatter.write_str("hang"),
        }
    }
}

impl FromStr for Ending {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("`{text}` is no ending (`exit N`, `signal NAME` or `hang`)");
        match text.split_once(' ') {
            None if text == "hang" => Ok(Ending::Hang),
            Some(("exit", code)) => code.parse().map(Ending::Exit).map_err(|_| unknown()),
            Some(("signal", name)) => Ok(Ending::Signal(name.to_owned())),
            _ => Err(unknown()),
        }
    }
}

impl From<Ending> for String {
    fn from(ending: Ending) -> String {
        ending.to_string()
    }
}

impl TryFrom<String> for Ending {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
