//! Tokens and verifiers, sealed for the one row and owner they belong to.

use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::Integrations;
use crate::{
    kit::id::{ConnectionId, UserId},
    platform::crypto::{Place, VaultError},
};

/// The columns that hold something sealed.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Access,
    Refresh,
    Verifier,
}

fn place(column: Column, row: Uuid, owner: UserId, provider: &str) -> Place<'_> {
    let (table, column) = match column {
        Column::Access => ("connections", "sealed_access_token"),
        Column::Refresh => ("connections", "sealed_refresh_token"),
        Column::Verifier => ("connection_flows", "sealed_verifier"),
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
}
