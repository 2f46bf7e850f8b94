use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_query_map;

use crate::{
    billing::{api::leaving, shown::Leaving},
    ui::{Banner, LinkButton, Look, Page, Tone},
};

/// Stands between a form and Stripe: a form may not lead off the site, so it leads here, and the browser goes on by
/// itself.
#[component]
pub fn LeavingPage() -> impl IntoView {
    let query = use_query_map();
    let way = Resource::new_blocking(move || query.with(|query| query.get("to").unwrap_or_default()), leaving);
    view! {
        <Title text="To Stripe"/>
        <Page title="To Stripe">
            <Suspense>
                {move || Suspend::new(async move {
                    match way.await {
                        Ok(Leaving { url, plan }) => {
                            let told = match plan {
                                Some(plan) => format!("You pay for {plan} on Stripe's own page and come back here afterwards."),
                                None => "You see cards, address and invoices on Stripe's own page and come back here afterwards.".to_owned(),
                            };
                            view! {
                                <Meta http_equiv="refresh" content=format!("0; url={url}")/>
                                <p>{told}</p>
                                <div class="actions">
                                    <LinkButton href=url look=Look::Primary external=true>"Go on to Stripe"</LinkButton>
                                    <LinkButton href="/billing">"Back to billing"</LinkButton>
                                </div>
                            }
                                .into_any()
                        }
                        Err(error) => {
                            view! {
                                <Banner tone=Tone::Danger>{error.message}</Banner>
                                <p><a href="/billing">"Back to billing"</a></p>
                            }
                                .into_any()
                        }
                    }
                })}
            </Suspense>
        </Page>
    }
}
