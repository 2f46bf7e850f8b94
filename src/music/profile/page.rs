use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    api::{ForgetSeen, PublishProfile, SaveProfile, WithdrawProfile, music_profile},
    model::{CardView, Choices, EditView, Featured, LONGEST_CAPTION, MOST_FEATURED, Offer, Section, SeenView, Shown},
    view::{Bio, Sections},
};
use crate::{
    identity::page::{Refused, on_field, refusal_of},
    music::listening::model::PERIODS,
    ui::{
        Badge, Banner, Button, Field, LinkButton, Look, Page, Panel, PanelBody, Select, Setting, Size, Skeleton,
        TextArea, TextInput, Tone, grouped,
    },
};

/// What the forms of the page do.
#[derive(Clone, Copy)]
struct Acts {
    save: ServerAction<SaveProfile>,
    publish: ServerAction<PublishProfile>,
    withdraw: ServerAction<WithdrawProfile>,
    forget: ServerAction<ForgetSeen>,
}

/// What stands at `/music/profile`: what a person shows of their music, to be chosen, tried and published.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let query = use_query_map();
    let preview = Memo::new(move |_| query.with(|query| query.get("preview").is_some()));
    let acts = Acts {
        save: ServerAction::new(),
        publish: ServerAction::new(),
        withdraw: ServerAction::new(),
        forget: ServerAction::new(),
    };
    let done = move || {
        let Acts { save, publish, withdraw, forget } = acts;
        (save.version().get(), publish.version().get(), withdraw.version().get(), forget.version().get())
    };
    let shown = Resource::new_blocking(move || (preview.get(), done()), |(preview, _)| music_profile(preview));
    view! {
        <Title text="Music profile"/>
        <Page
            title="Music profile"
            intro="A page about your music that everybody can see who has its address. Nothing is on it that you do not choose."
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
fn Whole(view: EditView, acts: Acts) -> impl IntoView {
    let EditView { handle, address, draft, published, changed, offers, views, cards, seen, preview } = view;
    view! {
        <Refused error=refusal_of(acts.publish) except=""/>
        <Refused error=refusal_of(acts.withdraw) except=""/>
        <Refused error=refusal_of(acts.forget) except=""/>
        <Standing handle=handle address=address published=published changed=changed views=views acts=acts/>
        {preview.map(|shown| view! { <Preview shown=shown/> })}
        <Draft draft=draft offers=offers acts=acts/>
        {(!cards.is_empty()).then(|| view! { <Cards cards=cards/> })}
        {(!seen.is_empty()).then(|| view! { <Seen seen=seen acts=acts/> })}
    }
}

#[component]
fn Standing(
    handle: Option<String>,
    address: Option<String>,
    published: Option<String>,
    changed: bool,
    views: i64,
    acts: Acts,
) -> impl IntoView {
    let is_public = published.is_some();
    let (tone, word) = match (is_public, changed) {
        (false, _) => (Tone::Neutral, "Private"),
        (true, false) => (Tone::Ok, "Public"),
        (true, true) => (Tone::Warn, "Public, with changes to publish"),
    };
    let told = match (&published, views) {
        (None, _) => "Nobody but you sees anything of it.".to_owned(),
        (Some(since), 1) => format!("Published {since}. One visitor."),
        (Some(since), views) => format!("Published {since}. {} visitors, each counted once a day.", grouped(views)),
    };
    let publish = match (is_public, changed) {
        (false, _) => Some("Publish"),
        (true, true) => Some("Publish the changes"),
        (true, false) => None,
    };
    let has_handle = handle.is_some();
    let link = match handle.zip(address) {
        Some((handle, address)) if is_public => {
            view! { <a href=format!("/@{handle}") rel="external">{address}</a> }.into_any()
        }
        Some((_, address)) => view! { <span>{format!("It will stand at {address}")}</span> }.into_any(),
        None => view! {
            <span>"It stands at your handle, and you have none yet. "</span>
            <LinkButton href="/settings" size=Size::Small>"Choose a handle"</LinkButton>
        }
        .into_any(),
    };
    view! {
        <Panel>
            <div class="rows">
                <div class="row">
                    <div class="grow">
                        <div class="title">{link}</div>
                        <div class="sub">{told}</div>
                    </div>
                    <Badge tone=tone>{word}</Badge>
                </div>
            </div>
            <div class="panel-foot">
                <div class="actions">
                    {publish
                        .filter(|_| has_handle)
                        .map(|label| {
                            view! {
                                <ActionForm action=acts.publish>
                                    <Button look=Look::Primary busy=acts.publish.pending()>{label}</Button>
                                </ActionForm>
                            }
                        })}
                    <LinkButton href="/music/profile?preview=yes#preview">"Preview"</LinkButton>
                    {is_public
                        .then(|| {
                            view! {
                                <ActionForm action=acts.withdraw>
                                    <Button busy=acts.withdraw.pending()>"Make it private"</Button>
                                </ActionForm>
                            }
                        })}
                </div>
            </div>
        </Panel>
    }
}

#[component]
fn Preview(shown: Shown) -> impl IntoView {
    view! {
        <section class="stack loose" aria-labelledby="preview">
            <h2 id="preview">"What everybody would see"</h2>
            <Bio text=shown.bio.clone()/>
            <Sections shown=shown/>
        </section>
    }
}

#[component]
fn Draft(draft: Choices, offers: Vec<Offer>, acts: Acts) -> impl IntoView {
    let refused = refusal_of(acts.save);
    let Choices { bio, period, sections, featured } = draft;
    let checks = Section::ALL
        .into_iter()
        .map(|section| {
            let (name, told) = section.told();
            view! {
                <label class="check">
                    <input
                        type="checkbox"
                        name="sections[]"
                        value=section.as_str()
                        checked=sections.contains(&section)
                    />
                    <span>{name} " " <span class="sub">{told}</span></span>
                </label>
            }
        })
        .collect_view();
    let periods = PERIODS
        .into_iter()
        .map(|(value, words)| view! { <option value=value selected=value == period>{words}</option> })
        .collect_view();
    view! {
        <ActionForm action=acts.save attr:class="stack loose">
            <Refused error=refused except="bio"/>
            <Setting id="about" title="About you" intro="A few sentences, as plain text. They are public as soon as you publish.">
                <Field id="bio" label="Text" hint="600 characters at most." error=on_field(refused, "bio")>
                    <TextArea name="bio" value=bio attr:maxlength="600" attr:dir="auto"/>
                </Field>
            </Setting>
            <Setting id="sections" title="What is shown" intro="Each section is private until you tick it and publish.">
                <fieldset class="stack tight">
                    <legend class="visually-hidden">"Sections"</legend>
                    {checks}
                </fieldset>
                <Field id="period" label="Time that is counted">
                    <Select name="period">{periods}</Select>
                </Field>
            </Setting>
            <Setting
                id="featured-artists"
                title="Featured artists"
                intro="From those you played most, in your order. They stay when your history is read anew."
            >
                <Picks featured=featured offers=offers/>
            </Setting>
            <div class="actions">
                <Button look=Look::Primary busy=acts.save.pending()>"Save draft"</Button>
            </div>
        </ActionForm>
    }
}

#[component]
fn Picks(featured: Vec<Featured>, offers: Vec<Offer>) -> impl IntoView {
    if offers.is_empty() {
        return view! { <p class="muted">"There is nobody to pick from before something is counted."</p> }.into_any();
    }
    (0..MOST_FEATURED)
        .map(|place| {
            let Featured { key, caption } = featured.get(place).cloned().unwrap_or_default();
            let options = offers
                .iter()
                .map(|offer| {
                    let label = format!("{} ({} plays)", offer.name, grouped(offer.plays));
                    view! { <option value=offer.key.clone() selected=offer.key == key>{label}</option> }
                })
                .collect_view();
            view! {
                <div class="columns">
                    <Field id=format!("artist-{place}") label=format!("Artist {}", place + 1)>
                        <Select name=format!("artists[{place}]")>
                            <option value="">"Nobody"</option>
                            {options}
                        </Select>
                    </Field>
                    <Field id=format!("caption-{place}") label=format!("Caption {}", place + 1)>
                        <TextInput
                            name=format!("captions[{place}]")
                            value=caption
                            attr:maxlength=LONGEST_CAPTION.to_string()
                            attr:autocomplete="off"
                            attr:dir="auto"
                        />
                    </Field>
                </div>
            }
        })
        .collect_view()
        .into_any()
}

#[component]
fn Cards(cards: Vec<CardView>) -> impl IntoView {
    let rows = cards
        .into_iter()
        .map(|CardView { title, wide, tall }| {
            let (of_wide, of_tall) = (format!("{title}, wide"), format!("{title}, tall"));
            view! {
                <li class="row">
                    <div class="grow">
                        <div class="title">{title}</div>
                    </div>
                    <a href=wide rel="external" aria-label=of_wide>"1200 × 630"</a>
                    <a href=tall rel="external" aria-label=of_tall>"1080 × 1920"</a>
                </li>
            }
        })
        .collect_view();
    view! {
        <Setting id="cards" title="Share cards" intro="Pictures of what is public, for messages and stories.">
            <Panel>
                <ul class="rows">{rows}</ul>
            </Panel>
        </Setting>
    }
}

#[component]
fn Seen(seen: Vec<SeenView>, acts: Acts) -> impl IntoView {
    let rows = seen
        .into_iter()
        .map(|SeenView { handle, name, when }| {
            view! {
                <li class="row">
                    <div class="grow">
                        <div class="title">
                            <a href=format!("/@{handle}") rel="external">{name}</a>
                        </div>
                        <div class="sub">{format!("@{handle}, {when}")}</div>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <Setting id="seen" title="Profiles you looked at" intro="Only you see this list. It keeps twenty.">
            <Panel>
                <ul class="rows">{rows}</ul>
                <PanelBody>
                    <ActionForm action=acts.forget>
                        <Button size=Size::Small busy=acts.forget.pending()>"Clear the list"</Button>
                    </ActionForm>
                </PanelBody>
            </Panel>
        </Setting>
    }
}
