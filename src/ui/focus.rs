use leptos::{html, prelude::*};

/// For a line that tells what an act has changed: it takes the focus where the act was just done. The page around it is
/// drawn anew then, and whoever has no mouse would begin at the top. The line needs `tabindex="-1"`.
pub fn focused_if(done: bool) -> NodeRef<html::P> {
    let line = NodeRef::<html::P>::new();
    if done {
        Effect::new(move |_| {
            if let Some(line) = line.get() {
                _ = line.focus();
            }
        });
    }
    line
}
