use leptos::{ev::KeyboardEvent, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    PALETTE, Palette, browser,
    entries::{self, CONVERSATIONS, DO, Entry, GO},
    finding::Finding,
};
use crate::ui::{Caps, Does, Icon};

const LIST: &str = "palette-list";

/// A field whose list follows what is typed. The focus stays in the field; the arrows move through the list (ARIA Authoring
/// Practices: combobox with a listbox).
#[component]
pub(super) fn Finder(palette: Palette) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let active = RwSignal::new(0_usize);
    let finding = Finding::new();
    let commands = palette.commands;
    let shown = Memo::new_with_compare(
        move |_| {
            typed.with(|typed| {
                let mut shown = entries::pages(typed);
                // Before anything is typed, what the page can do is nearer than the list of all pages.
                let acts = finding.teams.with(|teams| entries::acts(typed, commands, teams));
                shown.splice(0..0, acts);
                shown.extend(finding.conversations.get());
                shown
            })
        },
        |_, _| true,
    );
    let count = move || shown.with(Vec::len);
    let is_empty = move || count() == 0;
    let at = move || active.get().min(count().saturating_sub(1));
    let navigate = use_navigate();
    let choose = Callback::new(move |entry: Entry| {
        browser::close(PALETTE);
        match entry.does {
            Does::Lead(to) => navigate(&to, NavigateOptions::default()),
            Does::Fetch(to) => browser::open(&to),
            Does::Act(act) => act.run(()),
            // The focus has to be back where it was.
            Does::Press(deed) => request_animation_frame(move || {
                commands.perform(deed);
            }),
        }
    });
    let press = move |event: KeyboardEvent| {
        if event.is_composing() || count() == 0 {
            return;
        }
        let (last, here) = (count() - 1, at());
        let to = match event.key().as_str() {
            "ArrowDown" => {
                if here == last {
                    0
                } else {
                    here + 1
                }
            }
            "ArrowUp" => {
                if here == 0 {
                    last
                } else {
                    here - 1
                }
            }
            "Enter" => {
                event.prevent_default();
                if let Some(entry) = shown.with_untracked(|shown| shown.get(here).cloned()) {
                    choose.run(entry);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        active.set(to);
        browser::reveal(LIST, option_id(to));
    };
    let write = move |text: String| {
        typed.set(text.clone());
        active.set(0);
        finding.look_for(text);
        browser::reveal(LIST, option_id(0));
    };
    let told = move || match (count(), finding.busy.get()) {
        (_, true) => String::new(),
        (0, false) => "Nothing fits.".to_owned(),
        (1, false) => "1 result.".to_owned(),
        (more, false) => format!("{more} results."),
    };
    view! {
        <div class="search">
            <Icon name="search"/>
            <label class="visually-hidden" for="palette-field">"Search and commands"</label>
            <input
                class="input"
                id="palette-field"
                type="text"
                role="combobox"
                aria-expanded=move || if is_empty() { "false" } else { "true" }
                aria-controls=LIST
                aria-autocomplete="list"
                aria-activedescendant=move || (!is_empty()).then(|| option_id(at()))
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                maxlength="200"
                placeholder="Pages, conversations, actions"
                autofocus=true
                on:input=move |event| write(event_target_value(&event))
                on:keydown=press
            />
            <kbd aria-hidden="true">"Esc"</kbd>
        </div>
        <p class="visually-hidden" role="status">{told}</p>
        {move || {
            let none = count() == 0 && !finding.busy.get();
            let sentence = finding.refused.get().or_else(|| none.then(|| "Nothing fits. Try the beginning of a word.".to_owned()));
            sentence.map(|sentence| view! { <p class="nothing sub">{sentence}</p> })
        }}
        <div class="list" id=LIST role="listbox" aria-label="Results" hidden=is_empty>
            {move || {
                let mut number = 0;
                let shown = shown.get();
                [DO, GO, CONVERSATIONS]
                    .into_iter()
                    .map(|group| {
                        let lines: Vec<_> = shown
                            .iter()
                            .filter(|entry| entry.group == group)
                            .cloned()
                            .map(|entry| {
                                let at_number = number;
                                number += 1;
                                view! { <Line entry=entry number=at_number at=Signal::derive(at) active=active choose=choose palette=palette/> }
                            })
                            .collect();
                        let label = format!("palette-{}", group.to_lowercase().replace(' ', "-"));
                        (!lines.is_empty())
                            .then(|| {
                                view! {
                                    <div role="group" aria-labelledby=label.clone()>
                                        <div class="label" id=label.clone()>{group}</div>
                                        {lines}
                                    </div>
                                }
                            })
                    })
                    .collect_view()
            }}
        </div>
    }
}

fn option_id(number: usize) -> String {
    format!("palette-option-{number}")
}

#[component]
fn Line(
    entry: Entry,
    number: usize,
    at: Signal<usize>,
    active: RwSignal<usize>,
    choose: Callback<Entry>,
    palette: Palette,
) -> impl IntoView {
    let Entry { icon, name, note, key, .. } = entry.clone();
    let key = key.map(|key| view! { <Caps key=key is_mac=palette.is_mac/> });
    let note = (!note.is_empty()).then(|| view! { <span class="sub">{note}</span> });
    view! {
        <div
            class="option"
            role="option"
            id=option_id(number)
            aria-selected=move || if at.get() == number { "true" } else { "false" }
            on:pointermove=move |_| active.set(number)
            on:click=move |_| choose.run(entry.clone())
        >
            <Icon name=icon/>
            <span class="name">{name}</span>
            {note}
            {key}
        </div>
    }
}
