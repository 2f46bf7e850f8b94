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
    oauth::grants::{Kind as TokenKind, Life, Token},
    people::MIRA,
    settings::Settings,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{browser::wait, support::TestApp, vendor::person};

/// What stands in the addresses of services that differ from account to account, and the open fields of their forms.
const BLANKS: &[(&str, &[(&str, &str)])] = &[
    ("salesforce", &[("login", "login"), ("instance", "https://northbeam.my.salesforce.com")]),
    ("pipedrive", &[("domain", "https://northbeam.pipedrive.com")]),
    ("twilio", &[("account", "AC00000000000000000000000000000001"), ("user", "SK00000000000000000000000000000001")]),
];

/// The keys that the world takes, by the service.
const KEYS: &[(&str, &str)] = &[("sendgrid", "SG.sandbox-key"), ("twilio", "sandbox-twilio-secret")];

/// Further secrets of a form.
const FIELDS: &[(&str, &[(&str, &str)])] = &[];

/// By which a service knows the account, where a tool asks for it.
const ACCOUNTS: &[(&str, &str)] = &[("calendly", "https://api.calendly.com/users/U4101")];

/// What the next look shows of a change: the tool that changes, the tool that looks with its arguments, and a text
/// that is there afterwards and was not before, or with `-` before it the other way round. `{soon}` is the date of
/// the next hour.
const SEEN: &[(&str, &str, &str, &str)] = &[
    ("slack__send_message", "slack__unread_in_channel", r#"{"channel": "launch"}"#, "The checklist is done."),
    ("slack__add_reaction", "slack__read_thread", r#"{"channel": "launch", "ts": "1790000000.000100"}"#, ":eyes:"),
    (
        "slack__delete_message",
        "slack__read_thread",
        r#"{"channel": "launch", "ts": "1790000000.000100"}"#,
        "-Draft of the announcement",
    ),
    ("google_calendar__create_event", "google_calendar__search_events", r#"{"words": "Dentist"}"#, "2030-12-01"),
    ("google_calendar__update_event", "google_calendar__search_events", r#"{"words": "workshop"}"#, "Harbor workshop"),
    ("google_calendar__delete_event", "google_calendar__search_events", r#"{"words": "workshop"}"#, "-seededevent01"),
    ("outlook__create_event", "outlook__list_events", r#"{"day": "2030-12-01"}"#, "Dentist"),
    ("outlook__send_mail", "outlook__search_mail", r#"{"words": "Lunch"}"#, "AAMkSent"),
    ("outlook__delete_event", "outlook__list_events", r#"{"day": "{soon}"}"#, "-AAMkSeededEvent1"),
    (
        "microsoft_teams__send_chat_message",
        "microsoft_teams__read_chat",
        r#"{"chat": "19:launch@thread.v2"}"#,
        "On my way.",
    ),
    ("hubspot__create_contact", "hubspot__find_contacts", r#"{"words": "ada@"}"#, "ada@tideway.example"),
    ("hubspot__update_contact", "hubspot__find_contacts", r#"{"words": "brook"}"#, "Tideway Ports"),
    ("hubspot__create_deal", "hubspot__list_deals", "{}", "Harbor 3 for Tideway"),
    ("salesforce__create_task", "salesforce__my_tasks", "{}", "Call Ada Brook"),
    ("salesforce__create_contact", "salesforce__find_contacts", r#"{"words": "Reed"}"#, "Nora Reed"),
    ("pipedrive__create_activity", "pipedrive__list_activities", "{}", "Call Ada Brook"),
    ("pipedrive__create_person", "pipedrive__find_people", r#"{"words": "Reed"}"#, "Nora Reed"),
    ("pipedrive__update_deal", "pipedrive__list_deals", "{}", "Harbor 3, two sites"),
    ("close__create_task", "close__list_tasks", "{}", "Send the offer"),
    ("close__complete_task", "close__list_tasks", "{}", "-Call back"),
    ("close__add_note", "close__list_notes", r#"{"lead": "lead_tideway01"}"#, "Wants two sites."),
    ("intercom__reply", "intercom__read_conversation", r#"{"conversation": "6201"}"#, "We have found the cause."),
    ("intercom__add_note", "intercom__read_conversation", r#"{"conversation": "6201"}"#, "Asked the developers."),
    ("intercom__close_conversation", "intercom__open_conversations", "{}", "-Export hangs"),
    ("twilio__send_message", "twilio__list_messages", "{}", "The kitchen is late."),
    ("twilio__delete_message", "twilio__list_messages", "{}", "-on its way"),
    ("calendly__cancel_meeting", "calendly__list_meetings", r#"{"day": "{soon}"}"#, "-Ada Brook"),
];

/// Changes that no tool of the same service can look at.
const UNSEEN: &[&str] = &["microsoft_teams__send_channel_message"];

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
        let app = TestApp::with(db, &[("HOST_OVERRIDES", &format!("*={base}"))]).await;
        let present: OffsetDateTime = sqlx::query_scalar("select now()").fetch_one(app.db()).await.unwrap();
        wait(&app, present - app.clock().now());
        let user = person(&app).await;
        Self { sandbox, app, user }
    }

    /// An account at a service in a fresh world, with all that may be granted.
    pub async fn connect(&self, provider: &str) -> ConnectionId {
        self.sandbox.reset();
        let entry = catalogue().get(provider).unwrap();
        let oauth = entry.oauth.as_ref();
        let scopes: Vec<String> = oauth
            .iter()
            .flat_map(|oauth| oauth.scopes.iter().chain(&oauth.optional_scopes))
            .map(|scope| scope.name.clone())
            .collect();
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

    fn time(&self) -> TimeContext {
        TimeContext { now: self.app.clock().now(), zone: "Europe/Berlin".into() }
    }

    /// What a look tells, or why it tells nothing.
    async fn told(&self, connection: ConnectionId, tool: &str, arguments: &str) -> String {
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
    let world = World::start(db).await;
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
    let world = World::start(db).await;
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
