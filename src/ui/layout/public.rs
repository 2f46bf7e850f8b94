use super::{SkipLink, StagingBar};
use crate::ui::{AuraGradient, Brand};
use leptos::prelude::*;

/// The frame of a public page: brand and ways in above, the same ways once more below. It needs no script, and the
/// links into the app load a new document.
#[component]
pub fn PublicPage(
    /// The address of this page, so that its link says so.
    #[prop(optional, into)]
    current: String,
    #[prop(optional)] staging: bool,
    /// Whether who sees it may well be signed in, as on the page of a refusal: then the way leads into the app, which asks
    /// whoever is not.
    #[prop(optional)]
    inside: bool,
    children: Children,
) -> impl IntoView {
    let account = if inside { ("/chat", "Open Aura") } else { ("/signin", "Sign in") };
    view! {
        <div class="site">
            <SkipLink/>
            <AuraGradient/>
            {staging.then(|| view! { <StagingBar/> })}
            <header class="site-header">
                <div class="wrap">
                    <Brand/>
                    <nav aria-label="Site">
                        <SiteLink href="/integrations" label="Integrations" current=current.clone()/>
                        <SiteLink href="/pricing" label="Pricing" current=current/>
                        <a class="push" href=account.0 rel="external">{account.1}</a>
                    </nav>
                </div>
            </header>
            <main id="main">{children()}</main>
            <SiteFooter account=account/>
        </div>
    }
}

#[component]
fn SiteLink(href: &'static str, label: &'static str, #[prop(optional)] current: String) -> impl IntoView {
    let here = (current == href).then_some("page");
    view! { <a href=href rel="external" aria-current=here>{label}</a> }
}

#[component]
fn SiteFooter(account: (&'static str, &'static str)) -> impl IntoView {
    view! {
        <footer class="site-footer">
            <div class="wrap stack loose">
                <div class="columns narrow">
                    <div>
                        <Brand/>
                        <p class="muted">"Ask across your accounts." <br/> "Nothing changes without you."</p>
                    </div>
                    <nav aria-labelledby="footer-product">
                        <h2 id="footer-product">"Product"</h2>
                        <ul>
                            <li><SiteLink href="/#how" label="How it works"/></li>
                            <li><SiteLink href="/integrations" label="Integrations"/></li>
                            <li><SiteLink href="/pricing" label="Pricing"/></li>
                            <li><SiteLink href="/api/docs" label="The JSON API"/></li>
                        </ul>
                    </nav>
                    <nav aria-labelledby="footer-trust">
                        <h2 id="footer-trust">"Trust"</h2>
                        <ul>
                            <li><SiteLink href="/#approval" label="How approval works"/></li>
                            <li><SiteLink href="/#privacy" label="What happens to your data"/></li>
                        </ul>
                    </nav>
                    <nav aria-labelledby="footer-account">
                        <h2 id="footer-account">"Account"</h2>
                        <ul>
                            <li><SiteLink href=account.0 label=account.1/></li>
                        </ul>
                    </nav>
                </div>
                <p class="muted">"Service names and marks belong to their owners."</p>
            </div>
        </footer>
    }
}
