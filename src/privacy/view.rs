//! The end of the settings.

use leptos::prelude::*;

use super::api::Leave;
use crate::{
    identity::page::Refused,
    ui::{Button, ConfirmDialog, Look, Setting},
};

/// The way out for good.
#[component]
pub fn DeleteAccount() -> impl IntoView {
    let leave = ServerAction::<Leave>::new();
    let refused = Signal::derive(move || leave.value().with(|done| done.as_ref().and_then(|done| done.clone().err())));
    view! {
        <Setting
            id="delete"
            title="Delete account"
            intro="Your account then waits for a week, in case you change your mind. After that it cannot be brought back."
        >
            <Refused error=refused except=""/>
            <div class="actions">
                <ConfirmDialog
                    id="delete-account"
                    title="Delete your account?"
                    open="Delete account"
                    cancel="Keep it"
                    confirm=move || view! {
                        <ActionForm action=leave>
                            <Button look=Look::Danger busy=leave.pending()>"Delete account"</Button>
                        </ActionForm>
                    }
                >
                    <p>
                        "You are signed out everywhere at once, and get a mail with the day. On that day your profile, \
                         conversations, files and connections are removed, and each service is asked to take our access \
                         back."
                    </p>
                    <p>"Signing in before that day keeps everything as it is."</p>
                </ConfirmDialog>
            </div>
        </Setting>
    }
}
