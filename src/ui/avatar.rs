use leptos::{either::Either, prelude::*};

/// A person: their picture, or without one their initials, on one of six tones that stays the same for the same name.
/// Their name always stands beside it, so it is decoration.
#[component]
pub fn Avatar(
    #[prop(into)] name: String,
    /// Where the picture is.
    #[prop(default = None)]
    picture: Option<String>,
    #[prop(optional)] large: bool,
) -> impl IntoView {
    match picture {
        Some(address) => {
            let side = if large { 72 } else { 28 };
            Either::Left(view! { <img class="avatar" class:large=large src=address alt="" width=side height=side/> })
        }
        None => Either::Right(view! {
            <span class=format!("avatar tone-{}", tone(&name)) class:large=large aria-hidden="true">
                {initials(&name)}
            </span>
        }),
    }
}

/// The first letters of the first and the last word; an address counts up to its `@`.
fn initials(name: &str) -> String {
    let name = name.split('@').next().unwrap_or(name);
    let mut words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next();
    let last = words.next_back();
    [first, last].into_iter().flatten().filter_map(|word| word.chars().next()).flat_map(char::to_uppercase).collect()
}

/// FNV-1a: short, and the same on the server and in the browser.
fn tone(name: &str) -> u32 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash % 6 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_come_from_the_outer_words() {
        assert_eq!(initials("mira van der okafor"), "MO");
        assert_eq!(initials("mira.okafor@example.com"), "MO");
        assert_eq!(initials("mira@example.com"), "M");
        assert_eq!(initials(""), "");
    }

    #[test]
    fn the_tone_is_steady_and_in_range() {
        assert_eq!(tone("Mira"), tone("Mira"));
        assert!((1..=6).contains(&tone("")) && (1..=6).contains(&tone("mira@example.com")));
    }
}
