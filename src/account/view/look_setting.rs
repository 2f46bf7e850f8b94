use leptos::prelude::*;

use crate::{
    account::{api::SetTheme, browser, model::Theme},
    identity::page::Refused,
    ui::{Button, Setting, Toasts, Tone},
};

/// Light, dark, or as the system is set.
#[component]
pub fn LookSetting(theme: Theme) -> impl IntoView {
    let save = ServerAction::<SetTheme>::new();
    let refused = Signal::derive(move || save.value().with(|done| done.as_ref().and_then(|done| done.clone().err())));
    let toasts = use_context::<Toasts>();
    Effect::new(move |_| {
        if let Some(Ok(theme)) = save.value().get() {
            browser::show_theme(theme);
            if let Some(toasts) = toasts {
                toasts.show(Tone::Ok, "The look is saved for all your devices.");
            }
        }
    });
    view! {
        <Setting id="look" title="Look" intro="How the app looks to you, on all your devices.">
            <Refused error=refused except=""/>
            <ActionForm action=save attr:class="stack">
                // Without a box around them the segments would be as wide as the form.
                <div><div class="segments" role="radiogroup" aria-labelledby="look">
                    {Theme::ALL
                        .into_iter()
                        .map(|choice| {
                            view! {
                                <label>
                                    <input
                                        type="radio"
                                        name="theme"
                                        value=choice.as_str()
                                        checked=choice == theme
                                    />
                                    {label(choice)}
                                </label>
                            }
                        })
                        .collect_view()}
                </div></div>
                <div class="actions">
                    <Button busy=save.pending()>"Save look"</Button>
                </div>
            </ActionForm>
        </Setting>
    }
}

fn label(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "As the system",
        Theme::Light => "Light",
        Theme::Dark => "Dark",
    }
}
