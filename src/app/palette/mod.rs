//! The keys of the app and the two boxes that they open: the palette, in which everything is found by typing, and the list
//! of keys. What they can do comes from [`Commands`] and from the table in `kit::keys`; both boxes are empty until they
//! are opened.

mod entries;
mod finding;
mod keys_list;
mod listbox;

use leptos::{ev, prelude::*};

use super::browser;
use crate::{
    kit::keys::{self, Deed},
    ui::{Caps, Commands, Icon},
};
use keys_list::KeysList;
use listbox::Finder;

const PALETTE: &str = "palette";
const KEYS: &str = "keys";

/// What is open, and on which keyboard.
#[derive(Clone, Copy)]
pub(super) struct Palette {
    open: RwSignal<bool>,
    keys_open: RwSignal<bool>,
    is_mac: RwSignal<bool>,
    single_keys: RwSignal<bool>,
    commands: Commands,
}

impl Palette {
    /// Makes both boxes, closed, and lets the keys of the table do what the parts of the page offer.
    pub(super) fn new(sidebar_away: RwSignal<bool>) -> Self {
        let palette = Self {
            open: RwSignal::new(false),
            keys_open: RwSignal::new(false),
            is_mac: RwSignal::new(false),
            single_keys: RwSignal::new(true),
            commands: Commands::provide(),
        };
        Commands::on(Deed::OpenPalette, move || {
            if palette.open.get_untracked() {
                browser::close(PALETTE);
            } else {
                palette.show();
            }
            true
        });
        Commands::on(Deed::ListKeys, move || {
            browser::close(PALETTE);
            palette.keys_open.set(true);
            browser::open_at_the_front(KEYS);
            true
        });
        Commands::on(Deed::ToggleSidebar, move || {
            // Where it was sent away, it comes back to its place.
            if sidebar_away.get_untracked() || !browser::toggle_sidebar() {
                sidebar_away.update(|away| *away = !*away);
            }
            true
        });
        // Effects run in the browser only.
        Effect::new(move |_| {
            palette.is_mac.set(browser::is_mac());
            palette.single_keys.set(browser::single_keys());
            let listening = window_event_listener(ev::keydown, move |event| {
                let (is_mac, single) = (palette.is_mac.get_untracked(), palette.single_keys.get_untracked());
                let asked = browser::pressed(&event, is_mac, single).and_then(|press| press.deed());
                let may = |deed: &Deed| *deed == Deed::OpenPalette || !palette.open.get_untracked();
                if asked.filter(may).is_some_and(|deed| palette.commands.perform(deed)) {
                    event.prevent_default();
                }
            });
            on_cleanup(move || listening.remove());
        });
        palette
    }

    fn show(self) {
        self.open.set(true);
        browser::open_at_the_front(PALETTE);
    }
}

/// The way to the palette; without a script, to the search. Beside a field it is its key alone.
#[component]
pub(super) fn PaletteLink(palette: Palette, #[prop(optional)] as_key: bool) -> impl IntoView {
    let open = move |event: ev::MouseEvent| {
        // With a key held, a link opens elsewhere.
        if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
            event.prevent_default();
            palette.show();
        }
    };
    let key = keys::of(Deed::OpenPalette);
    view! {
        <a
            class=if as_key { "key-link" } else { "button ghost square" }
            href="/chat/search"
            aria-haspopup="dialog"
            aria-label="Search and commands"
            aria-keyshortcuts=move || key.map(|key| key.aria(palette.is_mac.get()))
            on:click=open
        >
            {match key {
                Some(key) if as_key => view! { <Caps key=key is_mac=palette.is_mac/> }.into_any(),
                _ => view! { <Icon name="search"/> }.into_any(),
            }}
        </a>
    }
}

/// Both boxes, at the end of the document.
#[component]
pub(super) fn Boxes(palette: Palette) -> impl IntoView {
    // A click outside of what stands in a box reaches the box itself.
    let outside = |id: &'static str| {
        move |event: ev::MouseEvent| {
            let at = event.target().and_then(|target| {
                use leptos::wasm_bindgen::JsCast as _;
                target.dyn_into::<leptos::web_sys::Element>().ok()
            });
            if at.is_some_and(|element| element.id() == id) {
                browser::close(id);
            }
        }
    };
    view! {
        <dialog
            class="menu palette"
            id=PALETTE
            aria-label="Search and commands"
            on:close=move |_| palette.open.set(false)
            on:click=outside(PALETTE)
        >
            <Show when=move || palette.open.get()>
                <Finder palette=palette/>
            </Show>
        </dialog>
        <dialog
            class="dialog keys"
            id=KEYS
            aria-labelledby="keys-title"
            on:close=move |_| palette.keys_open.set(false)
            on:click=outside(KEYS)
        >
            <Show when=move || palette.keys_open.get()>
                <KeysList palette=palette/>
            </Show>
        </dialog>
    }
}
