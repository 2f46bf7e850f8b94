use leptos::prelude::*;

use crate::{
    integrations::model::ConnectionView,
    ui::{LinkButton, Panel, Row, Rows, Setting, Size},
};

/// What a connection could be allowed beside what was asked for: each is one more consent, for this connection.
#[component]
pub fn Permissions(connection: ConnectionView) -> impl IntoView {
    let ConnectionView { id, provider, addable, .. } = connection;
    (!addable.is_empty()).then(|| {
        let rows: Vec<_> = addable
            .into_iter()
            .map(|permission| {
                let add = encoded(&permission.name);
                let href = format!("/api/integrations/{provider}?reconnect={id}&add={add}");
                let name = permission.name.clone();
                view! {
                    <Row title=format!("To {}", permission.reason) sub=permission.name>
                        <LinkButton href=href size=Size::Small external=true>
                            "Add permission"
                            <span class="visually-hidden">{format!(" {name}")}</span>
                        </LinkButton>
                    </Row>
                }
            })
            .collect();
        view! {
            <Setting
                id="more"
                title="More that Aura could do"
                intro="Each of these is one more consent at the service, and this connection stays as it is without it."
            >
                <Panel>
                    <Rows>{rows}</Rows>
                </Panel>
            </Setting>
        }
    })
}

/// The name of a permission as it stands in an address; some are addresses themselves.
fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_whole_in_an_address() {
        let name = "https://www.googleapis.com/auth/drive.file";
        assert_eq!(encoded(name), "https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fdrive.file");
        assert_eq!(encoded("a b&c=d"), "a%20b%26c%3Dd");
    }
}
