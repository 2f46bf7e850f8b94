use leptos::{either::Either, prelude::*, task::spawn_local};

use crate::{
    error::AppError,
    identity::{
        api::{start_wallet, verify_wallet},
        browser,
        model::WalletPurpose,
        next,
    },
    ui::{Banner, Button, Icon, Size, Tone},
};

/// Signing with a wallet, where the browser has one; it shows nothing before that is known, and nothing where there is
/// none, because a wallet is a program in the browser.
#[component]
pub fn WalletWay(
    /// Where one wants to go afterwards.
    #[prop(into)]
    next: String,
    #[prop(optional)] purpose: WalletPurpose,
) -> impl IntoView {
    let here = RwSignal::new(false);
    Effect::new(move |_| here.set(browser::has_wallet()));
    let (busy, trouble) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let next = StoredValue::new(next);
    let sign = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        trouble.set(None);
        spawn_local(async move {
            match walk(next.get_value(), purpose).await {
                Ok(place) => browser::open(&place),
                Err(error) if error.code == "prove_first" => {
                    browser::open(&next::handing_on("/settings/confirm", &next.get_value()));
                }
                Err(error) => {
                    // The page may be gone by now, and nobody looks any more.
                    let _nobody_looks = trouble.try_set(Some(error.message));
                    let _nobody_looks = busy.try_set(false);
                }
            }
        });
    };
    let (label, size, wide) = match purpose {
        WalletPurpose::SignIn => ("Sign in with a wallet", Size::Large, true),
        WalletPurpose::Link => ("Link a wallet", Size::Small, false),
        WalletPurpose::Prove => ("Confirm with your wallet", Size::Large, true),
    };
    let button = move || {
        view! {
            {move || trouble.get().map(|trouble| view! { <Banner tone=Tone::Danger>{trouble}</Banner> })}
            <Button kind="button" size=size wide=wide busy=busy on:click=sign>
                <Icon name="key-round"/>
                {label}
            </Button>
        }
    };
    move || {
        here.get().then(|| match purpose {
            WalletPurpose::Link => Either::Left(view! {
                <div class="row">
                    <div class="grow sub">"This browser has a wallet. It can become a way in."</div>
                    {button()}
                </div>
            }),
            WalletPurpose::SignIn | WalletPurpose::Prove => Either::Right(button()),
        })
    }
}

/// The whole way: which account, the text for it, its signature, and where to go.
async fn walk(next: String, purpose: WalletPurpose) -> Result<String, AppError> {
    let wallet = browser::ask_wallet().await?;
    let text = start_wallet(wallet.address.clone(), wallet.chain, next, purpose).await?;
    let signature = browser::sign_with_wallet(&wallet.address, &text.message).await?;
    Ok(verify_wallet(signature).await?.next)
}
