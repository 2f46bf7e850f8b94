use leptos::prelude::*;

use crate::{chat::attached::Attached, ui::Icon};

/// The files that a question came with: pictures as they are, all others to be saved.
#[component]
pub(in crate::chat) fn ShownFiles(files: Vec<Attached>) -> impl IntoView {
    if files.is_empty() {
        return ().into_any();
    }
    view! {
        <ul class="shown-files" aria-label="Files of this question">
            {files.into_iter().map(|file| view! { <li><One file=file/></li> }).collect_view()}
        </ul>
    }
    .into_any()
}

#[component]
fn One(file: Attached) -> impl IntoView {
    let address = file.address();
    let Attached { name, size, is_picture, unread, .. } = file;
    let unread = unread.map(|unread| view! { <span class="sub">{unread}</span> });
    match address {
        None => view! {
            <span class="sub">{format!("{name}, {size}, deleted")}</span>
        }
        .into_any(),
        Some(address) if is_picture => view! {
            <a href=address.clone() rel="external" download=name.clone()>
                <img src=address.clone() alt=name.clone() width="160" height="120" loading="lazy" decoding="async"/>
            </a>
            {unread}
        }
        .into_any(),
        Some(address) => view! {
            <a class="file" href=address rel="external" download=name.clone()>
                <Icon name="download"/>
                <span class="title">{name.clone()}</span>
                <span class="sub num">{size}</span>
            </a>
            {unread}
        }
        .into_any(),
    }
}
