use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    asked,
    fields::{EmailField, PasswordField},
};
use crate::{
    identity::{
        next,
        page::{Refused, on_field, refusal_of},
        password::api::SignInByPassword,
    },
    ui::{Button, GatePage, Look, Size},
};

/// Signing in with a password, for whoever has set one. The form is the same for everybody.
#[component]
pub fn PasswordPage() -> impl IntoView {
    let sign_in = ServerAction::<SignInByPassword>::new();
    let refused = refusal_of(sign_in);
    let wrong = on_field(refused, "email");
    let wish = asked("next");
    let by_code = next::sign_in_address(&wish);
    view! {
        <Title text="Sign in with a password"/>
        <GatePage
            title="Sign in with a password"
            intro=|| view! { <p>"For accounts with a password. You set one in your security settings, or in an app."</p> }
        >
            <Refused error=refused except="email"/>
            <ActionForm action=sign_in attr:class="stack">
                <input type="hidden" name="next" value=wish/>
                <EmailField error=wrong/>
                <PasswordField/>
                <Button look=Look::Primary size=Size::Large wide=true>"Sign in"</Button>
            </ActionForm>
            <p class="muted">
                "No password, or forgotten? "
                <a href=by_code>"Sign in with a code by mail"</a>
                " and set one afterwards."
            </p>
        </GatePage>
    }
}
