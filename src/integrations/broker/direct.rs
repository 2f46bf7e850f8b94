//! Direct mode: a page of ours asks a service itself, with an access token that it holds in memory. Off, unless the
//! installation and the person both say otherwise. The policy of this one page lets it reach that one service.

use axum::{
    Extension, Form, Json,
    extract::{Path, State},
    response::{Html, IntoResponse as _, Redirect, Response},
};
use http::{HeaderValue, header};
use leptos::prelude::*;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use url::Url;

use crate::{
    identity::session::CurrentSession,
    integrations::{
        plain::document,
        routes::{Stylesheet, quietly},
        service::{Error, Integrations},
    },
    platform::{refusal::Refusal, routes::Routes},
    providers::Provider,
    ui::{Banner, Button, Look, Tone},
};

/// For people in their browsers, on our own pages.
pub fn direct(integrations: Integrations, stylesheet: &str) -> Routes {
    Routes::new()
        .get("/connections/direct/{service}", page)
        .post("/connections/direct/{service}", decide)
        .get("/connections/direct.js", script)
        .post("/api/integrations/{id}/direct", token)
        .layer(Extension(Stylesheet(stylesheet.into())))
        .with_state(integrations)
}

async fn page(
    State(integrations): State<Integrations>,
    Path(service): Path<String>,
    Extension(stylesheet): Extension<Stylesheet>,
    CurrentSession(session): CurrentSession,
) -> Result<Response, Refusal> {
    let provider = integrations.provider(&service)?;
    let allowed = integrations.is_direct(session.user, &service).await?.ok_or(Error::NoDirect)?;
    let whose = integrations.http.address(&address(provider));
    let policy = format!(
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' {}; \
         object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
        whose.origin().ascii_serialization()
    );
    let mut response = quietly(Html(drawn(provider, &whose, allowed, &stylesheet.0)));
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// The call that tells whose account it is.
fn address(provider: &Provider) -> Url {
    let base = provider.api.base.url();
    Url::parse(&format!("{}{}", base.as_str().trim_end_matches('/'), provider.identity.path))
        .unwrap_or_else(|_| base.clone())
}

fn drawn(provider: &Provider, whose: &Url, allowed: bool, stylesheet: &str) -> String {
    let (id, name, scheme) = (provider.id.clone(), provider.name.clone(), provider.api.scheme.clone());
    let title = format!("Direct access to {name}");
    let whose = whose.to_string();
    document(&title.clone(), stylesheet, || {
        let (state, wish, word) = if allowed {
            ("On for you: pages of this Aura may hold an access token while they are open.", "no", "Turn it off")
        } else {
            ("Off for you: no access token leaves the server.", "yes", "Turn it on")
        };
        let look = if allowed { Look::Plain } else { Look::Primary };
        view! {
            <h1>{title}</h1>
            <p>
                {format!(
                    "Your browser can ask {name} itself, with an access token that ends within the hour. It is held in memory alone, and each time one is given out stands in your log.",
                )}
            </p>
            <Banner tone=if allowed { Tone::Ok } else { Tone::Neutral }>{state}</Banner>
            <form class="actions" method="post" action=format!("/connections/direct/{id}")>
                <input type="hidden" name="allow" value=wish/>
                <Button look=look>{word}</Button>
            </form>
            {allowed
                .then(|| {
                    view! {
                        <p>
                            <button
                                class="button"
                                id="ask"
                                type="button"
                                data-token=format!("/api/integrations/{id}/direct")
                                data-whose=whose
                                data-scheme=scheme
                                data-service=name.clone()
                            >
                                {format!("Ask {name} from this page")}
                            </button>
                        </p>
                        <p id="said" role="status">
                            "Your browser then asks by itself, which needs JavaScript. What comes back is shown here."
                        </p>
                        <script src="/connections/direct.js" defer=true></script>
                    }
                })}
            <p>
                <a href="/connections">"Back to connections"</a>
            </p>
        }
        .into_any()
    })
}

async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("direct.js")).into_response()
}

/// What the form of the page sends.
#[derive(Deserialize)]
struct Decision {
    allow: String,
}

async fn decide(
    State(integrations): State<Integrations>,
    Path(service): Path<String>,
    CurrentSession(session): CurrentSession,
    Form(decision): Form<Decision>,
) -> Result<Response, Refusal> {
    let provider = integrations.provider(&service)?;
    integrations.allow_direct(session.user, &provider.id, decision.allow == "yes").await?;
    Ok(quietly(Redirect::to(&format!("/connections/direct/{}", provider.id))))
}

/// A token for the page.
#[derive(Serialize)]
struct ForPage {
    access_token: String,
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

async fn token(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    CurrentSession(session): CurrentSession,
) -> Result<Response, Refusal> {
    if integrations.is_direct(session.user, &id).await? != Some(true) {
        return Err(Error::NoDirect.into());
    }
    let released = integrations.release(session.user, &id, None, "page").await?;
    let given = ForPage { access_token: released.token.expose_secret().to_owned(), expires_at: released.expires_at };
    Ok(quietly(Json(given)))
}
