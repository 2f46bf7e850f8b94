use leptos::prelude::*;

/// How much a button asks for attention. One `Primary` on a view; `Accent` is for Approve only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    #[default]
    Plain,
    Primary,
    Accent,
    Danger,
    QuietDanger,
    Ghost,
}

/// How large a control is drawn. All sizes can be hit with a finger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    Small,
    #[default]
    Normal,
    Large,
}

fn classes(look: Look, size: Size, wide: bool, square: bool) -> String {
    let mut classes = String::from("button");
    let look = match look {
        Look::Plain => "",
        Look::Primary => " primary",
        Look::Accent => " accent",
        Look::Danger => " danger",
        Look::QuietDanger => " quiet-danger",
        Look::Ghost => " ghost",
    };
    let size = match size {
        Size::Small => " small",
        Size::Normal => "",
        Size::Large => " large",
    };
    classes.push_str(look);
    classes.push_str(size);
    if wide {
        classes.push_str(" wide");
    }
    if square {
        classes.push_str(" square");
    }
    classes
}

/// A button that sends the form around it, or, with `kind="button"`, does what its `on:click` says. Other
/// attributes are passed with `attr:`; a square button needs `attr:aria-label`.
#[component]
pub fn Button(
    #[prop(optional)] look: Look,
    #[prop(optional)] size: Size,
    #[prop(optional)] wide: bool,
    #[prop(optional)] square: bool,
    /// `submit` (the default), `button` or `reset`.
    #[prop(default = "submit")]
    kind: &'static str,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// Shows that the work goes on; the button stays where it is.
    #[prop(optional, into)]
    busy: Signal<bool>,
    children: Children,
) -> impl IntoView {
    view! {
        <button
            class=classes(look, size, wide, square)
            type=kind
            disabled=disabled
            aria-busy=move || busy.get().then_some("true")
        >
            {children()}
        </button>
    }
}

/// A link that looks like a button. `external` leaves the app's own routes.
#[component]
pub fn LinkButton(
    #[prop(into)] href: Signal<String>,
    #[prop(optional)] look: Look,
    #[prop(optional)] size: Size,
    #[prop(optional)] wide: bool,
    #[prop(optional)] square: bool,
    #[prop(optional)] external: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <a
            class=classes(look, size, wide, square)
            href=move || href.get()
            rel=external.then_some("external")
        >
            {children()}
        </a>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_become_classes() {
        assert_eq!(classes(Look::Plain, Size::Normal, false, false), "button");
        assert_eq!(classes(Look::QuietDanger, Size::Small, true, true), "button quiet-danger small wide square");
    }
}
