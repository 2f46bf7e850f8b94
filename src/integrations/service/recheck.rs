//! Asks a service whether the access of a connection still stands, and for what.

use super::{Integrations, identity::Whose, keep::state_of, polls::Seen, refresh::TokenError};
use crate::{
    integrations::{
        executor::Failure,
        model::ConnectionState,
        store::{self, ConnectionRow},
    },
    kit::id::{ConnectionId, UserId},
    platform::{crypto::digest, telemetry},
    providers::Provider,
};

impl Integrations {
    /// One look. The cursor is a print of what was seen last, so that nothing is written where nothing has changed.
    pub(super) async fn recheck(&self, user: UserId, id: ConnectionId, cursor: Option<&str>) -> Seen {
        match self.ask_whose(user, id, cursor).await {
            Ok(seen) => seen,
            // It is gone, or its person knows already.
            Err(TokenError::NotConnected | TokenError::NeedsReauth(_)) => Seen::Until(None),
            Err(TokenError::Limited(_, wait)) => Seen::Nothing(Some(wait)),
            Err(TokenError::Away(_) | TokenError::ClientRefused(_) | TokenError::Slow(_)) => Seen::Nothing(None),
            Err(error) => {
                telemetry::report(&error, "a connection could not be looked at");
                Seen::Nothing(None)
            }
        }
    }

    async fn ask_whose(&self, user: UserId, id: ConnectionId, cursor: Option<&str>) -> Result<Seen, TokenError> {
        let mut access = self.access(user, id, None).await?;
        for again in [true, false] {
            match self.who_am_i(access.provider, &access.credential).await {
                Ok(whose) => return self.note_seen(user, id, access.provider, access.version, &whose, cursor).await,
                Err(Failure::Unauthorized) if again => access = self.access(user, id, Some(access.version)).await?,
                Err(Failure::Unauthorized) => {
                    self.refused(user, id, access.version).await?;
                    return Ok(Seen::Until(None));
                }
                Err(Failure::Limited(wait)) => return Ok(Seen::Nothing(Some(wait))),
                Err(_) => return Ok(Seen::Nothing(None)),
            }
        }
        Ok(Seen::Nothing(None))
    }

    async fn note_seen(
        &self,
        user: UserId,
        id: ConnectionId,
        provider: &Provider,
        version: i64,
        whose: &Whose,
        cursor: Option<&str>,
    ) -> Result<Seen, TokenError> {
        let Some(row) = store::connection(&self.db, user, id).await? else { return Ok(Seen::Until(None)) };
        let seen = print(whose);
        if cursor == Some(seen.as_str()) || row.version != version {
            return Ok(Seen::Until(Some(seen)));
        }
        let label = if whose.id == row.account_id { &whose.label } else { &row.account_label };
        let scopes = whose.scopes.as_ref().unwrap_or(&row.scopes);
        let fewer = row.scopes.iter().any(|scope| !scopes.contains(scope));
        let state = state_now(provider, &row, scopes);
        let mut transaction = self.db.begin().await?;
        let anew = store::seen_anew(&mut *transaction, user, id, version, label, scopes, state.as_str()).await?;
        if anew && *scopes != row.scopes {
            let kind = if fewer { "scopes_reduced" } else { "scopes_changed" };
            self.changed_within(&mut transaction, user, Some(id), &provider.id, kind, None).await?;
        }
        transaction.commit().await?;
        Ok(Seen::Until(Some(seen)))
    }
}

fn state_now(provider: &Provider, row: &ConnectionRow, granted: &[String]) -> ConnectionState {
    let state = ConnectionState::parse(&row.state);
    match &provider.oauth {
        Some(oauth) if state != ConnectionState::NeedsReauth => state_of(oauth, &row.asked_scopes, granted),
        _ => state,
    }
}

fn print(whose: &Whose) -> String {
    let mut scopes = whose.scopes.clone().unwrap_or_default();
    scopes.sort_unstable();
    hex::encode(digest(format!("{}\n{}\n{}", whose.id, whose.label, scopes.join(" ")).as_bytes()))
}
