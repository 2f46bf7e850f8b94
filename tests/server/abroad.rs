//! The sandbox in the place of every outside service, and a person who connects accounts there.

use aura::providers::{Kind, Provider, catalogue};
use http::StatusCode;
use sandbox::{
    app::{Sandbox, router},
    settings::Settings,
};
use serde_json::Value;
use sqlx::PgPool;
use time::Duration;
use url::Url;
use uuid::Uuid;

use crate::{
    browser::{Answer, Browser, wait},
    support::TestApp,
};

pub const MIRA: &str = "mira@example.com";

/// The world outside, and an app that sees it and has a client at every service of OAuth 2.
pub struct Abroad {
    pub sandbox: Sandbox,
    pub app: TestApp,
}

/// A connection as its row has it.
#[derive(Debug, sqlx::FromRow)]
pub struct Row {
    pub id: Uuid,
    pub provider: String,
    pub account_id: String,
    pub account_label: String,
    pub state: String,
    pub scopes: Vec<String>,
    pub asked_scopes: Vec<String>,
    pub blanks: Value,
    pub version: i64,
    pub refreshable: bool,
}

/// The entries that people connect by OAuth 2.
pub fn services() -> Vec<&'static Provider> {
    catalogue().all().iter().filter(|provider| provider.kind == Kind::Oauth2 && provider.connectable).collect()
}

/// What a person would type for a service.
pub fn typed(provider: &Provider) -> Vec<(&'static str, &'static str)> {
    match provider.id.as_str() {
        "bamboohr" | "zendesk" => vec![("subdomain", "northbeam")],
        "workday" => {
            vec![("login", "https://impl.myworkday.com"), ("services", "wd2.myworkday.com"), ("tenant", "northbeam")]
        }
        "salesforce" => vec![("login", "login")],
        "pagerduty" => vec![("region", "api")],
        "snyk" => vec![("site", "snyk")],
        _ => Vec::new(),
    }
}

impl Abroad {
    pub async fn new(db: PgPool) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let settings = Settings { port: 0, smtp_port: 0, base: base.clone(), model_delay_ms: 0 };
        let sandbox = Sandbox::new(settings).unwrap();
        let world = router(sandbox.clone());
        tokio::spawn(async move { axum::serve(listener, world).await.unwrap() });
        let with_client = catalogue().all().iter().filter(|provider| provider.connectable && provider.needs_client());
        let clients: Vec<(String, String)> = with_client
            .flat_map(|provider| {
                let name = provider.variable();
                [
                    (format!("{name}_CLIENT_ID"), format!("sandbox-{}", provider.id)),
                    (format!("{name}_CLIENT_SECRET"), "sandbox-secret".to_owned()),
                ]
            })
            .collect();
        let overrides = format!("*={base}");
        // Some vendors take a loopback address in numbers only.
        let mut variables = vec![("HOST_OVERRIDES", overrides.as_str()), ("AUTH_URL", "http://127.0.0.1:3000")];
        variables.extend(clients.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let app = Box::pin(TestApp::with(db, &variables)).await;
        Self { sandbox, app }
    }

    pub async fn signed_in(&self, email: &str) -> Browser {
        let mut browser = Browser::new(&self.app);
        browser.sign_in(&self.app, email).await;
        browser
    }

    /// Leaves for a consent page, by the form and the page between where the service has them.
    pub async fn leave(&self, browser: &mut Browser, provider: &Provider, query: &[(&str, &str)]) -> Url {
        // Ten starts a minute are free.
        wait(&self.app, Duration::seconds(7));
        let typed = if query.iter().any(|(name, _)| *name == "reconnect") { Vec::new() } else { typed(provider) };
        let all: Vec<_> = query.iter().copied().chain(typed.iter().copied()).collect();
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
        let mut answer = browser.click(&format!("/api/integrations/{}?{query}", provider.id)).await;
        if !typed.is_empty() {
            assert_eq!(answer.status, StatusCode::OK, "{}: {}", provider.id, answer.text());
            answer = browser.click(&link_of(&answer)).await;
        }
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}: {}", provider.id, answer.text());
        Url::parse(answer.location()).unwrap()
    }

    /// Says yes, or no, on the consent page: where it leads.
    pub async fn consent(&self, address: &Url, person: &str, decision: &str) -> Url {
        let client = browser();
        let page = client.get(address.clone()).send().await.unwrap();
        if let Some(back) = page.headers().get("location") {
            panic!("refused: {}", back.to_str().unwrap());
        }
        let page = page.text().await.unwrap();
        let request = page.split("name=\"request\" value=\"").nth(1).unwrap_or_else(|| panic!("no consent: {page}"));
        let request = request.split('"').next().unwrap();
        let place = format!("{}/_sandbox/consent", address.origin().ascii_serialization());
        let form = [("request", request), ("person", person), ("decision", decision)];
        let answer = client.post(place).form(&form).send().await.unwrap();
        Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap()
    }

    /// A whole visit up to its return.
    pub async fn visit(
        &self,
        browser: &mut Browser,
        provider: &Provider,
        query: &[(&str, &str)],
        person: &str,
    ) -> Answer {
        let address = self.leave(browser, provider, query).await;
        let back = self.consent(&address, person, "allow").await;
        browser.get(&path_of(&back)).await
    }

    /// The same, with the first of the places where there are several.
    pub async fn connect(
        &self,
        browser: &mut Browser,
        provider: &Provider,
        query: &[(&str, &str)],
        person: &str,
    ) -> Row {
        let mut answer = self.visit(browser, provider, query, person).await;
        if answer.location().contains("/choice/") {
            let place = answer.location().to_owned();
            let page = browser.get(&place).await;
            let first = places_of(&page).into_iter().next().unwrap();
            answer = browser.post_form(&place, &[("answer", "place"), ("place", &first)]).await;
        }
        let landed = format!("/connections?connected={}", provider.id);
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, landed.as_str()), "{}", answer.text());
        self.rows().await.into_iter().find(|row| row.provider == provider.id).unwrap()
    }

    pub async fn rows(&self) -> Vec<Row> {
        sqlx::query_as(
            "select id, provider, account_id, account_label, state, scopes, asked_scopes, blanks, version,
                 sealed_refresh_token is not null as refreshable from connections order by created_at desc, id desc",
        )
        .fetch_all(self.app.db())
        .await
        .unwrap()
    }

    /// What the sandbox has refused, in its own words.
    pub fn refused(&self) -> Vec<String> {
        self.sandbox
            .ledger()
            .refusals()
            .iter()
            .map(|entry| format!("{}{}: {}", entry.host, entry.path, entry.note))
            .collect()
    }

    /// How many requests a token endpoint has had.
    pub fn token_calls(&self) -> usize {
        let dialects = self.sandbox.dialects.all();
        let at =
            |host: &str, path: &str| dialects.iter().any(|dialect| sandbox::dialects::fits(&dialect.token, host, path));
        let entries = self.sandbox.ledger().matching(None, None);
        entries.iter().filter(|entry| entry.method == "POST" && at(&entry.host, &entry.path)).count()
    }
}

/// The address of a return, as the browser asks for it.
pub fn path_of(address: &Url) -> String {
    format!("{}?{}", address.path(), address.query().unwrap_or_default())
}

/// The link that leads on from a page between.
pub fn link_of(page: &Answer) -> String {
    let link = page.text().split("href=\"").find(|part| part.starts_with("/api/integrations/")).unwrap();
    link.split('"').next().unwrap().replace("&amp;", "&")
}

/// The places that a page offers.
pub fn places_of(page: &Answer) -> Vec<String> {
    let inputs = page.text().split("<input").filter(|input| input.contains("name=\"place\""));
    inputs.map(|input| input.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()).collect()
}

/// A browser at the services themselves, which follows no redirect.
#[expect(clippy::disallowed_methods, reason = "it is nothing of Aura's that goes out here")]
pub fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}
