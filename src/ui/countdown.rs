use std::time::Duration;

use leptos::prelude::*;

/// What is said of the seconds that are left; `{}` stands for their number.
#[derive(Clone, Copy)]
struct Words {
    one: &'static str,
    many: &'static str,
    none: &'static str,
}

impl Words {
    fn of(self, left: u32) -> String {
        match left {
            0 => self.none.to_owned(),
            1 => self.one.to_owned(),
            left => self.many.replace("{}", &left.to_string()),
        }
    }
}

const TRY_AGAIN: Words = Words { one: " 1 second left.", many: " {} seconds left.", none: " You can try again now." };

/// How long it is until something may be tried again. A timer is not read out at each second.
///
/// On pages that a browser takes over it runs by itself, on others the script finds it by its attributes; without a
/// script it stays as the server wrote it.
#[component]
pub fn Countdown(
    /// Seconds, as the refusal has them.
    from: u32,
) -> impl IntoView {
    let left = RwSignal::new(from);
    Effect::new(move |_| {
        let tick = move || {
            let _gone_with_the_page = left.try_update(|left| *left = left.saturating_sub(1));
        };
        if let Ok(running) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || running.clear());
        }
    });
    view! {
        <span
            class="muted"
            role="timer"
            data-seconds=from
            data-one=TRY_AGAIN.one
            data-many=TRY_AGAIN.many
            data-none=TRY_AGAIN.none
        >
            {move || TRY_AGAIN.of(left.get())}
        </span>
    }
}

/// Seconds within a sentence, on a page that no browser takes over.
#[component]
pub fn Remaining(
    from: u32,
    /// For one second.
    one: &'static str,
    /// For more of them; `{}` stands for their number.
    many: &'static str,
    /// For when they are over.
    none: &'static str,
) -> impl IntoView {
    view! {
        <span data-seconds=from data-one=one data-many=many data-none=none>
            {Words { one, many, none }.of(from)}
        </span>
    }
}
