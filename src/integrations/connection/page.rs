use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::{
    api::{AskAgain, LetModelsSee, one_connection},
    model::ConnectionPageView,
    view::{Always, Ending, Facts, Log, Models, Scopes, State},
};
use crate::{
    integrations::{api::Disconnect, view::Permissions},
    ui::{Banner, LinkButton, Page, Setting, Size, Skeleton, Tone},
};

/// What stands at `/connections/{id}`.
#[component]
pub fn ConnectionPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let before = Memo::new(move |_| query.with(|query| query.get("before").unwrap_or_default()));
    let disconnect = ServerAction::<Disconnect>::new();
    let choose = ServerAction::<LetModelsSee>::new();
    let again = ServerAction::<AskAgain>::new();
    let shown = Resource::new_blocking(
        move || (id.get(), before.get(), choose.version().get(), again.version().get()),
        |(id, before, ..)| one_connection(id, before),
    );
    view! {
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(page) => {
                        let first = before.get_untracked().is_empty();
                        view! { <Whole page=page first=first disconnect=disconnect choose=choose again=again/> }.into_any()
                    }
                    Err(error) => {
                        view! {
                            <Title text="Connection"/>
                            <Page title="Connection">
                                <Banner tone=Tone::Danger>{error.message}</Banner>
                                <p><a href="/connections">"All connections"</a></p>
                            </Page>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

#[component]
fn Whole(
    page: ConnectionPageView,
    first: bool,
    disconnect: ServerAction<Disconnect>,
    choose: ServerAction<LetModelsSee>,
    again: ServerAction<AskAgain>,
) -> impl IntoView {
    let ConnectionPageView { connection, told, mend, scopes, facts, model, agreed, vendor, kept, always, log } = page;
    let (id, service) = (connection.id.to_string(), connection.service_name.clone());
    let (of_models, of_always, at_service, title) = (id.clone(), id.clone(), service.clone(), service.clone());
    let (ending, manage, more) = (connection.clone(), connection.manage.clone(), connection.clone());
    let failed = move || {
        let refused = disconnect.value().with(|done| done.as_ref().and_then(|done| done.clone().err()));
        refused.or_else(|| choose.value().with(|done| done.as_ref().and_then(|done| done.clone().err())))
    };
    view! {
        <Title text=title.clone()/>
        <Page
            title=title
            actions=ViewFnOnce::from(|| view! {
                <LinkButton href="/connections" size=Size::Small>"All connections"</LinkButton>
            })
        >
            {move || failed().map(|error| view! { <Banner tone=Tone::Danger>{error.message}</Banner> })}
            <State connection=connection told=told mend=mend/>
            <Setting id="facts" title="What is known">
                <Facts facts=facts/>
            </Setting>
            <Setting
                id="scopes"
                title="What Aura may do"
                intro="What Aura asked for, why, and what was granted. It can never do more than this."
            >
                <Scopes scopes=scopes manage=manage service=at_service/>
            </Setting>
            <Permissions connection=more/>
            <Setting
                id="models"
                title="Language models"
                intro="Whether what is read here may be sent to the language model that writes answers."
            >
                <Models id=of_models service=service model=model agreed=agreed vendor=vendor kept=kept choose=choose/>
            </Setting>
            {(!always.is_empty())
                .then(|| {
                    view! {
                        <Setting
                            id="always"
                            title="Allowed in advance"
                            intro="These changes are made without asking, as long as nothing was read for the answer before."
                        >
                            <Always id=of_always always=always again=again/>
                        </Setting>
                    }
                })}
            <Setting
                id="log"
                title="What happened"
                intro="Kept for 90 days. It says what was used and by what, never what was read."
            >
                <Log id=id log=log first=first/>
            </Setting>
            <Setting id="end" title="Disconnect" intro="Ends Aura's access. Nothing changes at the service itself.">
                <Ending connection=ending disconnect=disconnect/>
            </Setting>
        </Page>
    }
}
