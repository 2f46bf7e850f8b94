//! Tokens and verifiers, sealed for the one row and owner they belong to.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::Integrations;
use crate::{
    integrations::store::ConnectionRow,
    kit::id::{ConnectionId, UserId},
    platform::crypto::{Place, VaultError},
    providers::Credential,
};

/// The columns that hold something sealed.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Access,
    Refresh,
    /// The further secrets of a connection, as one JSON object.
    Fields,
    Verifier,
    /// A consent that waits for a word of its person.
    Choice,
    /// Tokens that are still to be given back, as one JSON object.
    Revocation,
    /// Of a visit that a front end has begun.
    BrokerVerifier,
    /// What waits for its front end.
    BrokerGrant,
}

fn place(column: Column, row: Uuid, owner: UserId, provider: &str) -> Place<'_> {
    let (table, column) = match column {
        Column::Access => ("connections", "sealed_access_token"),
        Column::Refresh => ("connections", "sealed_refresh_token"),
        Column::Fields => ("connections", "sealed_fields"),
        Column::Verifier => ("connection_flows", "sealed_verifier"),
        Column::Choice => ("connection_choices", "sealed_content"),
        Column::Revocation => ("revocations", "sealed_tokens"),
        Column::BrokerVerifier => ("broker_visits", "sealed_verifier"),
        Column::BrokerGrant => ("broker_codes", "sealed_grant"),
    };
    Place { table, column, row, owner: Uuid::from(owner), provider }
}

impl Integrations {
    pub(super) fn seal(
        &self,
        column: Column,
        row: Uuid,
        owner: UserId,
        provider: &str,
        secret: &SecretString,
    ) -> Result<String, VaultError> {
        self.vault.seal(&place(column, row, owner, provider), secret.expose_secret().as_bytes())
    }

    pub(super) fn open(
        &self,
        column: Column,
        row: Uuid,
        owner: UserId,
        provider: &str,
        sealed: &str,
    ) -> Result<SecretString, VaultError> {
        let plain = self.vault.open(&place(column, row, owner, provider), sealed)?;
        let text = std::str::from_utf8(&plain).map_err(|_| VaultError::Malformed)?;
        Ok(text.to_owned().into())
    }

    pub(super) fn seal_token(
        &self,
        column: Column,
        id: ConnectionId,
        owner: UserId,
        provider: &str,
        token: &SecretString,
    ) -> Result<String, VaultError> {
        self.seal(column, Uuid::from(id), owner, provider, token)
    }

    pub(super) fn open_token(
        &self,
        column: Column,
        id: ConnectionId,
        owner: UserId,
        provider: &str,
        sealed: &str,
    ) -> Result<SecretString, VaultError> {
        self.open(column, Uuid::from(id), owner, provider, sealed)
    }

    /// Everything that a call through this connection is made with.
    pub(super) fn open_credential(&self, owner: UserId, row: &ConnectionRow) -> Result<Credential, VaultError> {
        let open = |column, sealed: &str| self.open_token(column, row.id, owner, &row.provider, sealed);
        let token = open(Column::Access, &row.sealed_access_token)?;
        let mut fields = BTreeMap::new();
        if let Some(sealed) = &row.sealed_fields {
            let plain = open(Column::Fields, sealed)?;
            let read: BTreeMap<String, String> =
                serde_json::from_str(plain.expose_secret()).map_err(|_| VaultError::Malformed)?;
            fields.extend(read.into_iter().map(|(name, secret)| (name, secret.into())));
        }
        let mut blanks = row.blanks.0.clone();
        // Connections from before a service had its blanks go where it was then.
        let known = self.catalogue.get(&row.provider).into_iter().flat_map(|provider| &provider.blanks);
        for blank in known.filter(|blank| !blank.default.is_empty()) {
            blanks.entry(blank.name.clone()).or_insert_with(|| blank.default.clone());
        }
        Ok(Credential { token, fields, blanks })
    }
}
