use leptos::prelude::*;

use crate::ui::{Avatar, Button, Look, Setting, Size};

/// The picture: a plain form that brings a file, and one that takes the picture away.
#[component]
pub fn PictureSetting(name: String, picture: Option<String>) -> impl IntoView {
    let remove = picture.is_some().then(|| {
        view! {
            <form method="post" action="/api/account/picture/remove">
                <Button look=Look::QuietDanger size=Size::Small>"Remove picture"</Button>
            </form>
        }
    });
    view! {
        <Setting
            id="picture"
            title="Picture"
            intro="A PNG, JPEG, WebP or GIF up to 5 MB. We keep its middle square, 256 pixels wide, and nothing else of the file."
        >
            <div class="person">
                <Avatar name=name picture=picture large=true/>
                <form class="stack grow" method="post" enctype="multipart/form-data" action="/api/account/picture">
                    <div class="field">
                        <label for="picture-file">"Picture file"</label>
                        <input
                            class="input"
                            id="picture-file"
                            type="file"
                            name="picture"
                            accept="image/png,image/jpeg,image/webp,image/gif"
                            required=true
                        />
                    </div>
                    <div class="actions">
                        <Button>"Use this picture"</Button>
                    </div>
                </form>
            </div>
            {remove}
        </Setting>
    }
}
