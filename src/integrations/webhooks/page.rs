use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    api::{AddWebhook, own_webhooks},
    model::{EndpointView, EndpointsView},
    view::Fields,
};
use crate::{
    identity::page::{Refused, refusal_of},
    ui::{Badge, Banner, Button, LinkButton, Look, Panel, PanelBody, Rows, Setting, Size, Skeleton, Tone},
};

/// The addresses that a person has registered, and a form for one more.
#[component]
pub fn WebhooksPage() -> impl IntoView {
    let add = ServerAction::<AddWebhook>::new();
    let shown = Resource::new_blocking(move || add.version().get(), |_| own_webhooks());
    view! {
        <Title text="Webhooks"/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(EndpointsView { endpoints, typed_name, typed_url }) => {
                        view! {
                            <All endpoints=endpoints/>
                            <New name=typed_name url=typed_url add=add/>
                        }
                            .into_any()
                    }
                    Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn All(endpoints: Vec<EndpointView>) -> impl IntoView {
    let none = endpoints.is_empty();
    let rows = endpoints
        .into_iter()
        .map(|one| {
            let EndpointView { id, title, url, off, failing, made, .. } = one;
            let (tone, word) = match (off, failing) {
                (Some(_), _) => (Tone::Neutral, "Off"),
                (None, Some(_)) => (Tone::Warn, "Failing"),
                (None, None) => (Tone::Ok, "On"),
            };
            let look = format!("Look at {title}");
            view! {
                <div class="row">
                    <div class="grow">
                        <div class="title">{title} " " <Badge tone=tone>{word}</Badge></div>
                        <div class="sub mono">{url}</div>
                        <div class="sub">{format!("Made {made}")}</div>
                    </div>
                    <LinkButton
                        href=format!("/settings/developer/webhooks/{id}")
                        size=Size::Small
                        attr:aria-label=look
                    >
                        "Look"
                    </LinkButton>
                </div>
            }
        })
        .collect_view();
    view! {
        <Setting
            id="webhooks"
            title="Webhooks"
            intro="When something happens to one of your connections, Aura posts it to an address of yours, signed. Nothing that was read and no token is in it."
        >
            <Panel>
                {if none {
                    view! {
                        <PanelBody>
                            <p class="muted">"Nothing is posted anywhere. Add an address below."</p>
                        </PanelBody>
                    }
                        .into_any()
                } else {
                    view! { <Rows>{rows}</Rows> }.into_any()
                }}
            </Panel>
            <p class="sub">
                "What a post holds, and how its signature is checked, stands in "
                <a href="/api/docs" rel="external">"the description of the API"</a> ". Back to "
                <a href="/settings/developer">"your API keys"</a> "."
            </p>
        </Setting>
    }
}

#[component]
fn New(name: String, url: String, add: ServerAction<AddWebhook>) -> impl IntoView {
    let refused = refusal_of(add);
    let general =
        Signal::derive(move || refused.get().filter(|error| !matches!(error.field.as_deref(), Some("url" | "name"))));
    view! {
        <Setting id="new" title="New webhook" intro="Its secret is shown once, right after it was made.">
            <Refused error=general except=""/>
            <Panel>
                <PanelBody>
                    <ActionForm action=add attr:class="stack">
                        <Fields name=name url=url events=Vec::new() refused=refused/>
                        <div>
                            <Button look=Look::Primary busy=add.pending()>"Add the webhook"</Button>
                        </div>
                    </ActionForm>
                </PanelBody>
            </Panel>
        </Setting>
    }
}
