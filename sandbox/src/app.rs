//! What this world remembers, and the way of a request through it:
//! control and pages by fixed addresses, everything else by its outside host.

use crate::answer::{self, Note, Refused};
use crate::billing::{self, Stripe};
use crate::call::Call;
use crate::dialects::Dialects;
use crate::faults::{self, Fault};
use crate::inbox::Inbox;
use crate::ledger::Ledger;
use crate::oauth::grants::Grants;
use crate::privy::state::Privy;
use crate::resend::{self, Resend};
use crate::settings::Settings;
use crate::shelf::Shelf;
use crate::texts::Texts;
use crate::{
    control, github, google_calendar, halls, hosts, inbox_page, keys, linear, log, model, oauth, privy, sendgrid,
    slack, sns, spotify,
};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, Request};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;

/// The whole world; clones are handles to the same one.
#[derive(Clone)]
pub struct Sandbox(Arc<World>);

/// What a handle leads to.
pub struct World {
    /// How it was started.
    pub settings: Settings,
    /// How each vendor speaks OAuth.
    pub dialects: Dialects,
    inbox: Mutex<Inbox>,
    texts: Mutex<Texts>,
    privy: Mutex<Privy>,
    ledger: Mutex<Ledger>,
    faults: Mutex<Vec<Fault>>,
    grants: Mutex<Grants>,
    failed_once: Mutex<HashSet<String>>,
    resend: Mutex<Resend>,
    shelf: Mutex<Shelf>,
    stripe: Mutex<Stripe>,
    kept_answers: Mutex<model::responses::Kept>,
}

impl Deref for Sandbox {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl Sandbox {
    /// A fresh world; fails when the dialect table cannot be read or the machine gives no randomness.
    pub fn new(settings: Settings) -> Result<Self, String> {
        Ok(Self(Arc::new(World {
            settings,
            dialects: Dialects::load()?,
            inbox: Mutex::default(),
            texts: Mutex::default(),
            privy: Mutex::new(Privy::new()?),
            ledger: Mutex::default(),
            faults: Mutex::default(),
            grants: Mutex::default(),
            failed_once: Mutex::default(),
            resend: Mutex::default(),
            shelf: Mutex::default(),
            stripe: Mutex::default(),
            kept_answers: Mutex::default(),
        })))
    }
}

impl World {
    /// Mails that arrived.
    pub fn inbox(&self) -> MutexGuard<'_, Inbox> {
        lock(&self.inbox)
    }

    /// Text messages that arrived.
    pub fn texts(&self) -> MutexGuard<'_, Texts> {
        lock(&self.texts)
    }

    /// The Privy issuer.
    pub fn privy(&self) -> MutexGuard<'_, Privy> {
        lock(&self.privy)
    }

    /// The journal.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// Faults that wait.
    pub fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        lock(&self.faults)
    }

    /// Codes and tokens.
    pub fn grants(&self) -> MutexGuard<'_, Grants> {
        lock(&self.grants)
    }

    /// Mails that came over Resend's API.
    pub fn resend(&self) -> MutexGuard<'_, Resend> {
        lock(&self.resend)
    }

    /// What the services remember.
    pub fn shelf(&self) -> MutexGuard<'_, Shelf> {
        lock(&self.shelf)
    }

    /// The Stripe that bills; see [`crate::billing`] for what a test does with it.
    pub fn stripe(&self) -> MutexGuard<'_, Stripe> {
        lock(&self.stripe)
    }

    /// Answers of the model that nobody has to listen to.
    pub fn kept_answers(&self) -> MutexGuard<'_, model::responses::Kept> {
        lock(&self.kept_answers)
    }

    /// Why requests were refused, newest first, as far as it is remembered.
    pub fn refusals(&self) -> Vec<String> {
        self.ledger().refusals().into_iter().map(|entry| entry.note).collect()
    }

    /// Whether this is the first time the model meets that demand to fail once.
    pub fn first_failure(&self, demand: &str) -> bool {
        lock(&self.failed_once).insert(demand.to_owned())
    }

    /// Back to the first day.
    pub fn reset(&self) {
        self.inbox().clear();
        self.texts().clear();
        self.privy().reset();
        self.ledger().clear();
        self.faults().clear();
        *self.grants() = Grants::default();
        lock(&self.failed_once).clear();
        *self.resend() = Resend::default();
        *self.shelf() = Shelf::default();
        self.stripe().reset();
        *self.kept_answers() = model::responses::Kept::default();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All addresses.
pub fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/", get(inbox_page::show))
        .route("/healthz", get(|| async { "ok" }))
        .route("/favicon.ico", get(|| async { axum::http::StatusCode::NO_CONTENT }))
        .route("/_sandbox/style.css", get(inbox_page::style))
        .route("/_sandbox/mail", get(control::mail))
        .route("/_sandbox/mail/{id}", get(inbox_page::mail))
        .route("/_sandbox/sms", get(control::texts))
        .route("/_sandbox/journal", get(control::journal))
        .route("/_sandbox/shelf", get(control::shelf))
        .route("/_sandbox/faults", get(control::faults).post(control::add_fault).delete(control::clear_faults))
        .route("/_sandbox/revoke", post(control::revoke))
        .route("/_sandbox/expire", post(control::expire))
        .route("/_sandbox/resend/{what}", post(resend::tell))
        .route("/_sandbox/reset", post(control::reset))
        .route("/_sandbox/consent", post(oauth::consent::decide))
        .route("/_sandbox/agree", post(keys::agree::decide))
        .nest("/_sandbox/privy", privy::control::router())
        .nest("/_sandbox/stripe", billing::control::router())
        .fallback(outside)
        .with_state(sandbox)
}

/// One request to an outside host: journal, fault, who calls, the vendor.
async fn outside(State(sandbox): State<Sandbox>, request: Request<Body>) -> Response {
    let Some(mut call) = Call::read(request).await else {
        return answer::json(413, json!({ "error": "body too large" }));
    };
    let agent = call.header("user-agent").unwrap_or_default().to_owned();
    let masked = keys::without_secrets(&call.host, &call.path);
    let path = masked.unwrap_or_else(|| sandbox.dialects.without_secrets(&call.host, &call.path));
    call.entry =
        sandbox.ledger().begin(log::rfc3339(log::now()), &call.host, call.method.as_str(), path.clone(), &agent);
    sandbox.ledger().connected(call.entry, call.peer);
    // A browser that only asks whether it may ask meets no fault.
    let preflight = call.method == Method::OPTIONS;
    let fault = if preflight { None } else { faults::take(&mut sandbox.faults(), &call.host, &call.path) };
    let response = match fault {
        Some(fault) => {
            // Told at once: who hangs is never told of an end.
            sandbox.ledger().annotate(call.entry, &format!("fault {:?}", fault.kind));
            faults::play(&fault, &call.host).await
        }
        None => {
            let told = if agent.starts_with("Aura/") { oauth::whose::told(&sandbox, &call) } else { None };
            let response = match told {
                Some(told) => told,
                None => vendor(&sandbox, &call, &agent).await,
            };
            let unknown = response.extensions().get::<Refused>().is_some_and(|refused| refused.0.starts_with(NOBODY));
            let refused = if unknown { oauth::whose::refused(&sandbox, &call) } else { None };
            refused.unwrap_or(response)
        }
    };
    let response = if privy::is_host(&call.host) { privy::with_cors(&sandbox, &call, response) } else { response };
    let status = response.status().as_u16();
    let note = response.extensions().get::<Note>().map(|note| note.0.clone());
    let refused = response.extensions().get::<Refused>().map(|refused| refused.0.clone());
    let told = refused.clone().or_else(|| note.clone()).unwrap_or_default();
    log::line(
        if refused.is_some() { "refused" } else { "request" },
        &[
            ("method", call.method.as_str()),
            ("host", &call.host),
            ("path", &path),
            ("status", &status.to_string()),
            ("note", &told),
        ],
    );
    sandbox.ledger().finish(call.entry, status, note, refused);
    response
}

async fn vendor(sandbox: &Sandbox, call: &Call, agent: &str) -> Response {
    let renamed;
    let call = match oauth::own_clients::meet(sandbox, call) {
        oauth::own_clients::Way::On => call,
        oauth::own_clients::Way::As(other) => {
            renamed = other;
            &*renamed
        }
        oauth::own_clients::Way::Ends(response) => return response,
    };
    if call.method == Method::GET && sandbox.dialects.is_authorize(&call.host, &call.path) {
        return oauth::authorize::show(sandbox, call);
    }
    if keys::trello::is_consent(call) {
        return keys::trello::consent(sandbox, call);
    }
    if keys::lastfm::is_consent(call) {
        return keys::lastfm::consent(sandbox, call);
    }
    // Browsers and the vendor's own packages call these hosts too.
    if privy::is_host(&call.host) {
        return privy::answer(sandbox, call);
    }
    if billing::pages::is_host(&call.host) {
        return billing::pages::answer(sandbox, call);
    }
    if !agent.starts_with("Aura/") {
        return answer::refused(
            answer::json(
                400,
                json!({ "error": "no user agent", "message": "Every call names its program: User-Agent: Aura/…" }),
            ),
            "no user agent",
        );
    }
    if call.method == Method::POST && sandbox.dialects.is_token(&call.host, &call.path) {
        return oauth::token::exchange(sandbox, call);
    }
    if let Some(dialect) = sandbox.dialects.by_revoke(call.method.as_str(), &call.host, &call.path) {
        return oauth::revoke::answer(sandbox, call, dialect);
    }
    if let Some(response) = keys::answer(call) {
        return response;
    }
    if call.host == "api.stripe.com" && billing::api::is_for_us(call) {
        return billing::api::answer(sandbox, call).await;
    }
    match call.host.as_str() {
        "gateway.prod.bill.com" => keys::bill::answer(sandbox, call),
        "integrations.expensify.com" => keys::expensify::answer(call),
        "trello.com" => keys::trello::desk(sandbox, call),
        "ws.audioscrobbler.com" => keys::lastfm::answer(sandbox, call),
        "api.github.com" => github::answer(sandbox, call),
        "www.googleapis.com" if call.path == "/oauth2/v3/certs" => oauth::openid::certificates(),
        "openidconnect.googleapis.com" if call.path == "/v1/userinfo" => oauth::openid::userinfo(sandbox, call),
        "www.googleapis.com" if ["/drive/", "/youtube/"].iter().any(|start| call.path.starts_with(start)) => {
            halls::answer(sandbox, call)
        }
        "www.googleapis.com" | "openidconnect.googleapis.com" => google_calendar::answer(sandbox, call),
        "slack.com" => slack::answer(sandbox, call),
        "api.spotify.com" => spotify::answer(sandbox, call),
        "api.linear.app" => linear::answer(sandbox, call),
        "api.resend.com" => resend::answer(sandbox, call),
        "api.sendgrid.com" | "api.eu.sendgrid.com" => sendgrid::answer(sandbox, call),
        "169.254.169.254" => sns::metadata(call),
        host if sns::is_host(host) => sns::answer(sandbox, call),
        "api.openai.com" => model::answer(sandbox, call).await,
        "api.anthropic.com" => model::messages::answer(sandbox, call).await,
        host if model::converse::is_host(host) => model::converse::answer(sandbox, call).await,
        _ => hosts::answer(sandbox, call),
    }
}

/// Serves on a listener until it fails. Unlike `axum::serve(listener, router)` it knows which requests came on the same
/// connection: the journal tells `connection`, and [`Stripe::connections`] counts those of the API that bills.
pub async fn serve(listener: TcpListener, sandbox: Sandbox) -> Result<(), String> {
    let service = router(sandbox).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await.map_err(|error| error.to_string())
}

const NOBODY: &str = "nothing here plays";

/// Nothing here plays that address.
pub fn nobody(call: &Call) -> Response {
    let reason = format!("{NOBODY} {} {}{}", call.method, call.host, call.path);
    answer::refused(answer::json(404, json!({ "error": "not_found", "message": reason })), reason)
}
