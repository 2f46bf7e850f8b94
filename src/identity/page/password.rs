use leptos::prelude::*;

use super::{Refused, emptied_by, on_field, refusal_of};
use crate::{
    identity::password::api::{RemovePassword, SetPassword},
    ui::{Button, ConfirmDialog, Field, Look, Panel, PanelBody, Setting, TextInput},
};

/// Whether there is a password, and setting, changing and removing it.
#[component]
pub(super) fn PasswordSetting(
    /// When it was last changed; none: there is none.
    changed: Option<String>,
    /// A password is for signing in with the address.
    has_email: bool,
    set: ServerAction<SetPassword>,
    remove: ServerAction<RemovePassword>,
) -> impl IntoView {
    let not_set = refusal_of(set);
    let not_removed = refusal_of(remove);
    let is_set = changed.is_some();
    let intro = match (&changed, has_email) {
        (Some(changed), _) => format!("Set, last changed on {changed}. You can sign in with it beside a code by mail."),
        (None, true) => "Not set. You sign in with a code by mail, and can set a password beside it.".to_owned(),
        (None, false) => "Not set. It is for signing in with an address, so add one first.".to_owned(),
    };
    let label = if is_set { "Change password" } else { "Set password" };
    let form = has_email.then(|| {
        view! {
            <ActionForm action=set attr:class="stack tight" node_ref=emptied_by(set)>
                <Field
                    id="new-password"
                    label="New password"
                    hint="8 characters or more. Some words that do not belong together are easy to keep."
                    error=on_field(not_set, "new_password")
                >
                    <TextInput
                        name="new_password"
                        kind="password"
                        required=true
                        attr:autocomplete="new-password"
                        attr:maxlength="1024"
                    />
                </Field>
                <div>
                    <Button busy=set.pending()>{label}</Button>
                </div>
            </ActionForm>
        }
    });
    let removal = is_set.then(|| {
        view! {
            <ConfirmDialog
                id="remove-password"
                title="Remove your password?"
                open="Remove password"
                confirm=move || {
                    view! {
                        <ActionForm action=remove>
                            <Button look=Look::Danger busy=remove.pending()>"Remove password"</Button>
                        </ActionForm>
                    }
                }
            >
                <p>"You sign in with a code by mail from then on, and can set a new password at any time."</p>
            </ConfirmDialog>
        }
    });
    view! {
        <Setting id="password" title="Password" intro=intro>
            <Refused error=not_set except="new_password"/>
            <Refused error=not_removed except=""/>
            <Panel>
                <PanelBody>
                    <div class="stack">{form} {removal}</div>
                </PanelBody>
            </Panel>
        </Setting>
    }
}
