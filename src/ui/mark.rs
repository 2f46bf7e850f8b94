use leptos::prelude::*;

/// The services that have a free drawing in `public/icons/marks.svg`, one a line, each with its name in the package
/// that the drawings come from. `scripts/marks` makes the one from the other.
const DRAWN: &str = include_str!("marks.txt");

/// Stands in the sprite's address, so that a browser may keep it for good.
const VERSION: &str = include_str!("marks-version.txt");

/// The query of the sprite's address as it is today.
#[must_use]
pub fn marks_version() -> String {
    format!("v={}", VERSION.trim_end())
}

/// Where the drawing of a service stands in the sprite; none where there is no free one.
#[must_use]
pub fn mark_address(id: &str) -> Option<String> {
    is_drawn(id).then(|| format!("/icons/marks.svg?{}#m-{id}", marks_version()))
}

/// The mark of a service, always beside its name, in one colour. Without a free drawing it shows two letters.
#[component]
pub fn Mark(
    /// The service's identifier in the catalogue.
    #[prop(into)]
    id: String,
    /// Its name, for the letters.
    #[prop(into)]
    name: String,
    /// `small`, `large` or `bare`.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    let inside = match mark_address(&id) {
        Some(address) => view! {
            <svg>
                <use_ href=address></use_>
            </svg>
        }
        .into_any(),
        None => letters(&name).into_any(),
    };
    view! {
        <span class=format!("mark {class}").trim_end().to_owned() aria-hidden="true">
            {inside}
        </span>
    }
}

fn is_drawn(id: &str) -> bool {
    DRAWN.lines().any(|line| line.split(' ').next() == Some(id))
}

fn letters(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).take(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_mark_is_in_the_sprite_and_the_other_way_round() {
        let sprite = include_str!("../../public/icons/marks.svg");
        let drawn: Vec<&str> = sprite.split("id=\"m-").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(drawn.len(), DRAWN.lines().count());
        assert!(drawn.iter().all(|id| is_drawn(id)));
    }

    #[test]
    fn a_service_without_a_drawing_shows_two_letters() {
        assert!(!is_drawn("nothing-of-that-name"));
        assert_eq!(letters("1 of us"), "1o");
        assert_eq!(letters("X"), "X");
    }
}
