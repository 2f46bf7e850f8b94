use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::loaded::Loaded;
use crate::{
    admin::{api::people, model::PersonLine},
    ui::{Avatar, Badge, Button, Field, Panel, PanelBody, Row, Rows, TextInput, Tone},
};

/// The newest people, or those whom the search finds.
#[component]
pub fn People() -> impl IntoView {
    let query = use_query_map();
    let words = Memo::new(move |_| query.with(|query| query.get("q").unwrap_or_default()));
    let data = Resource::new_blocking(move || words.get(), people);
    view! {
        <form class="stack" method="get" action="/admin/people" role="search">
            <Field id="q" label="Search" hint="The whole id, how an address or handle begins, or a part of the name.">
                <TextInput name="q" kind="search" value=words.get_untracked()/>
            </Field>
            <div class="actions"><Button>"Search"</Button></div>
        </form>
        <Loaded data=data children=shown/>
    }
}

fn shown(people: Vec<PersonLine>) -> impl IntoView {
    let none = people.is_empty();
    view! {
        <Panel title="People">
            {none.then(|| view! { <PanelBody><p class="muted">"Nobody fits."</p></PanelBody> })}
            <Rows>{people.into_iter().map(|person| view! { <Line person=person/> }).collect_view()}</Rows>
        </Panel>
    }
}

#[component]
fn Line(person: PersonLine) -> impl IntoView {
    let PersonLine { id, display_name, email, handle, is_admin, suspended, created, .. } = person;
    let handle = handle.map(|handle| format!("@{handle}, ")).unwrap_or_default();
    let name = display_name.clone();
    let sub = format!("{handle}{}, since {created}", email.unwrap_or_else(|| "no address".to_owned()));
    view! {
        <Row title=display_name.clone() sub=sub lead=move || view! { <Avatar name=name/> }>
            {is_admin.then(|| view! { <Badge tone=Tone::Accent>"Operator"</Badge> })}
            {suspended.map(|_| view! { <Badge tone=Tone::Danger>"Suspended"</Badge> })}
            <a class="button small" href=format!("/admin/people/{id}") aria-label=format!("Look at {display_name}")>"Look"</a>
        </Row>
    }
}
