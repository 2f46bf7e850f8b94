//! Questions without a model, over the whole outside world: each kind, and each service that answers it.

use std::collections::BTreeMap;

use aura::{
    chat::{Asker, model::AI_IS_OFF},
    integrations::tools,
    kit::id::RunId,
};
use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    browser::Browser,
    outside::{self, Outside, Reply, Step, eventually},
    runs::{End, settled},
    tools_sandbox::World,
    vendor::user_of,
};

/// A question of each kind, the services that are connected for it, and texts that its answer holds.
const ASKED: &[(&str, &str, &[&str], &[&str])] = &[
    ("busy", "When am I busy this week?", &["google-calendar"], &["in your calendar this week", "Busy"]),
    ("find_event", "Find the event named workshop", &["google-calendar"], &["about «workshop»", "orkshop"]),
    ("events", "What is on my calendar this week?", &["google-calendar", "outlook"], &["on your calendar this week"]),
    ("find_mail", "Find mails about invoice", &["outlook"], &["about «invoice»"]),
    ("unread_mail", "Which mails are unread?", &["outlook"], &["unread mail"]),
    ("comments", "What was said on northbeam/harbor#1482?", &["github"], &["comment"]),
    ("repo_issues", "Which issues are open in northbeam/harbor?", &["github"], &["in northbeam/harbor", "time zone"]),
    ("find_issues", "Find issues about export", &["github", "slack"], &["about «export»", "xport"]),
    (
        "my_issues",
        "Which issues are assigned to me?",
        &["github", "linear"],
        &["open issues assigned to you", "Linear"],
    ),
    ("pull_requests", "Which pull requests are open?", &["bitbucket"], &["pull request"]),
    ("notifications", "Do I have new notifications?", &["github", "gitlab"], &["notification", "GitLab"]),
    ("repositories", "Which of my repositories changed last?", &["github"], &["northbeam"]),
    ("tickets", "Which tickets are open?", &["zendesk", "freshdesk"], &["open tickets", "gate code"]),
    ("find_tickets", "Find tickets about refund", &["zendesk"], &["about «refund»", "efund"]),
    ("my_tasks", "What are my tasks?", &["asana", "trello"], &["open tasks", "Asana"]),
    ("projects", "Which projects are there?", &["asana"], &["project"]),
    ("boards", "Which boards do I have?", &["trello", "monday"], &["boards", "monday"]),
    ("find_pages", "Find pages about plan", &["notion"], &["about «plan»", "lan"]),
    ("recent_pages", "Which documents changed last?", &["notion", "google-docs"], &["changed last", "Google Docs"]),
    ("unread_messages", "What is new in #general?", &["slack"], &["in #general"]),
    ("find_messages", "Find messages about export", &["slack"], &["about «export»", "xport"]),
    ("channels", "Which channels are there?", &["slack"], &["general"]),
    ("text_messages", "Which text messages came in?", &["twilio"], &["on its way"]),
    (
        "find_people",
        "Find the contact named Brook",
        &["hubspot", "salesforce"],
        &["named «Brook»", "Brook", "Salesforce"],
    ),
    ("find_companies", "Find the company named Tideway", &["hubspot"], &["Tideway"]),
    ("deals", "Which deals are open?", &["pipedrive", "hubspot"], &["open deals", "HubSpot"]),
    ("leads", "Which leads are there?", &["close"], &["lead"]),
    ("unpaid_invoices", "Which invoices are not paid?", &["xero", "stripe"], &["unpaid invoice", "Stripe"]),
    ("bills", "Which bills do we have to pay?", &["quickbooks"], &["open bill"]),
    ("payments", "Which payments came in last?", &["stripe"], &["payment"]),
    ("balance", "What is our balance?", &["stripe"], &["available"]),
    ("subscriptions", "Which subscriptions are active?", &["stripe"], &["active"]),
    ("customers", "Which customers do we have?", &["stripe"], &["customer"]),
    ("days_off", "How many vacation days do I have left?", &["bamboohr"], &["used this year"]),
    ("absences", "Who is out this week?", &["bamboohr"], &["in the next 14 days", "until"]),
    ("on_call", "Who is on call?", &["pagerduty"], &["on call"]),
    ("incidents", "Are there open incidents?", &["pagerduty"], &["open incident"]),
    ("alerts", "Which monitors are alerting?", &["datadog", "new-relic"], &["alert", "Datadog"]),
    ("errors", "Which errors are unresolved?", &["sentry"], &["KeyError"]),
    ("releases", "What was deployed last?", &["sentry"], &["release"]),
    ("vulnerabilities", "Any serious security issues?", &["snyk"], &["serious issue"]),
    ("now_playing", "What is playing right now?", &["spotify"], &["The card above"]),
    ("top_artists", "Which artists do I listen to most?", &["spotify"], &["The card above"]),
    ("top_tracks", "What are my top tracks?", &["spotify"], &["The card above"]),
    ("liked_tracks", "Which tracks do I like?", &["lastfm", "soundcloud"], &["that you like", "Low Tide"]),
    ("playlists", "Which playlists do I have?", &["soundcloud", "spotify"], &["playlist", "The card above"]),
    ("played", "What did I listen to last?", &["lastfm", "spotify"], &["played last", "The card above"]),
    ("bounces", "Which e-mails bounced lately?", &["sendgrid"], &["full@quayside"]),
    ("newsletters", "How did my last newsletters do?", &["mailchimp"], &["opened"]),
    ("mentions", "Who mentions me?", &["twitter"], &["mention"]),
    ("planned_posts", "Which posts are planned?", &["buffer"], &["planned post"]),
    ("top_pages", "Which pages of my site are read most?", &["google-analytics"], &["views"]),
    ("visitors", "Where do the visitors of my site come from?", &["google-analytics"], &["visits"]),
    ("calls", "Which calls came in last?", &["gong", "twilio"], &["call", "Twilio"]),
];

async fn ask(world: &World, asker: &Asker, question: &str, key: &str) -> (End, i64) {
    let chat = &world.app.state().chat;
    let sent = chat.send(asker, None, question, key).await.unwrap();
    let end = settled(&world.app, sent.run).await;
    let read: i64 = sqlx::query_scalar("select count(*) from run_events where run_id = $1 and kind = 'tool_finished'")
        .bind(Uuid::from(sent.run))
        .fetch_one(world.app.db())
        .await
        .unwrap();
    (end, read)
}

#[sqlx::test]
async fn ch_19_each_kind_of_question_is_answered_from_the_services_that_are_connected(db: PgPool) {
    let world = Box::pin(World::start(db)).await;
    let asker = Asker { user: world.user, name: "Mira".into(), zone: "Europe/Berlin".into() };
    let mut wrong = Vec::new();
    for (at, (kind, question, services, holds)) in ASKED.iter().enumerate() {
        world.connect_all(services).await;
        let (end, read) = ask(&world, &asker, question, &format!("k{at}")).await;
        // The answer in the order of its words, without what keeps them from being Markdown.
        let text = end.text.replace('\\', "");
        let lacks: Vec<_> = holds.iter().filter(|held| !text.contains(**held)).collect();
        if end.state != "finished" || end.model.is_some() || read == 0 || text.starts_with("**No ") || !lacks.is_empty()
        {
            wrong.push(format!("{kind}: {question} {lacks:?} {end:?}"));
        }
    }
    assert!(ASKED.len() >= 20 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[sqlx::test]
async fn ch_19_every_service_that_answers_a_kind_of_question_does(db: PgPool) {
    let world = Box::pin(World::start(db)).await;
    let asker = Asker { user: world.user, name: "Mira".into(), zone: "Europe/Berlin".into() };
    let mut providers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for tool in tools::all().iter().filter(|tool| tool.answers_questions()) {
        providers.entry(tool.provider()).or_default().push(tool.service());
    }
    assert!(providers.len() >= 40, "{}", providers.len());
    let mut wrong = Vec::new();
    for (provider, service) in providers {
        world.connect_all(&[provider]).await;
        let integrations = &world.app.state().integrations;
        let offered = integrations.tools(world.user).await.unwrap();
        for (at, question) in aura::integrations::questions::askable(&offered).into_iter().enumerate() {
            let (end, read) = ask(&world, &asker, question, &format!("{provider}-{at}")).await;
            // What is looked for by its name or number need not be there; it was looked for.
            let nothing = end.state == "failed" && read == 1;
            let named = end.text.contains("Nothing that you have connected");
            if (end.state != "finished" || read == 0) && !nothing && !named {
                wrong.push(format!("{}: {question}: {end:?}", service[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[sqlx::test]
async fn ch_19_answers_link_to_what_they_tell_and_name_each_account(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app_without_model(db).await;
    let asker = outside::person(&app, "Mira").await;
    for service in ["github", "linear", "google-calendar", "outlook"] {
        outside::connect(&app, asker.user, service).await;
    }
    let issue = json!([{"title": "Export hangs", "number": 7, "html_url": "https://github.com/a/b/issues/7",
        "repository": {"full_name": "a/b"}}]);
    outside.service("/api.github.com/issues", 200, &issue);
    let nodes = json!({"data": {"viewer": {"assignedIssues": {"nodes": [], "pageInfo": {"hasNextPage": false}}}}});
    outside.service("/api.linear.app/graphql", 200, &nodes);
    let event = |title: &str, at: &str| json!({"summary": title, "start": {"dateTime": at}, "htmlLink": "https://calendar.google.com/e/1"});
    let day = app.clock().now().date();
    let events = json!({"items": [event("Late call", &format!("{day}T21:00:00Z")), event("Breakfast", &format!("{day}T07:00:00Z"))]});
    outside.service("/www.googleapis.com/calendar/v3/calendars/primary/events", 200, &events);
    outside.service("/graph.microsoft.com/v1.0/me/calendarView", 500, &json!({}));
    let chat = &app.state().chat;
    let told = async |question: &str, key: &str| {
        let sent = chat.send(&asker, None, question, key).await.unwrap();
        settled(&app, sent.run).await.text.replace('\\', "")
    };

    let text = told("Which of my issues are open?", "k1").await;
    assert!(text.starts_with("**1 open issue assigned to you**, from GitHub (mira) and Linear (mira)."), "{text}");
    assert!(text.contains("- [Export hangs](<https://github.com/a/b/issues/7>), a/b #7, GitHub"), "{text}");

    // In the order and the time of the person's day; what cannot be read is said, and the rest is told.
    let text = told("What is on my calendar today?", "k2").await;
    assert!(text.starts_with("**2 events on your calendar today**, from Google Calendar (mira)."), "{text}");
    let (early, late) = (text.find("[Breakfast]").unwrap(), text.find("[Late call]").unwrap());
    assert!(early < late && text.contains("22:00: [Late call]"), "{text}");
    assert!(text.contains("**Outlook (mira)**"), "{text}");

    let text = told("Who is on call?", "k3").await;
    assert!(text.contains("PagerDuty would do: [connect one](/connections)"), "{text}");

    let text = told("Which of my issues are open? And what is the weather?", "k4").await;
    assert!(text.contains("[Export hangs]") && text.contains("The rest of the question I could not tell"), "{text}");

    outside.service("/api.github.com/issues", 200, &json!([]));
    let text = told("my open issues on GitHub", "k5").await;
    assert_eq!(text.trim(), "**No open issues assigned to you**, from GitHub (mira).");
}

#[sqlx::test]
async fn ch_19_without_a_key_nothing_is_changed_and_nothing_is_guessed(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app_without_model(db.clone()).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let user = user_of(&app, "mira@example.com").await;
    let asker = Asker { user, name: "Mira".into(), zone: "Europe/Berlin".into() };
    outside::connect(&app, asker.user, "github").await;
    let chat = &app.state().chat;

    // The page says that AI is off, and one can ask.
    let page = mira.get("/chat").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains(AI_IS_OFF), "{}", page.text());
    let field = page.text().split("<textarea").nth(1).unwrap().split('>').next().unwrap().to_owned();
    assert!(!field.contains("disabled") && !field.contains("readonly"), "{field}");

    for (at, (question, holds)) in [
        ("Close my open issues", "Nothing was changed"),
        ("Create an issue about the export", "Nothing was changed"),
        ("Why is the sky blue?", "I could not tell"),
        ("What is an issue?", "I could not tell"),
        ("Which issues are assigned to Jonas?", "I could not tell"),
    ]
    .into_iter()
    .enumerate()
    {
        let sent = chat.send(&asker, None, question, &format!("k{at}")).await.unwrap();
        let end = settled(&app, sent.run).await;
        assert_eq!(end.state, "finished", "{question}");
        let text = end.text.replace('\\', "");
        assert!(text.contains(holds) && text.contains("- Which of my issues are open?"), "{question}: {text}");
        let page = mira.get(&format!("/chat/{}", sent.conversation)).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains(AI_IS_OFF), "{question}");
    }
    let written: i64 = sqlx::query_scalar("select count(*) from approvals").fetch_one(app.db()).await.unwrap();
    assert_eq!(written, 0);
    assert!(outside.called("/api.github.com/issues").is_empty() && outside.asked().is_empty(), "nothing was read");

    // With a key the same database goes on with a model.
    let with_key = outside.app(db).await;
    outside.model(Reply::Stream(vec![Step::Text("Because of the air."), Step::Finish("stop")]));
    let sent = with_key.state().chat.send(&asker, None, "Why is the sky blue?", "with-key").await.unwrap();
    let run: RunId = sent.run;
    let end = eventually("the answer of a model", async || {
        let end = settled(&with_key, run).await;
        (end.state == "finished").then_some(end)
    })
    .await;
    assert_eq!(end.text, "Because of the air.");
}
