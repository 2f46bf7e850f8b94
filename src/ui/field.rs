use super::{Icon, escaped};
use leptos::{context::Provider, prelude::*};

/// What a field tells the control inside it.
#[derive(Clone)]
struct FieldState {
    id: String,
    described_by: Signal<Option<String>>,
    invalid: Signal<bool>,
}

/// A label above a control, and below it a hint, or an error that names the remedy. The control inside
/// (`TextInput`, `TextArea`, `CodeInput`) takes its id and its descriptions from here.
#[component]
pub fn Field(
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    /// Empty is none.
    #[prop(optional, into)]
    hint: String,
    #[prop(optional, into)] error: Signal<Option<String>>,
    children: Children,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
    // What an error says already is not said again below it.
    let hint = Memo::new(move |_| {
        let said = error.with(|error| error.as_ref().is_some_and(|error| error.contains(&hint)));
        (!hint.is_empty() && !said).then(|| hint.clone())
    });
    let error_id = format!("{id}-error");
    let described_by = {
        let (hint_id, error_id) = (hint_id.clone(), error_id.clone());
        Signal::derive(move || match (error.with(Option::is_some), hint.with(Option::is_some)) {
            (true, true) => Some(format!("{error_id} {hint_id}")),
            (true, false) => Some(error_id.clone()),
            (false, true) => Some(hint_id.clone()),
            (false, false) => None,
        })
    };
    let state =
        FieldState { id: id.clone(), described_by, invalid: Signal::derive(move || error.with(Option::is_some)) };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <Provider value=state>{children()}</Provider>
            {move || {
                let error_id = error_id.clone();
                error
                    .get()
                    .map(|error| {
                        view! {
                            <p class="error" id=error_id role="alert">
                                <Icon name="circle-alert"/>
                                <span>{error}</span>
                            </p>
                        }
                    })
            }}
            {move || {
                let hint_id = hint_id.clone();
                hint.get().map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })
            }}
        </div>
    }
}

fn state() -> FieldState {
    use_context().unwrap_or_else(|| FieldState {
        id: String::new(),
        described_by: Signal::stored(None),
        invalid: Signal::stored(false),
    })
}

/// One line of text inside a `Field`. What it lacks (`autocomplete`, `inputmode`, `maxlength` …) is passed with
/// `attr:`.
#[component]
pub fn TextInput(
    #[prop(into)] name: String,
    /// `text` (the default), `email`, `password`, `search`, `url`, `number`, `date` …
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] large: bool,
) -> impl IntoView {
    let FieldState { id, described_by, invalid } = state();
    view! {
        <input
            class="input"
            class:large=large
            id=id
            name=name
            type=kind
            value=value
            placeholder=placeholder
            required=required
            aria-invalid=move || invalid.get().then_some("true")
            aria-describedby=move || described_by.get()
        />
    }
}

/// Several lines of text inside a `Field`.
#[component]
pub fn TextArea(
    #[prop(into)] name: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let FieldState { id, described_by, invalid } = state();
    view! {
        <textarea
            class="input"
            id=id
            name=name
            placeholder=placeholder
            required=required
            aria-invalid=move || invalid.get().then_some("true")
            aria-describedby=move || described_by.get()
            inner_html=escaped(&value)
        ></textarea>
    }
}

/// One choice of several inside a `Field`; the options are its children.
#[component]
pub fn Select(#[prop(into)] name: String, #[prop(optional)] required: bool, children: Children) -> impl IntoView {
    let FieldState { id, described_by, invalid } = state();
    view! {
        <select
            class="input"
            id=id
            name=name
            required=required
            aria-invalid=move || invalid.get().then_some("true")
            aria-describedby=move || described_by.get()
        >
            {children()}
        </select>
    }
}

/// Six digits in one input, so that a whole code can be pasted and filled in by the browser.
#[component]
pub fn CodeInput(#[prop(into)] name: String) -> impl IntoView {
    let FieldState { id, described_by, invalid } = state();
    view! {
        <input
            class="code-input"
            id=id
            name=name
            type="text"
            inputmode="numeric"
            autocomplete="one-time-code"
            pattern="[0-9 ]{6,7}"
            maxlength="7"
            required=true
            aria-invalid=move || invalid.get().then_some("true")
            aria-describedby=move || described_by.get()
        />
    }
}
