//! The form of a service as a page shows it.

use crate::{
    integrations::{
        forms::model::{Control, FieldView, FormView, Named, Renewal},
        service::{Error, Integrations},
    },
    kit::id::{ConnectionId, UserId},
    providers::{Blank, KeyField, Provider},
};

impl Integrations {
    /// The form by which a service is connected, or by which a connection gets something new to work with.
    ///
    /// # Errors
    /// When the service has none, or there is no such connection of this person.
    pub async fn form(&self, user: UserId, provider: &str, reconnect: Option<ConnectionId>) -> Result<FormView, Error> {
        let provider = self.provider_with_form(provider)?;
        let before = self.before(user, provider, reconnect).await?;
        let kept = |name: &str| before.as_ref().and_then(|row| row.blanks.0.get(name).cloned());
        let blanks = provider.typed().map(|blank| of_blank(blank, kept(&blank.name)));
        let fields = provider.key.iter().flat_map(|form| &form.fields);
        let fields = fields.map(|field| of_field(field, kept(&field.name)));
        Ok(FormView {
            service: provider.id.clone(),
            name: provider.name.clone(),
            about: provider.about.clone(),
            note: provider.note.clone(),
            page: provider.key.as_ref().map(|form| form.page.url().to_string()),
            fields: blanks.chain(fields).collect(),
            missing: self.missing(provider),
            stays: stays(provider),
            renews: before.map(|row| Renewal { id: row.id, account: row.account_label }),
        })
    }
}

/// What becomes of what is pasted, in a sentence.
fn stays(provider: &Provider) -> String {
    let name = &provider.name;
    if provider.session.is_some() {
        return format!("Aura signs in to {name} with it before it stores it, encrypted, and it is never shown again.");
    }
    format!("Aura tries it at {name} before it stores it, encrypted, and it is never shown again.")
}

fn of_blank(blank: &Blank, kept: Option<String>) -> FieldView {
    let choices = blank.choices.iter();
    let choices: Vec<Named> =
        choices.map(|choice| Named { value: choice.clone(), name: blank.choice_name(choice).to_owned() }).collect();
    FieldView {
        name: blank.name.clone(),
        label: blank.label.clone(),
        hint: blank.hint.clone(),
        value: kept.unwrap_or_else(|| blank.default.clone()),
        optional: !blank.default.is_empty(),
        control: match (choices.is_empty(), blank.is_address()) {
            (false, _) => Control::Choice(choices),
            (true, true) => Control::Address,
            (true, false) => Control::Text,
        },
    }
}

fn of_field(field: &KeyField, kept: Option<String>) -> FieldView {
    FieldView {
        name: field.name.clone(),
        label: field.label.clone(),
        hint: field.hint.clone(),
        value: kept.filter(|_| !field.secret).unwrap_or_default(),
        optional: field.optional,
        control: if field.secret { Control::Secret } else { Control::Text },
    }
}
