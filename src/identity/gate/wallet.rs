use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    identity::{model::WalletPurpose, next},
    ui::{Banner, Button, GatePage, Icon, LinkButton, Size, Tone},
};

const HERE: &str = "/settings/wallet";
const SECURITY: &str = "/settings/security";

/// Signing with a wallet. A wallet is a program in the browser, so the script shows the button where there is one.
#[component]
pub(super) fn WalletButton(
    /// Where one wants to go afterwards.
    #[prop(into)]
    next: String,
    purpose: WalletPurpose,
) -> impl IntoView {
    let label = match purpose {
        WalletPurpose::SignIn => "Sign in with a wallet",
        WalletPurpose::Link => "Link a wallet",
        WalletPurpose::Prove => "Confirm with your wallet",
    };
    // Whoever has to prove first comes back to where they link it, not to where that leads.
    let back = if purpose == WalletPurpose::Link { HERE } else { &next };
    let prove = next::handing_on("/settings/confirm", back);
    view! { <Signing way=purpose.as_str() next=next prove=prove size=Size::Large label=label/> }
}

/// The same by way of Privy.
#[component]
pub(super) fn PrivyWalletButton(next: String) -> impl IntoView {
    view! { <Signing way="privy" next=next prove="" size=Size::Normal label="Sign with a wallet, by way of Privy"/> }
}

/// What the script finds: whither, and every sentence that it may have to show.
#[component]
fn Signing(
    way: &'static str,
    next: String,
    #[prop(into)] prove: String,
    size: Size,
    label: &'static str,
) -> impl IntoView {
    view! {
        <div
            class="stack"
            hidden
            data-wallet=way
            data-next=next
            data-prove=prove
            data-declined="The wallet gave no signature, so nothing happened. Open it, choose an account, and try again."
            data-away="Aura did not answer, so nothing happened. Check your connection and try again."
        >
            <div hidden data-trouble="">
                <Banner tone=Tone::Danger>
                    <span></span>
                </Banner>
            </div>
            <Button kind="button" size=size wide=true>
                <Icon name="key-round"/>
                {label}
            </Button>
        </div>
    }
}

/// Makes a wallet one of the ways in.
#[component]
pub fn WalletPage() -> impl IntoView {
    view! {
        <Title text="Link a wallet"/>
        <GatePage
            title="Link a wallet"
            intro=|| {
                view! { <p>"The wallet signs a text that names this site. Signing costs nothing and moves nothing."</p> }
            }
        >
            <WalletButton next=SECURITY purpose=WalletPurpose::Link/>
            <p data-without-wallet="">
                "This browser has no wallet, or runs no scripts. Open this page in the browser in which your wallet is."
            </p>
            <LinkButton href=SECURITY size=Size::Large wide=true>"Back to your settings"</LinkButton>
        </GatePage>
    }
}
