//! What the operator sees: log lines in JSON on standard output, one per request, and figures for Prometheus. No line
//! holds a header, a body, a query or an address of a person.

mod figures;
mod request;
mod scrub;

use std::{error::Error, io, panic};

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, layer::SubscriberExt as _};

pub use self::{
    figures::{Figures, install as install_figures},
    request::{RequestId, note_user, record},
    scrub::scrub,
};

/// Sends log lines to standard output, and panics into the log instead of to standard error.
pub fn init(filter: &str) {
    if tracing::subscriber::set_global_default(subscriber(filter, io::stdout)).is_err() {
        tracing::debug!("the log was set up before");
    }
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        // The message of a panic may quote data; its place does not.
        tracing::error!(place, "a bug ended one task");
    }));
}

/// What writes the lines: JSON, one object a line, with known forms of secrets blotted out.
pub fn subscriber<W>(filter: &str, writer: W) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(scrub::Scrubbed(writer));
    tracing_subscriber::registry().with(filter).with(lines)
}

/// The one place where a fault that nobody can be told in full is written down: what was being done, and the whole
/// chain of causes.
pub fn report(error: &dyn Error, what: &str) {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        chain.push_str(": ");
        chain.push_str(&error.to_string());
        cause = error.source();
    }
    metrics::counter!("aura_faults_total").increment(1);
    tracing::error!(what, error = chain);
}
