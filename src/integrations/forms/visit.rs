//! What was posted from the page, on its way to the service.

use std::collections::BTreeMap;

use crate::{
    integrations::{
        Integrations,
        service::{
            Error,
            forms::{Pasting, Typed},
        },
    },
    kit::id::UserId,
    platform::web,
};

/// Connects by what was posted, and lets what is no secret come back where it is refused.
///
/// # Errors
/// As `add_by_form`; and when there were too many starts in a minute.
pub async fn add(
    integrations: &Integrations,
    user: UserId,
    service: &str,
    fields: BTreeMap<String, String>,
    pasting: Pasting,
) -> Result<(), Error> {
    integrations.limit_start(user).await?;
    let form = integrations.form(user, service, pasting.reconnect).await?;
    let shown = form.fields.iter().filter(|field| !field.is_secret());
    let shown: Vec<(&str, &str)> =
        shown.filter_map(|field| Some((field.name.as_str(), fields.get(&field.name)?.as_str()))).collect();
    web::keep_typed(&shown);
    let typed: Typed = fields.into_iter().map(|(name, value)| (name, value.into())).collect();
    integrations.add_by_form(user, service, &typed, pasting).await.map(drop)
}
