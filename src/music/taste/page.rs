use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    api::{RemoveText, WriteText, taste},
    model::{TasteView, TextView},
};
use crate::{
    identity::page::{Refused, refusal_of},
    ui::{Banner, Button, LinkButton, Look, Page, Panel, PanelBody, Skeleton, Tone},
};

/// What the forms of the page do.
#[derive(Clone, Copy)]
struct Acts {
    write: ServerAction<WriteText>,
    remove: ServerAction<RemoveText>,
}

/// What stands at `/music/taste`: texts about somebody's listening, which a model writes when they ask for it.
#[component]
pub fn TastePage() -> impl IntoView {
    let acts = Acts { write: ServerAction::new(), remove: ServerAction::new() };
    let shown = Resource::new_blocking(move || (acts.write.version().get(), acts.remove.version().get()), |_| taste());
    view! {
        <Title text="Your taste"/>
        <Page
            title="Your taste"
            intro="Texts about what you listen to, written by a model when you ask for one. Every name and number in them is from your own history. Only you see this page."
            actions=|| view! { <LinkButton href="/music/profile">"Profile"</LinkButton> }
        >
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match shown.await {
                        Ok(view) => view! { <Whole view=view acts=acts/> }.into_any(),
                        Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                    }
                })}
            </Transition>
        </Page>
    }
}

#[component]
fn Whole(view: TasteView, acts: Acts) -> impl IntoView {
    let TasteView { texts, on, sent } = view;
    let said = if on {
        sent
    } else {
        "No model can be asked here at the moment. What was written before is still here.".to_owned()
    };
    view! {
        <Refused error=refusal_of(acts.write) except=""/>
        <Refused error=refusal_of(acts.remove) except=""/>
        <p class="sub">{said}</p>
        {texts.into_iter().map(|text| view! { <Text text=text on=on acts=acts/> }).collect_view()}
    }
}

#[component]
fn Text(text: TextView, on: bool, acts: Acts) -> impl IntoView {
    let TextView { kind, body, by } = text;
    let (title, button) = kind.told();
    let is_there = body.is_some();
    // Several forms share one action: only the one that was pressed is busy.
    let busy = move || {
        acts.write.pending().get()
            && acts.write.input().with(|input| input.as_ref().is_some_and(|input| input.kind == kind))
    };
    let told = body.map(|body| {
        let age = body.age.map(|age| {
            view! { <p>{format!("About {} years old, between {} and {}.", age.years, age.low, age.high)}</p> }
        });
        let passages = body
            .passages
            .into_iter()
            .map(|passage| {
                let about = (!passage.about.is_empty()).then(|| view! { <div class="title">{passage.about}</div> });
                view! {
                    <div>
                        {about} <p>{passage.text}</p>
                    </div>
                }
            })
            .collect_view();
        view! {
            <div class="prose">{age} {passages}</div>
            <p class="sub">{by}</p>
        }
    });
    view! {
        <Panel title=title>
            <PanelBody>
                <div class="stack">
                    {told}
                    <div class="actions">
                        {on
                            .then(|| {
                                view! {
                                    <ActionForm action=acts.write>
                                        <input type="hidden" name="kind" value=kind.as_str()/>
                                        <Button
                                            look=if is_there { Look::Plain } else { Look::Primary }
                                            busy=Signal::derive(busy)
                                        >
                                            {if is_there { "Write it anew" } else { button }}
                                        </Button>
                                    </ActionForm>
                                }
                            })}
                        {is_there
                            .then(|| {
                                view! {
                                    <ActionForm action=acts.remove>
                                        <input type="hidden" name="kind" value=kind.as_str()/>
                                        <Button look=Look::Ghost>
                                            "Remove"<span class="visually-hidden">{format!(" {title}")}</span>
                                        </Button>
                                    </ActionForm>
                                }
                            })}
                    </div>
                </div>
            </PanelBody>
        </Panel>
    }
}
