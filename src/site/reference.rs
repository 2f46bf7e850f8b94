//! The page of the JSON API: the operations in a plain list, and Scalar in its place where scripts run.

use leptos::prelude::*;

use super::document::scripted_document;
use crate::ui::{Badge, PublicPage};

/// An operation as the list shows it.
#[derive(Clone, Debug)]
pub struct Operation {
    /// In capitals.
    pub method: &'static str,
    /// With its parameters in braces.
    pub path: String,
    /// One line.
    pub summary: String,
    /// Whether it asks for no token.
    pub open: bool,
}

/// Operations about one thing.
#[derive(Clone, Debug)]
pub struct OperationGroup {
    pub name: String,
    /// A sentence about them.
    pub told: String,
    pub operations: Vec<Operation>,
}

/// What the page shows and loads.
pub struct Reference {
    pub groups: Vec<OperationGroup>,
    /// Where the world finds this installation, without a slash at the end.
    pub public_url: String,
    /// The address of the one stylesheet.
    pub stylesheet: String,
    /// The address of the script that starts Scalar.
    pub script: String,
    /// The address of Scalar, where this installation has it.
    pub scalar: Option<String>,
    pub staging: bool,
}

/// The whole document. The nonce is for the styles that Scalar writes.
#[must_use]
pub fn reference_document(reference: &Reference, nonce: &str) -> String {
    let scripts = reference.scalar.as_ref().map(|scalar| (reference.script.as_str(), scalar.as_str(), nonce));
    scripted_document("The JSON API", scripts, &reference.stylesheet, || {
        let (groups, public_url) = (reference.groups.clone(), reference.public_url.clone());
        view! { <ReferencePage groups=groups public_url=public_url staging=reference.staging/> }.into_any()
    })
}

#[component]
fn ReferencePage(groups: Vec<OperationGroup>, public_url: String, staging: bool) -> impl IntoView {
    let groups = groups.into_iter().map(|group| view! { <Group group=group/> }).collect_view();
    view! {
        <PublicPage current="/api/docs" staging=staging>
            <section class="hero" id="operations">
                <div class="wrap reference">
                    <h1>"The JSON API"</h1>
                    <p class="lead">
                        "What an app or a partner needs to act for a person: signing in, their devices, notifications and \
                         files. Everything said here stands in "
                        <a href="/api/openapi.json" rel="external">"the contract (OpenAPI 3.1)"</a> ", from which clients \
                         can be generated."
                    </p>
                    <Token public_url=public_url/>
                    {groups}
                </div>
            </section>
        </PublicPage>
    }
}

#[component]
fn Token(public_url: String) -> impl IntoView {
    let sign_in = format!(
        "curl {public_url}/api/v1/tokens -H 'content-type: application/json' \\\n  -d '{{\"email\": \"…\", \"password\": \"…\", \"device\": {{\"name\": \"…\", \"platform\": \"other\"}}}}'"
    );
    let ask = format!("curl {public_url}/api/v1/users/me -H \"authorization: Bearer $TOKEN\"");
    view! {
        <section>
            <h2>"How to get a token"</h2>
            <p>
                "An app signs a person in by a password, as below, or by a code that is mailed to them, and is given an \
                 access token for seven days and a refresh token for thirty. A partner's program shows a key instead, which the \
                 person makes under " <a href="/settings/developer" rel="external">"Settings, for developers"</a> "."
            </p>
            <pre class="code" tabindex="0"><code>{sign_in}</code></pre>
            <p>"The token, or the key, is shown with each request:"</p>
            <pre class="code" tabindex="0"><code>{ask}</code></pre>
        </section>
    }
}

#[component]
fn Group(group: OperationGroup) -> impl IntoView {
    let OperationGroup { name, told, operations } = group;
    let id = name.replace(' ', "-");
    let rows = operations.into_iter().map(|operation| view! { <Line operation=operation/> }).collect_view();
    view! {
        <section id=id>
            <h2>{capital(&name)}</h2>
            <p>{told}</p>
            <ul>{rows}</ul>
        </section>
    }
}

#[component]
fn Line(operation: Operation) -> impl IntoView {
    let Operation { method, path, summary, open } = operation;
    view! {
        <li>
            <code>{method} " " {path}</code>
            <span>
                {summary} {open.then(|| view! { " " <Badge plain=true>"no token needed"</Badge> })}
            </span>
        </li>
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(scalar: Option<&str>) -> String {
        let operation = Operation {
            method: "POST",
            path: "/api/v1/tokens".to_owned(),
            summary: "Signs in <b>".to_owned(),
            open: true,
        };
        let group =
            OperationGroup { name: "tokens".to_owned(), told: "Signing in.".to_owned(), operations: vec![operation] };
        let reference = Reference {
            groups: vec![group],
            public_url: "https://aura.example".to_owned(),
            stylesheet: "/pkg/aura.css".to_owned(),
            script: "/reference.js?v=1".to_owned(),
            scalar: scalar.map(ToOwned::to_owned),
            staging: false,
        };
        reference_document(&reference, "n0nce")
    }

    #[test]
    fn the_list_is_there_with_and_without_scalar() {
        for html in [page(None), page(Some("/scalar/one.js"))] {
            for told in ["POST", "/api/v1/tokens", "no token needed", "Signs in &lt;b&gt;", ">Tokens<"] {
                assert!(html.contains(told), "{told}: {html}");
            }
            assert_eq!(html.matches("<h1").count(), 1);
        }
    }

    #[test]
    fn scripts_are_named_only_where_scalar_is_there() {
        assert!(!page(None).contains("<script") && !page(None).contains("n0nce"));
        let html = page(Some("/scalar/one.js"));
        assert!(html.contains(r#"<script src="/reference.js?v=1" data-scalar="/scalar/one.js" defer></script>"#));
        assert!(html.contains(r#"<meta property="csp-nonce" content="n0nce">"#));
    }
}
