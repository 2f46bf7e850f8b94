use leptos::prelude::*;

use crate::{billing::view::Used, error::AppError, integrations::model::Room};

/// How many connections somebody has, of how many, beside what else of a plan is used.
#[component]
pub fn ConnectionsUsed(room: Resource<Result<Room, AppError>>) -> impl IntoView {
    view! {
        <Transition>
            {move || Suspend::new(async move {
                room.await.ok().map(|Room { used, most }| {
                    let told = match most.saturating_sub(used) {
                        0 => "To connect another account, disconnect one or choose a bigger plan".to_owned(),
                        1 => "Yours, in every team. You can connect one more".to_owned(),
                        left => format!("Yours, in every team. You can connect {left} more"),
                    };
                    view! { <Used id="used-connections" what="Connections" used=used.into() most=most.into() told=told/> }
                })
            })}
        </Transition>
    }
}
