use leptos::prelude::*;

use super::money::counted;
use crate::{
    billing::{model::UsedMonth, shown::Overview},
    ui::{Disclosure, Setting},
};

/// From which part of a limit on its bar warns.
const NEAR: u64 = 90;
const WIDTH: u32 = 640;
const HEIGHT: u32 = 120;
/// Of the plot, below the bars.
const FOOT: u32 = 20;

/// How much of the plan is used this month.
#[component]
pub fn UsageSection(
    page: Overview,
    /// How many connections the viewer has, of how many.
    connections: ViewFn,
) -> impl IntoView {
    let usage = page.usage;
    let history = page.limits.history_days.map(|days| {
        view! {
            <div class="panel-foot">
                <span>{format!("Conversations are shown for {days} days; older ones are kept.")}</span>
            </div>
        }
    });
    let left = |used: u64, most: u64| match most.saturating_sub(used) {
        0 => "Used up until the next month begins".to_owned(),
        left => format!("{} left this month", counted(left)),
    };
    let (messages, most_messages) = (usage.messages.into(), usage.most_messages.into());
    let (tokens, most_tokens) = (usage.tokens, usage.most_tokens);
    let intro = format!("{}, by the calendar of UTC. Answers that fail are not counted.", usage.name);
    view! {
        <Setting id="usage" title="Usage" intro=intro>
            <div class="panel">
                <div class="panel-body columns broad">
                    <Used id="used-messages" what="Messages" used=messages most=most_messages told=left(messages, most_messages)/>
                    <Used id="used-tokens" what="Tokens" used=tokens most=most_tokens told=left(tokens, most_tokens)/>
                    {connections.run()}
                </div>
                {history}
            </div>
            <ByDay usage=usage/>
        </Setting>
    }
}

/// How much of a limit is used: two numbers, a bar and a sentence.
#[component]
pub fn Used(
    /// Unique on the page; names the bar.
    id: &'static str,
    what: &'static str,
    used: u64,
    most: u64,
    /// What is left, in words.
    told: String,
) -> impl IntoView {
    let near = used.saturating_mul(100) >= most.saturating_mul(NEAR);
    // A bar holds what a float holds exactly.
    let (value, max) = (used.min(most).to_string(), most.max(1).to_string());
    view! {
        <div class="usage">
            <div class="line">
                <span class="title" id=id>{what}</span>
                <span class="num">{counted(used)} " " <span class="muted">"of " {counted(most)}</span></span>
            </div>
            <progress class="progress" class:warn=near value=value max=max aria-labelledby=id></progress>
            <p class="sub">{told}</p>
        </div>
    }
}

/// The month as bars, and as a table.
#[component]
fn ByDay(usage: UsedMonth) -> impl IntoView {
    if usage.days.is_empty() {
        return view! { <p class="sub">"Nothing was asked this month."</p> }.into_any();
    }
    let days: u32 = 31;
    let step = WIDTH / days;
    let most = usage.days.iter().map(|day| day.messages).max().unwrap_or(1).max(1);
    let room = HEIGHT - FOOT;
    let bars = usage
        .days
        .iter()
        .map(|day| {
            let height = (u64::from(day.messages) * u64::from(room) / u64::from(most)).max(2);
            let height = u32::try_from(height).unwrap_or(room).min(room);
            let x = (u32::from(day.day) - 1) * step + 2;
            view! {
                <rect class="h3" x=x y=room - height width=step - 4 height=height rx="2">
                    <title>{format!("{} {}: {} messages", day.day, usage.name, counted(day.messages.into()))}</title>
                </rect>
            }
        })
        .collect_view();
    let marks = [1_u32, 8, 15, 22, 29]
        .into_iter()
        .map(|day| view! { <text x=(day - 1) * step + 2 y=HEIGHT - 4>{day}</text> })
        .collect_view();
    let rows = usage
        .days
        .iter()
        .map(|day| {
            view! {
                <tr>
                    <th scope="row">{format!("{} {}", day.day, usage.name)}</th>
                    <td class="end">{counted(day.messages.into())}</td>
                    <td class="end">{counted(day.tokens)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <figure class="chart panel">
            <figcaption>
                <b>"Messages by day"</b>
                <span>{format!("At most {} on a day", counted(most.into()))}</span>
            </figcaption>
            <div class="table-scroll" role="region" aria-label="Chart of messages by day" tabindex="0">
                <svg class="plot" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label="Messages by day; the table below has the numbers">
                    <line class="guide" x1="0" y1=room x2=WIDTH y2=room></line>
                    {bars}
                    {marks}
                </svg>
            </div>
            <Disclosure summary="The same as a table">
                <div class="table-scroll" role="region" aria-label="Usage by day" tabindex="0">
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col">"Day"</th>
                                <th scope="col" class="end">"Messages"</th>
                                <th scope="col" class="end">"Tokens"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </Disclosure>
        </figure>
    }
        .into_any()
}
