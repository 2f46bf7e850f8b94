//! Reads what was typed into a form: which of it is a secret, which fills addresses, and whether it can be meant.

use secrecy::{ExposeSecret as _, SecretString};

use super::{FormError, Trouble, Typed};
use crate::{
    integrations::{service::Error, store::ConnectionRow},
    providers::{BlankError, Blanks, Credential, KeyField, KeyForm, Provider},
};

/// What calls are made with. What was left empty and is no secret is taken from the connection that is to be renewed.
pub(super) fn read(provider: &Provider, typed: &Typed, before: Option<&ConnectionRow>) -> Result<Credential, Error> {
    let form = provider.key.as_ref().ok_or_else(|| Error::WrongKind(provider.name.clone()))?;
    let given = |name: &str, secret: bool| {
        let text = typed.get(name).map(|text| text.expose_secret()).unwrap_or_default();
        let kept = before.filter(|_| !secret && text.trim().is_empty()).and_then(|row| row.blanks.0.get(name));
        kept.map_or_else(|| text.to_owned(), Clone::clone)
    };
    let mut blanks = Blanks::new();
    for blank in provider.typed() {
        let value = blank.checked(&given(&blank.name, false));
        let value = value.and_then(|value| if blank.keeps(&value) { Ok(value) } else { Err(BlankError::Shape) });
        let (service, field, hint) = (provider.name.clone(), blank.name.clone(), blank.hint.clone());
        let value = value.map_err(|error| Error::Tenant { service, field, hint, error })?;
        blanks.insert(blank.name.clone(), value);
    }
    let token = token_field(form).map(|field| field.name.as_str());
    let mut credential = Credential { token: SecretString::default(), fields: Default::default(), blanks };
    for field in &form.fields {
        let text = given(&field.name, field.secret);
        let value = field.checked(&text, provider.pastes_keys()).ok_or_else(|| malformed(provider, field, &text))?;
        if Some(field.name.as_str()) == token && provider.session.is_none() {
            credential.token = value.into();
        } else if field.secret {
            credential.fields.insert(field.name.clone(), value.into());
        } else {
            credential.blanks.insert(field.name.clone(), value);
        }
    }
    Ok(credential)
}

/// The field that counts as the connection's token: the one that is called `key`, or the only secret.
fn token_field(form: &KeyForm) -> Option<&KeyField> {
    let named = form.fields.iter().find(|field| field.name == "key");
    named.or_else(|| form.fields.iter().find(|field| field.secret))
}

fn malformed(provider: &Provider, field: &KeyField, text: &str) -> Error {
    let trouble = Trouble::Malformed {
        field: field.name.clone(),
        label: field.label.clone(),
        hint: field.hint.clone(),
        empty: text.trim().is_empty(),
    };
    FormError::new(provider, trouble).into()
}
