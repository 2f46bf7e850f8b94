use leptos::{prelude::*, server_fn::ServerFn as _};
use leptos_meta::Title;

use super::{
    asked,
    fields::{CodeField, PasswordField},
    wallet::WalletButton,
};
use crate::{
    identity::{
        api::{ProveCode, SendProof, SignOut, ways_to_confirm},
        model::{Awaited, Confirming, WalletPurpose},
        next,
        page::{Refused, on_field, refusal_of},
        password::api::ProvePassword,
    },
    ui::{Banner, Button, GatePage, Look, Size, Tone},
};

/// Asks for a proof before something important, and then leads back to it.
#[component]
pub fn ConfirmPage() -> impl IntoView {
    let send = ServerAction::<SendProof>::new();
    let prove = ServerAction::<ProveCode>::new();
    let wish = asked("next");
    let ways = Suspend::new(async move {
        match ways_to_confirm().await {
            Ok(ways) => view! { <Ways ways=ways wish=wish send=send prove=prove/> }.into_any(),
            Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
        }
    });
    view! {
        <Title text="Confirm it is you"/>
        <GatePage
            title="Confirm it is you"
            intro=|| {
                view! {
                    <p>
                        "What you want to do is important, so we ask once more. After that you go back to it, and have 10 \
                         minutes."
                    </p>
                }
            }
        >
            <Refused error=refusal_of(send) except=""/>
            <Refused error=refusal_of(prove) except="code"/>
            {ways}
        </GatePage>
    }
}

#[component]
fn Ways(
    ways: Confirming,
    wish: String,
    send: ServerAction<SendProof>,
    prove: ServerAction<ProveCode>,
) -> impl IntoView {
    let Confirming { masked_email, awaited, ways, password } = ways;
    let none = masked_email.is_none() && ways.is_empty() && !password;
    let by_password = password.then(|| view! { <TypePassword wish=wish.clone()/> });
    // A wallet is no other site that one leaves for: it signs here.
    let wallet = ways.iter().any(|(id, _)| id == "wallet").then(|| {
        view! { <WalletButton next=wish.clone() purpose=WalletPurpose::Prove/> }
    });
    let links: Vec<_> = ways
        .into_iter()
        .filter(|(id, _)| id != "wallet")
        .map(|(id, name)| {
            let href = next::handing_on(&format!("/api/auth/prove/{id}"), &wish);
            view! {
                <a class="button large wide" href=href>
                    {format!("Confirm with {name}")}
                </a>
            }
        })
        .collect();
    let by_mail = masked_email.map(|masked_email| match awaited {
        Some(awaited) => view! { <TypeCode awaited=awaited wish=wish send=send prove=prove/> }.into_any(),
        None => view! {
            <ActionForm action=send attr:class="stack">
                <input type="hidden" name="next" value=wish/>
                <Button look=Look::Primary size=Size::Large wide=true>
                    {format!("Send a code to {masked_email}")}
                </Button>
            </ActionForm>
        }
        .into_any(),
    });
    view! {
        {by_mail}
        {by_password}
        {links}
        {wallet}
        {none
            .then(|| {
                view! {
                    <p>"Your account has nothing to confirm with here. Sign out and in again: that counts as well."</p>
                    <form method="post" action=SignOut::url()>
                        <Button look=Look::Primary size=Size::Large wide=true>"Sign out"</Button>
                    </form>
                }
            })}
        <p class="muted">
            <a class="way" href="/settings/security">"Leave it as it is"</a>
        </p>
    }
}

#[component]
fn TypePassword(wish: String) -> impl IntoView {
    let prove = ServerAction::<ProvePassword>::new();
    let refused = refusal_of(prove);
    let wrong = on_field(refused, "password");
    view! {
        <Refused error=refused except="password"/>
        <ActionForm action=prove attr:class="stack">
            <input type="hidden" name="next" value=wish/>
            <PasswordField label="Or your password" error=wrong/>
            <Button size=Size::Large wide=true>"Confirm with your password"</Button>
        </ActionForm>
    }
}

#[component]
fn TypeCode(
    awaited: Awaited,
    wish: String,
    send: ServerAction<SendProof>,
    prove: ServerAction<ProveCode>,
) -> impl IntoView {
    let hint = format!("We sent it to {}. It works for 10 minutes.", awaited.masked_email);
    let wrong = on_field(refusal_of(prove), "code");
    view! {
        <ActionForm action=prove attr:class="stack">
            <CodeField hint=hint error=wrong/>
            <Button look=Look::Primary size=Size::Large wide=true>"Confirm"</Button>
        </ActionForm>
        <ActionForm action=send>
            <input type="hidden" name="next" value=wish/>
            <p class="muted">
                "No mail after a minute? Look in spam, or "
                <button class="link" type="submit">"send a new code"</button>
                "."
            </p>
        </ActionForm>
    }
}
