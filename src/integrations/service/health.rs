//! Faults that are not the person's: clients of this installation that a service does not accept.

use time::OffsetDateTime;

use super::{Error, Integrations};
use crate::{
    integrations::store::system,
    platform::telemetry,
    providers::{Provider, oauth::errors::OauthError},
};

/// A service that does not accept this installation's client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFault {
    pub service: &'static str,
    pub since: OffsetDateTime,
    pub last_seen: OffsetDateTime,
    /// How many connections wait for it.
    pub connections: i64,
    /// What has to be set anew.
    pub variables: Vec<String>,
}

impl Integrations {
    /// Notes that a service refuses this installation's client. Nobody who has connected it is told to sign in again.
    pub(super) async fn client_refused(&self, provider: &Provider, client: &[u8; 32]) -> Result<(), sqlx::Error> {
        tracing::error!(service = provider.id, "the service does not accept this installation's client id or secret");
        system::note_fault(&self.db, &provider.id, client, self.clock.now()).await
    }

    /// Notes what the exchange of a code tells of this installation's client; `error` is how it was refused. A failure
    /// to note it fails nobody's connecting.
    pub(super) async fn note_client(&self, provider: &Provider, client: &[u8; 32], error: Option<OauthError>) {
        match error {
            None => self.client_accepted(provider, client).await,
            Some(OauthError::ClientWrong) => {
                if let Err(error) = self.client_refused(provider, client).await {
                    telemetry::report(&error, "a fault of this installation could not be noted");
                }
            }
            Some(_) => {}
        }
    }

    /// Forgets such a fault. A failure to do so fails nobody's renewal; the next one forgets it.
    pub(super) async fn client_accepted(&self, provider: &Provider, client: &[u8; 32]) {
        let forgotten = async {
            if system::settle_fault(&self.db, &provider.id, client).await? {
                system::resume(&self.db, &provider.id, client).await?;
            }
            Ok::<_, sqlx::Error>(())
        };
        if let Err(error) = forgotten.await {
            telemetry::report(&error, "a fault that is over could not be forgotten");
        }
    }

    /// The services that do not accept this installation's client, the longest first, for operators.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn client_faults(&self) -> Result<Vec<ClientFault>, Error> {
        let rows = system::faults(&self.db).await?;
        let told = rows.into_iter().filter_map(|row| {
            let provider = self.catalogue.get(&row.provider)?;
            let name = provider.variable();
            Some(ClientFault {
                service: &provider.name,
                since: row.since,
                last_seen: row.last_seen_at,
                connections: row.connections,
                variables: vec![format!("{name}_CLIENT_ID"), format!("{name}_CLIENT_SECRET")],
            })
        });
        Ok(told.collect())
    }
}
