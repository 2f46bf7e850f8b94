use super::{Button, Look, Size};
use leptos::prelude::*;

/// A button that opens a confirmation: what is removed and what stays, then the way back first and the act second.
///
/// The browser itself opens the box as a modal (`commandfor`); one that does not know that attribute opens it as a
/// popover, and neither needs a script. `children` are the sentences; `confirm` is the form with the act's button.
#[component]
pub fn ConfirmDialog(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    /// The question, which names the thing.
    #[prop(into)]
    title: String,
    /// The words on the button that opens it.
    #[prop(into)]
    open: String,
    #[prop(default = Look::QuietDanger)] look: Look,
    #[prop(optional)] size: Size,
    /// The words on the harmless button.
    #[prop(default = "Cancel")]
    cancel: &'static str,
    /// The form that does it.
    #[prop(into)]
    confirm: ViewFnOnce,
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    let [opener, opener_without_commands, closer, closer_without_commands] = [(); 4].map(|()| id.clone());
    view! {
        <Button
            kind="button"
            look=look
            size=size
            attr:command="show-modal"
            attr:commandfor=opener
            attr:popovertarget=opener_without_commands
        >
            {open}
        </Button>
        <dialog class="dialog" id=id popover="auto" aria-labelledby=title_id.clone()>
            <h2 id=title_id.clone()>{title}</h2>
            {children()}
            <div class="actions end">
                <Button
                    kind="button"
                    attr:command="close"
                    attr:commandfor=closer
                    attr:popovertarget=closer_without_commands
                    attr:popovertargetaction="hide"
                >
                    {cancel}
                </Button>
                {confirm.run()}
            </div>
        </dialog>
    }
}
