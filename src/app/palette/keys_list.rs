use leptos::{ev::Event, prelude::*};

use super::{KEYS, Palette, browser};
use crate::{
    kit::keys::{Key, TABLE},
    ui::{Button, Caps},
};

/// Every key of the table, and the switch for those that are a single character.
#[component]
pub(super) fn KeysList(palette: Palette) -> impl IntoView {
    let change = move |event: Event| {
        let on = event_target_checked(&event);
        browser::keep_single_keys(on);
        palette.single_keys.set(on);
    };
    view! {
        <h2 id="keys-title">"Keys"</h2>
        {parts()
            .into_iter()
            .map(|(part, lines)| {
                view! {
                    <h3>{part}</h3>
                    <dl>
                        {lines
                            .into_iter()
                            .map(|(says, keys)| {
                                let caps = keys
                                    .into_iter()
                                    .map(|key| view! { <dd><Caps key=key is_mac=palette.is_mac/></dd> })
                                    .collect_view();
                                view! { <div><dt>{says}</dt>{caps}</div> }
                            })
                            .collect_view()}
                    </dl>
                }
            })
            .collect_view()}
        <label class="switch">
            <span>"«?» opens this list" <span class="hint">"When off, no single character does anything."</span></span>
            <input type="checkbox" role="switch" prop:checked=palette.single_keys on:change=change/>
        </label>
        <div class="actions end">
            <Button kind="button" on:click=|_| browser::close(KEYS)>"Close"</Button>
        </div>
    }
}

type Line = (&'static str, Vec<&'static Key>);

/// The table by its headings; the keys of one deed stand in one line.
fn parts() -> Vec<(&'static str, Vec<Line>)> {
    let mut parts: Vec<(&str, Vec<Line>)> = Vec::new();
    for key in &TABLE {
        let at = parts.iter().position(|(part, _)| *part == key.part).unwrap_or_else(|| {
            parts.push((key.part, Vec::new()));
            parts.len() - 1
        });
        let lines = &mut parts[at].1;
        match lines.iter_mut().find(|(says, _)| *says == key.says) {
            Some((_, keys)) => keys.push(key),
            None => lines.push((key.says, vec![key])),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kb_05_the_list_has_every_key_of_the_table_once() {
        let listed: Vec<&Key> = parts().into_iter().flat_map(|(_, lines)| lines).flat_map(|(_, keys)| keys).collect();
        assert_eq!(listed.len(), TABLE.len());
        assert!(TABLE.iter().all(|key| listed.contains(&key)));
    }
}
