//! Every tool, run once with its example over the whole outside world, which remembers what it is told.

use std::collections::{BTreeMap, BTreeSet};

use aura::{
    integrations::{
        approval::{Approved, Call},
        tools::{self, Caller, TimeContext, Tool, ToolAnswer, ToolError},
    },
    kit::id::{ConnectionId, UserId},
    platform::crypto::Place,
    providers::{Kind, catalogue},
};
use sandbox::{
    app::Sandbox,
    keys::lastfm::SESSIONS,
    oauth::grants::{Kind as TokenKind, Life, Token},
    people::MIRA,
    settings::Settings,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    browser::wait,
    support::TestApp,
    tools_seen::{SEEN, UNSEEN},
    vendor::person,
};

/// What stands in the addresses of services that differ from account to account, and the open fields of their forms.
const BLANKS: &[(&str, &[(&str, &str)])] = &[
    ("sendgrid", &[("server", "https://api.sendgrid.com")]),
    ("salesforce", &[("login", "login"), ("instance", "https://northbeam.my.salesforce.com")]),
    ("pipedrive", &[("domain", "https://northbeam.pipedrive.com")]),
    ("twilio", &[("account", "AC00000000000000000000000000000001"), ("user", "SK00000000000000000000000000000001")]),
    ("jira", &[("cloud", "11111111-aaaa-4aaa-8aaa-000000000001")]),
    ("zendesk", &[("subdomain", "northbeam")]),
    ("bamboohr", &[("subdomain", "northbeam")]),
    ("sentry", &[("organization", "4501")]),
    ("pagerduty", &[("region", "api")]),
    ("xero", &[("tenant", "22222222-bbbb-4bbb-8bbb-000000000001")]),
    ("datadog", &[("site", "https://api.datadoghq.com")]),
    ("confluence", &[("cloud", "1324a887-45db")]),
    ("mailchimp", &[("dc", "us21")]),
    ("freshdesk", &[("subdomain", "northbeam")]),
    ("quickbooks", &[("realm_id", "9130357766")]),
    ("basecamp", &[("account", "99999999")]),
    ("google-analytics", &[("property", "310001")]),
    ("mixpanel", &[("server", "https://mixpanel.com"), ("username", "aura.4f2c.mp-service-account")]),
    ("gong", &[("host", "https://company-17.api.gong.io")]),
    ("snyk", &[("site", "snyk")]),
    ("amplitude", &[("server", "https://amplitude.com"), ("api_key", "11111111111111111111111111111111")]),
    ("whatsapp", &[("account", "104101")]),
    ("new-relic", &[("region", "api")]),
];

/// The keys that the world takes, by the service.
const KEYS: &[(&str, &str)] = &[
    ("sendgrid", "SG.sandbox-key"),
    ("twilio", "sandbox-twilio-secret"),
    ("datadog", "sandbox-application-key"),
    ("telegram", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"),
    ("lastfm", "lastfm-session"),
    ("elevenlabs", "sandbox-elevenlabs-key"),
    ("freshdesk", "sandbox-freshdesk-key"),
    ("coda", "sandbox-coda-token"),
    ("apollo", "sandbox-apollo-key"),
    ("mixpanel", "sandbox-mixpanel-secret"),
    ("amplitude", "sandbox-amplitude-secret"),
    ("whatsapp", "sandbox-whatsapp-token"),
    ("new-relic", "NRAK-SANDBOXUS"),
];

/// Further secrets of a form.
const FIELDS: &[(&str, &[(&str, &str)])] = &[
    ("datadog", &[("api_key", "0123456789abcdef0123456789abcdef")]),
    ("trello", &[("token_secret", "sandbox-trello-token-secret")]),
];

/// By which a service knows the account, where a tool asks for it.
const ACCOUNTS: &[(&str, &str)] = &[
    ("calendly", "https://api.calendly.com/users/U4101"),
    ("twitter", "4101"),
    ("clickup", "4101"),
    ("bitbucket", "{4101}"),
    ("lastfm", "mira-okafor"),
];

pub struct World {
    pub sandbox: Sandbox,
    pub app: TestApp,
    pub user: UserId,
}

impl World {
    /// Aura with the whole outside world, both at the present moment.
    pub async fn start(db: PgPool) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let settings = Settings { port: 0, smtp_port: 0, base: base.clone(), model_delay_ms: 0 };
        let sandbox = Sandbox::new(settings).unwrap();
        let router = sandbox::app::router(sandbox.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let hosts = format!("*={base}");
        // Calls that are signed are signed with the client too.
        let client = [
            ("TRELLO_CLIENT_ID", "sandbox-trello"),
            ("TRELLO_CLIENT_SECRET", "sandbox-secret"),
            ("LASTFM_CLIENT_ID", "sandbox-lastfm"),
            ("LASTFM_CLIENT_SECRET", "sandbox-secret"),
        ];
        let variables = [[("HOST_OVERRIDES", hosts.as_str())].as_slice(), &client].concat();
        let app = TestApp::with(db, &variables).await;
        let present: OffsetDateTime = sqlx::query_scalar("select now()").fetch_one(app.db()).await.unwrap();
        wait(&app, present - app.clock().now());
        let user = person(&app).await;
        Self { sandbox, app, user }
    }

    /// An account at a service in a fresh world, with all that may be granted.
    pub async fn connect(&self, provider: &str) -> ConnectionId {
        self.begin_anew().await;
        self.join(provider).await
    }

    /// Accounts at these services, and at no others, in a fresh world.
    pub async fn connect_all(&self, providers: &[&str]) {
        self.begin_anew().await;
        for provider in providers {
            self.join(provider).await;
        }
    }

    async fn begin_anew(&self) {
        self.sandbox.reset();
        // Nothing of the world before, in which the accounts may be the same.
        sqlx::query("delete from connections where user_id = $1")
            .bind(Uuid::from(self.user))
            .execute(self.app.db())
            .await
            .unwrap();
        // A session that was begun at the consent page.
        self.sandbox.shelf().list(SESSIONS, Vec::new).push(json!({ "key": "lastfm-session", "person": MIRA.key }));
    }

    async fn join(&self, provider: &str) -> ConnectionId {
        let entry = catalogue().get(provider).unwrap();
        let scopes = scopes(provider);
        let find =
            |table: &'static [(&str, &str)]| table.iter().find(|(id, _)| *id == provider).map(|(_, value)| *value);
        let token = match find(KEYS) {
            Some(key) => key.to_owned(),
            None => self.issue(provider, &scopes, entry.kind),
        };
        self.insert(provider, &token, &scopes, find(ACCOUNTS)).await
    }

    fn issue(&self, provider: &str, scopes: &[String], kind: Kind) -> String {
        assert!(matches!(kind, Kind::Oauth2 | Kind::Oauth1), "{provider}: no key in the table");
        let token = Token {
            kind: TokenKind::Access,
            service: provider.into(),
            client_id: format!("sandbox-{provider}"),
            person: MIRA,
            scopes: scopes.to_vec(),
            family: 1,
            expires: None,
            life: Life::Live,
        };
        let prefix = if provider == "slack" { "xoxp-" } else { "" };
        self.sandbox.grants().issue(prefix, token)
    }

    async fn insert(&self, provider: &str, token: &str, scopes: &[String], account: Option<&str>) -> ConnectionId {
        let now = self.app.clock().now();
        let id: ConnectionId = self.app.state().random.id(now);
        let seal = |column, text: &str| {
            let (row, owner) = (Uuid::from(id), Uuid::from(self.user));
            let place = Place { table: "connections", column, row, owner, provider };
            self.app.vault().seal(&place, text.as_bytes()).unwrap()
        };
        let pairs = |table: &[(&str, &[(&str, &str)])]| -> BTreeMap<String, String> {
            let found = table.iter().filter(|(id, _)| *id == provider).flat_map(|(_, pairs)| pairs.iter());
            found.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let (blanks, fields) = (pairs(BLANKS), pairs(FIELDS));
        let fields = (!fields.is_empty()).then(|| seal("sealed_fields", &json!(fields).to_string()));
        sqlx::query(
            "insert into connections (id, user_id, provider, account_id, account_label, state, scopes, blanks,
                 sealed_access_token, sealed_fields, created_at, updated_at)
             values ($1, $2, $3, $4, 'mira', 'active', $5, $6, $7, $8, $9, $9)",
        )
        .bind(Uuid::from(id))
        .bind(Uuid::from(self.user))
        .bind(provider)
        .bind(account.map_or_else(|| id.to_string(), str::to_owned))
        .bind(scopes)
        .bind(json!(blanks))
        .bind(seal("sealed_access_token", token))
        .bind(fields)
        .bind(now)
        .execute(self.app.db())
        .await
        .unwrap();
        id
    }

    pub async fn read(&self, connection: ConnectionId, tool: &str, arguments: Value) -> Result<ToolAnswer, ToolError> {
        let integrations = &self.app.state().integrations;
        integrations.read(&caller(), self.user, connection, tool, arguments, &self.time()).await
    }

    /// Changes something with a person's yes to exactly that.
    pub async fn change(
        &self,
        connection: ConnectionId,
        tool: &'static Tool,
        arguments: Value,
    ) -> Result<ToolAnswer, ToolError> {
        let integrations = &self.app.state().integrations;
        let call = Call { user: self.user, connection, tool, arguments };
        let approval = integrations.propose(&call).await.unwrap();
        integrations.decide(self.user, approval, true).await.unwrap();
        let approved = Approved::consume(integrations, self.user, approval).await.unwrap();
        integrations.write(&caller(), approved, &self.time()).await
    }

    pub fn time(&self) -> TimeContext {
        TimeContext { now: self.app.clock().now(), zone: "Europe/Berlin".into() }
    }

    /// What a look tells, or why it tells nothing.
    pub async fn told(&self, connection: ConnectionId, tool: &str, arguments: &str) -> String {
        let soon = self.app.clock().now() + Duration::hours(1);
        let berlin = soon.to_offset(time::UtcOffset::from_hms(1, 0, 0).unwrap()).date();
        let arguments = serde_json::from_str(&arguments.replace("{soon}", &berlin.to_string())).unwrap();
        match self.read(connection, tool, arguments).await {
            Ok(answer) => answer.data.to_string(),
            Err(error) => error.to_string(),
        }
    }
}

fn caller() -> Caller {
    Caller { kind: "test", id: Uuid::nil(), label: "a test".into() }
}

#[sqlx::test]
async fn tl_01_every_tool_that_looks_finds_something_with_its_example(db: PgPool) {
    let world = Box::pin(World::start(db)).await;
    let mut failed = Vec::new();
    for tool in tools::all().iter().filter(|tool| !tool.effect.changes()) {
        let connection = world.connect(tool.provider()).await;
        match world.read(connection, tool.name, tool.example().clone()).await {
            Ok(answer) if answer.items.is_empty() => failed.push(format!("{}: {}", tool.name, answer.summary)),
            Ok(answer) if answer.items.iter().any(|item| item.title.trim().is_empty()) => {
                failed.push(format!("{}: a line without words", tool.name));
            }
            Ok(_) => {}
            Err(error) => failed.push(format!("{}: {error} {}", tool.name, refusals(&world))),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[sqlx::test]
async fn tl_02_every_change_runs_by_an_approval_and_the_next_look_shows_it(db: PgPool) {
    let world = Box::pin(World::start(db)).await;
    let mut failed = Vec::new();
    for tool in tools::all().iter().filter(|tool| tool.effect.changes()) {
        let connection = world.connect(tool.provider()).await;
        let without = world.read(connection, tool.name, tool.example().clone()).await;
        assert!(matches!(without, Err(ToolError::NeedsApproval)), "{} runs without an approval", tool.name);
        let row = SEEN.iter().find(|(name, ..)| *name == tool.name);
        let before = match row {
            Some((_, look, arguments, _)) => world.told(connection, look, arguments).await,
            None => String::new(),
        };
        let answer = match world.change(connection, tool, tool.example().clone()).await {
            Ok(answer) => answer,
            Err(error) => {
                failed.push(format!("{}: {error} {}", tool.name, refusals(&world)));
                continue;
            }
        };
        if answer.items.len() != 1 || answer.items[0].title.trim().is_empty() || answer.summary.is_empty() {
            failed.push(format!("{}: does not say what was made: {:?}", tool.name, answer.items));
        }
        let Some((_, look, arguments, text)) = row else {
            if !UNSEEN.contains(&tool.name) {
                failed.push(format!("{}: no row says which look shows it", tool.name));
            }
            continue;
        };
        let after = world.told(connection, look, arguments).await;
        let (there, then) = match text.strip_prefix('-') {
            Some(text) => (before.contains(text), !after.contains(text)),
            None => (!before.contains(text), after.contains(text)),
        };
        if !there || !then {
            failed.push(format!("{}: {text}\n  before: {before}\n  after: {after}", tool.name));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[sqlx::test]
async fn tl_20_every_service_refuses_a_call_by_a_wrong_token(db: PgPool) {
    let world = Box::pin(World::start(db)).await;
    let mut failed = Vec::new();
    let mut done = BTreeSet::new();
    for tool in tools::all().iter().filter(|tool| !tool.effect.changes()) {
        if !done.insert(tool.provider()) {
            continue;
        }
        world.connect(tool.provider()).await;
        let connection = world.insert(tool.provider(), "1:nobody-gave-this", &scopes(tool.provider()), None).await;
        let answer = world.read(connection, tool.name, tool.example().clone()).await;
        if answer.is_ok() || world.sandbox.refusals().is_empty() {
            failed.push(format!("{}: {:?}", tool.name, answer.map(|answer| answer.summary)));
        }
    }
    assert!(done.len() >= 50, "{done:?}");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// All that may be granted at a service.
fn scopes(provider: &str) -> Vec<String> {
    let entry = catalogue().get(provider).unwrap();
    let oauth = entry.oauth.iter().flat_map(|oauth| oauth.scopes.iter().chain(&oauth.optional_scopes));
    let all = oauth.chain(entry.oauth1.iter().flat_map(|oauth1| &oauth1.scopes));
    all.map(|scope| scope.name.clone()).collect()
}

/// Why the outside world refused, newest first.
fn refusals(world: &World) -> String {
    let refused = world.sandbox.refusals();
    refused.into_iter().take(2).collect::<Vec<_>>().join("; ")
}

#[test]
fn the_rows_name_tools_that_there_are() {
    let names: BTreeSet<&str> = tools::all().iter().map(|tool| tool.name).collect();
    for (change, look, ..) in SEEN {
        assert!(names.contains(change) && names.contains(look), "{change}, {look}");
    }
    assert!(UNSEEN.iter().all(|name| names.contains(name) && SEEN.iter().all(|(seen, ..)| seen != name)));
}
