//! Why the program does not start.

use std::{fmt, io::Write as _, process::ExitCode};

use crate::platform::config::ConfigErrors;

/// One message for the person at the terminal.
#[derive(Debug)]
pub enum StartError {
    /// The configuration is missing something or holds something wrong; exit code 2.
    Configuration(ConfigErrors),
    /// Something that the server needs failed; exit code 1.
    Failed { what: String, why: String },
    /// The server refuses to run like this; exit code 1.
    Refused(String),
}

impl StartError {
    pub(super) fn new(what: &str, why: &dyn std::error::Error) -> Self {
        Self::Failed { what: what.into(), why: why.to_string() }
    }

    /// Says it on standard error, and gives the exit code.
    #[must_use]
    pub fn exit(self) -> ExitCode {
        // Where standard error is closed, the code has to do.
        let _nobody_reads = writeln!(std::io::stderr(), "aura: {self}");
        ExitCode::from(if matches!(self, Self::Configuration(_)) { 2 } else { 1 })
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(errors) => errors.fmt(formatter),
            Self::Failed { what, why } => write!(formatter, "{what}: {why}"),
            Self::Refused(sentence) => formatter.write_str(sentence),
        }
    }
}

impl std::error::Error for StartError {}

impl From<ConfigErrors> for StartError {
    fn from(errors: ConfigErrors) -> Self {
        Self::Configuration(errors)
    }
}
