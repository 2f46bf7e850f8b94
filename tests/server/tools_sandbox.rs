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

use crate::{browser::wait, support::TestApp, vendor::person};

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
    ("github__create_issue", "github__search_issues", r#"{"query": "currency"}"#, "Wrong currency on receipts"),
    (
        "github__add_comment",
        "github__list_comments",
        r#"{"owner": "northbeam", "repo": "harbor", "number": 1482}"#,
        "I look into it.",
    ),
    ("github__set_issue_state", "github__list_my_issues", "{}", "-Wrong time zone in digests"),
    ("linear__create_issue", "linear__search_issues", r#"{"query": "testers"}"#, "Say thanks to the testers"),
    ("linear__add_comment", "linear__list_comments", r#"{"issue": "NOR-312"}"#, "The draft is ready."),
    ("linear__move_issue", "linear__list_my_issues", "{}", "-Check the empty states"),
    ("jira__create_issue", "jira__list_my_issues", "{}", "Show the opening hours"),
    ("jira__add_comment", "jira__list_comments", r#"{"issue": "HAR-41"}"#, "The tables are there now."),
    ("jira__move_issue", "jira__list_my_issues", "{}", "-Berths without a price"),
    ("asana__create_task", "asana__list_my_tasks", "{}", "Write to the testers"),
    ("asana__complete_task", "asana__list_my_tasks", "{}", "-Shorten the sign-up form"),
    ("asana__add_comment", "asana__list_comments", r#"{"task": "1401"}"#, "I took the second one."),
    ("asana__delete_task", "asana__list_my_tasks", "{}", "-Ask three harbours"),
    ("trello__create_card", "trello__list_cards", r#"{"list": "5f0000000000000000000a01"}"#, "Hire the tents"),
    ("trello__move_card", "trello__list_cards", r#"{"list": "5f0000000000000000000a02"}"#, "Paint the signs"),
    ("notion__create_page", "notion__list_recent_pages", "{}", "Questions"),
    (
        "notion__append_text",
        "notion__read_page",
        r#"{"page": "33333333-0000-4000-8000-000000000002"}"#,
        "Next time on Tuesday.",
    ),
    (
        "notion__add_comment",
        "notion__list_comments",
        r#"{"page": "33333333-0000-4000-8000-000000000001"}"#,
        "Friday is right.",
    ),
    ("notion__trash_page", "notion__list_recent_pages", "{}", "-How we write"),
    ("zendesk__create_ticket", "zendesk__search_tickets", r#"{"query": "water"}"#, "Water at berth 7"),
    ("zendesk__reply", "zendesk__list_comments", r#"{"ticket": 2301}"#, "The money comes back"),
    ("zendesk__add_note", "zendesk__list_comments", r#"{"ticket": 2300}"#, "The code was changed"),
    ("zendesk__set_status", "zendesk__list_my_tickets", "{}", "-Invoice to another address"),
    ("gitlab__create_issue", "gitlab__list_my_issues", "{}", "Sign the images"),
    ("gitlab__add_comment", "gitlab__list_comments", r#"{"project": "501", "number": 77}"#, "Two builds at once"),
    ("gitlab__set_issue_state", "gitlab__list_my_issues", "{}", "-The runner is out of space"),
    ("gitlab__finish_todo", "gitlab__list_todos", "{}", "-The runner is out of space"),
    ("pagerduty__create_incident", "pagerduty__list_incidents", "{}", "Card payments fail"),
    ("pagerduty__add_note", "pagerduty__list_notes", r#"{"incident": "PINC001"}"#, "The release is rolled back."),
    ("pagerduty__set_status", "pagerduty__list_incidents", "{}", "-triggered"),
    ("sentry__set_status", "sentry__list_issues", "{}", "-KeyError"),
    ("sentry__assign_issue", "sentry__list_issues", "{}", "Mira Okafor"),
    ("xero__add_contact", "xero__find_contacts", r#"{"query": "cafe"}"#, "Harbour Cafe"),
    ("soundcloud__like_track", "soundcloud__list_likes", "{}", "Night Ferry"),
    ("soundcloud__unlike_track", "soundcloud__list_likes", "{}", "-Low Tide"),
    ("soundcloud__create_playlist", "soundcloud__list_playlists", "{}", "Rainy days"),
    (
        "bamboohr__request_time_off",
        "bamboohr__list_time_off",
        r#"{"start": "2027-01-01", "end": "2027-12-31"}"#,
        "2027-03-05",
    ),
    ("sendgrid__suppress_address", "sendgrid__list_unsubscribes", "{}", "no-more@quayside.example"),
    ("sendgrid__remove_bounce", "sendgrid__list_bounces", "{}", "-full@quayside.example"),
    ("datadog__post_event", "datadog__list_events", r#"{"day": "today"}"#, "Fair begins"),
    ("datadog__delete_monitor", "datadog__list_monitors", "{}", "-Age of the price list"),
    (
        "airtable__create_record",
        "airtable__list_records",
        r#"{"base": "appHarborBase0001", "table": "tblBerths00000001"}"#,
        "Berth 9",
    ),
    (
        "airtable__set_field",
        "airtable__list_records",
        r#"{"base": "appHarborBase0001", "table": "tblBerths00000001"}"#,
        "Under repair",
    ),
    ("google_docs__create_document", "google_docs__list_documents", "{}", "Minutes of the harbor meeting"),
    ("youtube_music__create_playlist", "youtube_music__list_playlists", "{}", "Songs of the sea"),
    (
        "youtube_music__add_to_playlist",
        "youtube_music__list_playlist",
        r#"{"playlist": "PLHarborMornings01"}"#,
        "Night Ferry",
    ),
    ("confluence__add_comment", "confluence__list_comments", r#"{"page": "65601"}"#, "The north pier is closed."),
    ("confluence__create_page", "confluence__search_pages", r#"{"words": "winter"}"#, "Winter storage"),
    ("twitter__create_post", "twitter__list_my_posts", "{}", "The harbor opens on Friday."),
    ("clickup__create_task", "clickup__list_tasks", r#"{"list": "90110"}"#, "Paint the lighthouse door"),
    ("clickup__set_status", "clickup__list_my_tasks", "{}", "-Paint the boathouse"),
    ("clickup__add_comment", "clickup__list_comments", r#"{"task": "86harbor1"}"#, "The paint has come."),
    ("monday__create_item", "monday__list_items", r#"{"board": "7700100"}"#, "Order the buoys"),
    ("monday__add_update", "monday__list_updates", r#"{"item": "880101"}"#, "They come on Tuesday."),
    (
        "bitbucket__add_comment",
        "bitbucket__list_comments",
        r#"{"workspace": "northbeam", "repository": "harbor", "number": 12}"#,
        "Looks right to me.",
    ),
    ("freshdesk__reply", "freshdesk__list_messages", r#"{"ticket": 4301}"#, "The money comes back"),
    ("freshdesk__add_note", "freshdesk__list_messages", r#"{"ticket": 4301}"#, "Berth 7, last week."),
    ("freshdesk__set_status", "freshdesk__list_tickets", "{}", "-The gate code does not work"),
    ("help_scout__add_note", "help_scout__list_messages", r#"{"conversation": 551001}"#, "Paid twice, in fact."),
    ("basecamp__add_comment", "basecamp__list_comments", r#"{"todo": 90101}"#, "The paint has come."),
    ("apollo__create_contact", "apollo__recent_contacts", "{}", "Nora Reed"),
    ("basecamp__complete_todo", "basecamp__list_my_assignments", "{}", "-Call the rope maker"),
    ("coda__add_row", "coda__list_rows", r#"{"document": "HarborDoc1", "table": "grid-berths"}"#, "Berth 9"),
    ("mixpanel__add_annotation", "mixpanel__list_annotations", r#"{"project": 3100}"#, "The gate opens"),
    ("mailchimp__add_subscriber", "mailchimp__find_people", r#"{"words": "nora"}"#, "nora@tideway.example"),
];

/// Changes that no tool of the same service can look at.
const UNSEEN: &[&str] = &[
    "microsoft_teams__send_channel_message",
    "telegram__send_message",
    "trello__add_comment",
    "whatsapp__send_message",
    "xero__draft_invoice",
    "xero__add_invoice_note",
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
