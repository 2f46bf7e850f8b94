use std::time::Duration;

use leptos::prelude::*;

/// Seconds that run down to zero in the browser; without a script they stay as the server wrote them.
pub fn countdown(from: u32) -> RwSignal<u32> {
    let left = RwSignal::new(from);
    Effect::new(move |_| {
        let tick = move || {
            let _gone_with_the_page = left.try_update(|left| *left = left.saturating_sub(1));
        };
        if let Ok(running) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || running.clear());
        }
    });
    left
}

/// How long it is until something may be tried again. A timer is not read out at each second.
#[component]
pub fn Countdown(
    /// Seconds, as the refusal has them.
    from: u32,
) -> impl IntoView {
    let left = countdown(from);
    view! {
        <span class="muted" role="timer">
            {move || match left.get() {
                0 => " You can try again now.".to_owned(),
                1 => " 1 second left.".to_owned(),
                left => format!(" {left} seconds left."),
            }}
        </span>
    }
}
