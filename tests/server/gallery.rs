//! The catalogue as people see it: the list in front of the app, a page for each service, and the list inside.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use aura::{
    integrations::catalogue::model::Standing,
    providers::{Category, Effect, FACTS_LAST, catalogue},
    serve::doctor,
};
use http::StatusCode;
use sqlx::PgPool;
use time::{Date, Duration};

use crate::{
    browser::{Answer, Browser, wait},
    support::TestApp,
    vendor::Vendor,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a page says, without what only whoever takes it over needs.
fn said(answer: &Answer) -> String {
    answer.text().replace("<!>", "")
}

/// The part of a page between two marks.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let start = page.find(from).unwrap_or_else(|| panic!("{from} is not in the page"));
    let rest = &page[start..];
    &rest[..rest.find(to).unwrap_or_else(|| panic!("no {to} after {from}"))]
}

/// The tile of a service in a list.
fn tile<'a>(page: &'a str, name: &str) -> &'a str {
    let named = format!(">{name}</a>");
    let at = page.find(&named).unwrap_or_else(|| panic!("{name} is not in the list"));
    let start = page[..at].rfind("<li>").unwrap();
    &page[start..start + page[start..].find("</li>").unwrap()]
}

/// The day on which an entry was last compared with its vendor's documents.
fn newest() -> Date {
    catalogue().all().iter().map(|provider| provider.checked).max().unwrap()
}

#[test]
fn ga_01_the_catalogue_is_whole_and_says_of_each_service_what_it_has_to() {
    let headings = [
        (Category::Communication, 10),
        (Category::Calendars, 4),
        (Category::Crm, 8),
        (Category::Projects, 7),
        (Category::Development, 3),
        (Category::Monitoring, 8),
        (Category::Documentation, 5),
        (Category::Finance, 5),
        (Category::Hr, 4),
        (Category::Support, 10),
        (Category::Music, 4),
    ];
    let services: Vec<_> = catalogue().all().iter().filter(|provider| provider.connectable).collect();
    assert_eq!(services.len(), 68);
    for (category, count) in headings {
        assert_eq!(services.iter().filter(|provider| provider.category == category).count(), count, "{category}");
    }
    // Measured against the newest entry, so that the test holds on any day: whoever compares some entries anew has to
    // compare those that were left behind. That all of them grow old is told by `aura doctor` and on their pages.
    let newest = newest();
    for provider in catalogue().all() {
        let id = &provider.id;
        assert!(newest - provider.checked <= FACTS_LAST, "{id} was last checked on {}", provider.checked);
        assert_eq!(provider.docs.url().scheme(), "https", "{id}");
        assert!(!provider.about.trim().is_empty() && !provider.name.trim().is_empty(), "{id}");
        let told = !provider.identity.anonymous && provider.identity.id.contains('{');
        let file = fs::read_to_string(root().join(format!("src/providers/catalogue/{id}.toml"))).unwrap();
        let before = file.split("[identity]").next().unwrap().trim_end().lines().last().unwrap();
        assert!(told || before.starts_with("# "), "{id} tells no account, and not why");
    }
}

#[sqlx::test]
async fn ga_02_the_list_shows_every_service_under_its_heading_with_its_true_kind(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut stranger = Browser::new(&app);
    let page = stranger.get("/integrations").await;
    assert_eq!(page.status, StatusCode::OK);
    let text = &said(&page);
    let mut under = BTreeMap::new();
    for provider in catalogue().all().iter().filter(|provider| provider.connectable) {
        *under.entry(provider.category.name().replace('&', "&amp;")).or_insert(0) += 1;
        assert!(tile(text, &provider.name).contains(&format!("href=\"/integrations/{}\"", provider.id)));
    }
    let nav = between(text, "aria-label=\"Categories\"", "</nav>");
    for (heading, count) in under {
        assert!(text.contains(&format!(">{heading}</h2>")), "{heading}");
        let chip = nav.split("</a>").find(|chip| chip.contains(&format!(">{heading}"))).unwrap();
        assert!(chip.contains(&format!(">{count}</span>")), "{chip}");
    }
    let tools: usize = catalogue().all().iter().map(|provider| provider.tools.len()).sum();
    assert!(text.contains("68 services, each with its true kind of access"));
    assert!(text.contains(&format!("{tools} tools for them")), "{tools}");
    for (name, told) in [
        ("GitHub", "Sign in at the service"),
        ("SendGrid", "A key you paste"),
        ("Datadog", "Keys you paste"),
        ("Telegram", "A bot you make there"),
        ("Signal", "Your own bridge"),
        ("BILL", "Your name and password there"),
        ("LinkedIn Sales Navigator", "Needs a partner contract"),
        ("GitHub", "Not set up here"),
        ("SendGrid", "Can be connected"),
    ] {
        assert!(tile(text, name).contains(told), "{name}: {}", tile(text, name));
    }
    assert!(!text.contains("_CLIENT_ID"), "what is set in the environment is nobody's business here");
}

#[sqlx::test]
async fn ga_03_a_search_finds_by_name_purpose_and_heading_without_a_script(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut stranger = Browser::new(&app);
    let named = |text: &str| -> Vec<String> {
        let list = text.split("<ul class=\"catalogue").nth(1).unwrap_or_default();
        let list = list.split("</ul>").next().unwrap();
        let names = list.split("</a>").filter_map(|part| part.rsplit_once('>')).map(|(_, name)| name.to_owned());
        names.filter(|name| !name.trim().is_empty()).collect()
    };
    for (query, found) in [
        ("q=git", &["GitHub", "GitLab"][..]),
        ("q=GITHUB%20", &["GitHub"]),
        ("q=hub%20git", &["GitHub"]),
        ("q=hub&q=nothing&category=development", &["GitHub"]),
        ("category=development", &["Bitbucket", "GitHub", "GitLab"]),
    ] {
        let page = stranger.get(&format!("/integrations?{query}")).await;
        assert_eq!(
            (page.status, named(&said(&page))),
            (StatusCode::OK, found.iter().map(|&name| name.into()).collect()),
            "{query}"
        );
    }
    let by_tool = stranger.get("/integrations?q=issue").await;
    assert!(named(&said(&by_tool)).contains(&"Linear".to_owned()), "tools are found by what they do");
    let by_heading = said(&stranger.get("/integrations?q=monitoring").await);
    for provider in catalogue().all().iter().filter(|provider| provider.category == Category::Monitoring) {
        assert!(named(&by_heading).contains(&provider.name), "{}", provider.id);
    }
    // By a word that stands in the titles of its tools alone.
    let mut alone = 0;
    for provider in catalogue().all().iter().filter(|provider| provider.connectable && !provider.name.contains(' ')) {
        let told = format!("{} {} {} {}", provider.name, provider.id, provider.category.name(), provider.about);
        let mut words = provider.tools.iter().flat_map(|tool| tool.title.split(' ')).map(str::to_lowercase);
        let fits = |word: &String| word.chars().all(char::is_alphabetic) && !told.to_lowercase().contains(word);
        let Some(word) = words.find(fits).filter(|_| alone < 5) else { continue };
        let found = said(&stranger.get(&format!("/integrations?q={word}")).await);
        assert!(named(&found).contains(&provider.name), "{}: {word}", provider.id);
        alone += 1;
    }
    assert_eq!(alone, 5);
    let here = stranger.get("/integrations?here=on").await;
    assert!(said(&here).contains(">GitHub</a>") && !here.text().contains("Not set up here"));
    // What is typed comes back as text, and never as anything else.
    let hostile = stranger.get("/integrations?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%00&category=%22%3E").await;
    assert_eq!(hostile.status, StatusCode::OK);
    assert!(hostile.text().contains("No service is like that") && !hostile.text().contains("<script"));
    assert!(hostile.text().contains("href=\"/integrations\""), "and from there is a way back");
    let long = stranger.get(&format!("/integrations?q={}", "x".repeat(5_000))).await;
    assert!(long.status == StatusCode::OK && !long.text().contains(&"x".repeat(81)));
}

#[sqlx::test]
async fn ga_04_each_service_has_a_page_that_says_what_is_asked_and_how_access_ends(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut stranger = Browser::new(&app);
    for provider in catalogue().all().iter().filter(|provider| provider.connectable) {
        let page = stranger.get(&format!("/integrations/{}", provider.id)).await;
        let (id, text) = (
            &provider.id,
            said(&page)
                .replace("&amp;", "&")
                .replace("&#x27;", "'")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\""),
        );
        assert_eq!(page.status, StatusCode::OK, "{id}");
        assert!(!text.contains("<script") && !text.contains("wasm"), "{id}");
        let oauth = provider.oauth.iter();
        for scope in oauth.flat_map(|oauth| oauth.scopes.iter().chain(&oauth.optional_scopes)) {
            assert!(text.contains(&scope.name) && text.contains(&scope.reason), "{id}: {}", scope.name);
        }
        for tool in &provider.tools {
            let row = between(&text, &format!(">{}</div>", tool.title), "</span>");
            let effect = match tool.effect {
                Effect::Read => "Reads",
                Effect::Write => "Asks before it changes",
                Effect::Destructive => "Asks before it takes away",
            };
            assert!(row.contains(effect), "{}: {row}", tool.name);
        }
        assert!(provider.tools.is_empty() == text.contains("nothing can be asked of it"), "{id}");
        for address in [provider.docs.url(), provider.manage.url()] {
            assert!(text.contains(address.as_str()), "{id}: {address}");
        }
        assert!(provider.note.as_ref().is_none_or(|note| text.contains(note.as_str())), "{id}");
        assert!(text.contains(&format!("{}", provider.checked.year())), "{id}");
        let revoked = provider.oauth.as_ref().is_some_and(|oauth| oauth.revoke.is_some());
        assert!(!revoked || text.contains("asks"), "{id}");
        for fact in provider.unverified.iter().filter(|fact| !fact.starts_with("not expressible")) {
            assert!(text.contains(fact.as_str()), "{id}: {fact}");
        }
        // No dead end.
        let on = ["/connections/add/", "/connections?q=", "/connections/apps/", "/integrations?here=on"];
        assert!(on.iter().any(|way| text.contains(&format!("href=\"{way}"))), "{id}");
    }
    for nothing in ["google", "nothing", "..%2F..%2Fetc", "%00"] {
        let page = stranger.get(&format!("/integrations/{nothing}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{nothing}");
    }
}

#[sqlx::test]
async fn ga_05_the_public_pages_of_services_are_the_same_for_everybody_and_may_be_kept(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let (mut stranger, mut mira) = (Browser::new(&app), Browser::new(&app));
    mira.sign_in(&app, "mira@example.com").await;
    for path in ["/integrations", "/integrations?q=git", "/integrations/github"] {
        let (one, other) = (stranger.get(path).await, mira.get(path).await);
        assert_eq!(one.text(), other.text(), "{path}");
        assert_eq!(one.header("cache-control"), "public, max-age=300", "{path}");
        assert!(one.header("etag").starts_with('"') && other.header("set-cookie").is_empty(), "{path}");
    }
    let github = stranger.get("/integrations/github").await;
    assert!(github.text().contains("href=\"/connections?q=github#add\""), "and from there on to connecting");
    // Facts that have grown old are said to be.
    assert!(!github.text().contains("more than half a year ago"));
    let checked = catalogue().get("github").unwrap().checked.midnight().assume_utc();
    let ahead: Duration = checked - app.clock().now() + FACTS_LAST + Duration::days(2);
    wait(&app, ahead);
    assert!(stranger.get("/integrations/github").await.text().contains("more than half a year ago"));
}

#[sqlx::test]
async fn ga_06_inside_each_service_connects_in_its_true_way_and_only_operators_read_variables(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let page = mira.get("/connections").await;
    let text = &said(&page);
    for service in app.state().integrations.services() {
        let tile = tile(text, &service.name.replace('&', "&amp;"));
        match service.way() {
            Some(way) => assert!(tile.contains(&format!("href=\"{way}\"")), "{}: {tile}", service.id),
            None => assert!(tile.contains(service.standing.label()), "{}: {tile}", service.id),
        }
    }
    assert!(tile(text, "GitHub").contains("href=\"/api/integrations/github\""));
    assert!(tile(text, "SendGrid").contains("href=\"/connections/add/sendgrid\""));
    assert!(!text.contains("_CLIENT_ID"), "to people it is enough that it is not set up");
    let searched = mira.get("/connections?q=gitl").await;
    assert!(said(&searched).contains(">GitLab</a>") && !said(&searched).contains(">Slack</a>"));
    let none = mira.get("/connections?q=%22%3E%3Cimg%20src%3Dx%3E").await;
    assert!(none.text().contains("No service is like that") && !none.text().contains("<img src=x"));

    let lacking =
        app.state().integrations.services().into_iter().find(|service| service.standing == Standing::NotSetUp);
    let lacking = lacking.expect("something is not set up in tests");
    sqlx::query("update users set role = 'admin'").execute(app.db()).await.unwrap();
    let page = mira.get("/connections").await;
    let variable = &catalogue().get(&lacking.id).unwrap().client_variables()[0];
    assert!(tile(&said(&page), &lacking.name).contains(variable.as_str()), "{variable}");
}

#[sqlx::test]
async fn ga_08_doctor_prints_what_is_set_and_the_exact_addresses_to_register(db: PgPool) {
    let client = [("GOOGLE_CLIENT_ID", "canary-id"), ("GOOGLE_CLIENT_SECRET", "canary-secret")];
    let app = TestApp::with(db, &client).await;
    let told = doctor::tell(&app.state().settings, newest());
    for line in [
        "Google Calendar (google-calendar): set up",
        "  variables         GOOGLE_CALENDAR_CLIENT_ID, GOOGLE_CALENDAR_CLIENT_SECRET",
        "  or, shared        GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET",
        "  register address  http://localhost:3000/api/integrations/google-calendar/callback",
        "GitHub (github): off",
        "  for signing in    http://localhost:3000/api/auth/callback/github",
        "  for the broker    http://localhost:3000/auth/youtube/callback",
        "SendGrid (sendgrid): set up",
    ] {
        assert!(told.lines().any(|printed| printed == line), "{line}\n{told}");
    }
    for provider in catalogue().all().iter().filter(|provider| provider.supported() && provider.needs_client()) {
        assert!(told.contains(&format!("{}_CLIENT_SECRET", provider.variable())), "{}", provider.id);
    }
    assert!(!told.contains("canary"), "no id and no secret is printed");
}

#[sqlx::test]
async fn ga_09_facts_that_grew_old_are_named_and_others_are_not(db: PgPool) {
    let app = TestApp::new(db).await;
    // On the last day on which they count, and on the day after it.
    let oldest = catalogue().all().iter().map(|provider| provider.checked).min().unwrap();
    assert!(!doctor::tell(&app.state().settings, oldest + FACTS_LAST).contains("days ago"));
    assert!(doctor::tell(&app.state().settings, oldest + FACTS_LAST + Duration::DAY).contains("days ago"));
    let later = doctor::tell(&app.state().settings, newest() + FACTS_LAST + Duration::DAY);
    for provider in catalogue().all() {
        assert!(later.contains(&format!("  {} on {}: https://", provider.id, provider.checked)), "{}", provider.id);
    }
}

#[test]
fn ga_10_marks_are_what_the_package_has_and_every_other_service_shows_letters() {
    if !root().join("node_modules/simple-icons").exists() {
        println!("not run: the marks against simple-icons (npm ci)");
        return;
    }
    let checked = Command::new("node").args(["scripts/marks", "check"]).current_dir(root()).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let listed = fs::read_to_string(root().join("src/ui/marks.txt")).unwrap();
    for id in listed.lines().filter_map(|line| line.split(' ').next()) {
        assert!(catalogue().get(id).is_some(), "{id} is no service");
    }
    // Loaded on every page that names services: no more than now, but for a few marks.
    let sprite = fs::metadata(root().join("public/icons/marks.svg")).unwrap();
    assert!(sprite.len() < 50_000, "{} bytes", sprite.len());
}

#[sqlx::test]
async fn ga_14_programs_read_the_catalogue_over_the_api(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut stranger = Browser::new(&app);
    let told = stranger.get_json("/api/v1/services").await;
    assert_eq!(told.status, StatusCode::OK);
    let services = told.value()["services"].as_array().unwrap().clone();
    assert_eq!(services.len(), 68);
    for service in &services {
        let id = service["id"].as_str().unwrap();
        let provider = catalogue().get(id).unwrap();
        assert_eq!(
            (&service["name"], &service["category"]),
            (&provider.name.as_str().into(), &provider.category.name().into())
        );
        assert_eq!(service["documentation"], provider.docs.url().as_str(), "{id}");
        assert_eq!(service["tools"].as_array().unwrap().len(), provider.tools.len(), "{id}");
        for (listed, tool) in service["tools"].as_array().unwrap().iter().zip(&provider.tools) {
            let effect = format!("{:?}", tool.effect).to_lowercase();
            assert!(listed["name"] == tool.name.as_str() && listed["effect"] == effect.as_str(), "{listed}");
        }
        for scope in provider.scopes() {
            let listed =
                service["scopes"].as_array().unwrap().iter().find(|listed| listed["name"] == scope.name.as_str());
            assert_eq!(listed.unwrap()["reason"], scope.reason.as_str(), "{id}");
        }
        let alone = stranger.get_json(&format!("/api/v1/services/{id}")).await;
        assert_eq!(&alone.value(), service, "{id}");
    }
    let of = |id: &str| services.iter().find(|service| service["id"] == id).unwrap();
    assert_eq!((&of("github")["kind"], &of("github")["availability"]), (&"oauth2".into(), &"ready".into()));
    assert!(of("github")["icon"].as_str().unwrap().starts_with("/icons/marks.svg?v=") && of("slack")["icon"].is_null());
    assert_eq!((&of("trello")["kind"], &of("lever")["needs_partner_contract"]), (&"oauth1".into(), &true.into()));
    for nothing in ["google", "nothing", "%00"] {
        assert_eq!(stranger.get_json(&format!("/api/v1/services/{nothing}")).await.status, StatusCode::NOT_FOUND);
    }
}
