//! What a person wants of a visit to a consent page, beside the usual: a tenant, a connection to renew, more to allow.

use std::collections::BTreeMap;

use super::{Error, Integrations, Purpose, Start, signed_visit};
use crate::{
    integrations::store,
    kit::id::ConnectionId,
    providers::{BlankError, Blanks, Oauth, Provider},
};

/// The wish, as it stands in the address that begins the visit. Nothing of it is believed yet.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// What was typed, by the names of the blanks.
    pub typed: BTreeMap<String, String>,
    /// The connection that is to get new tokens under its old id.
    pub reconnect: Option<ConnectionId>,
    /// Scopes to ask for beside those that are always asked for.
    pub add: Vec<String>,
}

/// A wish that can be granted.
pub(super) struct Plan {
    pub(super) purpose: Purpose,
    pub(super) blanks: Blanks,
    pub(super) scopes: Vec<String>,
    pub(super) reconnect: Option<ConnectionId>,
}

impl Integrations {
    /// Holds a wish against the entry, and against the connection that it is to renew.
    pub(super) async fn plan_visit(
        &self,
        purpose: Purpose,
        provider: &Provider,
        oauth: &Oauth,
        person: Option<Start>,
        wish: &Wish,
    ) -> Result<Plan, Error> {
        let before = match (wish.reconnect, person) {
            (None, _) => None,
            (Some(_), None) => return Err(Error::NotFound("connection")),
            (Some(id), Some(person)) => {
                let row = store::connection(&self.db, person.user, id).await?;
                Some(row.filter(|row| row.provider == provider.id).ok_or(Error::NotFound("connection"))?)
            }
        };
        let mut typed = wish.typed.clone();
        for (name, value) in before.iter().flat_map(|row| &row.blanks.0) {
            typed.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let mut scopes = oauth.scope_names();
        let further = before.iter().flat_map(|row| &row.asked_scopes);
        let optional = |name: &String| oauth.optional_scopes.iter().any(|scope| scope.name == *name);
        scopes.extend(further.filter(|name| optional(name)).cloned());
        for name in &wish.add {
            if !optional(name) && !scopes.contains(name) {
                return Err(Error::NotFound("permission"));
            }
            scopes.push(name.clone());
        }
        let mut seen = std::collections::BTreeSet::new();
        scopes.retain(|name| seen.insert(name.clone()));
        let own = before.as_ref().is_some_and(|row| row.own_app.is_some());
        Ok(Plan {
            // What was made with the person's own app is renewed with it.
            purpose: if own { Purpose::OwnApp } else { purpose },
            blanks: checked(provider, &typed)?,
            scopes,
            reconnect: before.map(|row| row.id),
        })
    }

    /// Where a visit with this wish would lead, for the page between: the name of the host. It says what is missing or
    /// does not fit where the wish cannot be granted.
    ///
    /// # Errors
    /// As `leave_with`.
    pub async fn destination(
        &self,
        purpose: Purpose,
        provider: &'static Provider,
        person: Start,
        wish: &Wish,
    ) -> Result<String, Error> {
        if let Some(way) = signed_visit::way(provider) {
            return Ok(signed_visit::host(way).to_owned());
        }
        let oauth = super::visit::oauth(provider)?;
        let plan = self.plan_visit(purpose, provider, oauth, Some(person), wish).await?;
        let address =
            provider.fill(&oauth.authorize, &plan.blanks).ok_or_else(|| unfit(provider, "", BlankError::Shape))?;
        Ok(address.host_str().unwrap_or_default().to_owned())
    }
}

/// What was typed, as it is filled in.
fn checked(provider: &Provider, typed: &BTreeMap<String, String>) -> Result<Blanks, Error> {
    let one = |blank: &crate::providers::Blank| {
        let given = typed.get(&blank.name).map(String::as_str).unwrap_or_default();
        let value = blank.checked(given).map_err(|error| unfit(provider, &blank.name, error))?;
        Ok((blank.name.clone(), value))
    };
    provider.typed().map(one).collect()
}

fn unfit(provider: &Provider, blank: &str, error: BlankError) -> Error {
    let hint = provider.blank(blank).map(|blank| blank.hint.clone()).unwrap_or_default();
    Error::Tenant { service: provider.name.clone(), field: blank.to_owned(), hint, error }
}
