//! What runs without anybody asking.

use super::{Integrations, service::Error, store};

/// Removes visits to consent pages that never came back.
///
/// # Errors
/// When the database is away; the next run does it.
pub async fn purge(integrations: &Integrations) -> Result<(), Error> {
    let removed = store::system::purge_flows(&integrations.db, integrations.clock.now()).await?;
    tracing::debug!(removed, "expired visits to consent pages removed");
    Ok(())
}
