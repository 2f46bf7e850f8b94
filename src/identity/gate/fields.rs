//! What several of these pages ask for. A field that was filled in wrong has the focus when its page is drawn anew.

use leptos::prelude::*;

use crate::{
    platform::web,
    ui::{CodeInput, Field, TextInput},
};

/// An address, by what was typed before where its form was refused.
#[component]
pub(super) fn EmailField(
    #[prop(default = "email")] name: &'static str,
    #[prop(default = "E-mail address")] label: &'static str,
    #[prop(optional)] hint: &'static str,
    #[prop(default = "username")] autocomplete: &'static str,
    error: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <Field id=name label=label hint=hint error=error>
            <TextInput
                name=name
                kind="email"
                value=web::typed(name).unwrap_or_default()
                placeholder="you@company.com"
                required=true
                large=true
                attr:autocomplete=autocomplete
                attr:maxlength="254"
                attr:autofocus=error.with_untracked(Option::is_some)
            />
        </Field>
    }
}

/// The password that somebody has. It is never brought back.
#[component]
pub(super) fn PasswordField(
    #[prop(default = "Password")] label: &'static str,
    #[prop(optional, into)] error: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <Field id="password" label=label error=error>
            <TextInput
                name="password"
                kind="password"
                required=true
                large=true
                attr:autocomplete="current-password"
                attr:maxlength="1024"
                attr:autofocus=error.with_untracked(Option::is_some)
            />
        </Field>
    }
}

/// Six digits of a mail or a message.
#[component]
pub(super) fn CodeField(
    #[prop(default = "You can paste the whole code.".to_owned(), into)] hint: String,
    error: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <Field id="code" label="Six-digit code" hint=hint error=error>
            <CodeInput name="code" attr:autofocus=error.with_untracked(Option::is_some)/>
        </Field>
    }
}
