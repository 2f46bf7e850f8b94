//! Which accounts open whose account, and the attacks on that.

use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::{
    browser::{Browser, mails_to, newest_mail, wait},
    google::{Google, back, leave},
    support::TestApp,
    vendor::{GITHUB_TOKEN, Vendor, count, user_of},
};

const VICTIM: &str = "mira@gmail.com";

/// A GitHub where this account comes back next.
async fn github_is(vendor: &Vendor, id: u32, login: &str) {
    let reply = json!({ "access_token": format!("token-{id}"), "scope": "read:user" });
    vendor.answers_times(1, "POST", GITHUB_TOKEN, ResponseTemplate::new(200).set_body_json(reply)).await;
    let me = json!({ "id": id, "login": login, "email": VICTIM });
    vendor.answers_times(1, "GET", "/api.github.com/user", ResponseTemplate::new(200).set_body_json(me)).await;
}

async fn by_github(vendor: &Vendor, browser: &mut Browser, place: &str, id: u32) -> crate::browser::Answer {
    github_is(vendor, id, &format!("hub-{id}")).await;
    let consent = leave(browser, &format!("/api/auth/{place}/github")).await;
    browser.get(&back("github", &consent)).await
}

async fn signed_in(app: &TestApp, email: &str) -> Browser {
    wait(app, Duration::seconds(15));
    let mut browser = Browser::new(app);
    browser.sign_in(app, email).await;
    browser
}

/// What the security page shows.
async fn ways(browser: &mut Browser) -> Value {
    browser.get_json("/api/identity/ways-in").await.value()
}

fn id_of(ways: &Value, place: usize) -> String {
    ways["accounts"][place]["id"].as_str().unwrap().to_owned()
}

/// Who opens as whom: the provider and the address of the person behind each way in.
async fn openers(app: &TestApp) -> Vec<(String, Option<String>)> {
    sqlx::query_as(
        "select provider, email::text from identities left join user_emails using (user_id) order by provider, subject",
    )
    .fetch_all(app.db())
    .await
    .unwrap()
}

#[sqlx::test]
async fn wy_14_an_account_with_a_known_address_signs_nobody_in_until_its_owner_says_yes(db: PgPool) {
    let google = Google::start().await;
    let app = google.app(db).await;
    signed_in(&app, VICTIM).await;
    let mut browser = Browser::new(&app);
    let known = google.sign_in(&app, &mut browser, json!({})).await;
    assert_eq!(known.location(), "/signin?known=google&next=/settings/security", "{}", known.text());
    assert!(browser.viewer().await.is_none(), "nobody is signed in");
    let page = browser.get(known.location()).await;
    let said = "You have an account with this address already. Sign in to it once, then say yes to linking Google.";
    assert!(page.text().contains(said), "{}", page.text());
    assert_eq!((count(&app, "users").await, count(&app, "identities").await), (1, 0));

    // Nobody else is asked: not in another browser, not as another person in this one.
    let mut elsewhere = signed_in(&app, VICTIM).await;
    assert_eq!(ways(&mut elsewhere).await["asked"], Value::Null);
    assert_eq!(elsewhere.json("answer-link", &[("yes", "true")]).await.code(), "nothing_to_link");
    let mut stranger = browser.clone();
    wait(&app, Duration::seconds(15));
    stranger.sign_in(&app, "jonas@example.com").await;
    assert_eq!(ways(&mut stranger).await["asked"], Value::Null);
    assert_eq!(stranger.json("answer-link", &[("yes", "true")]).await.code(), "nothing_to_link");

    wait(&app, Duration::seconds(15));
    browser.sign_in(&app, VICTIM).await;
    assert_eq!(ways(&mut browser).await["asked"], json!(["Google", VICTIM]));
    assert_eq!(count(&app, "identities").await, 0, "being asked links nothing");
    let mut again = browser.clone();
    wait(&app, Duration::milliseconds(1));
    assert_eq!(browser.json("answer-link", &[("yes", "true")]).await.status, StatusCode::OK);
    assert_eq!(again.json("answer-link", &[("yes", "true")]).await.code(), "nothing_to_link");
    assert_eq!(openers(&app).await, [("google".to_owned(), Some(VICTIM.to_owned()))]);
    assert_eq!(newest_mail(&app, VICTIM).await.0.subject, "A way to sign in was added");
    let mut third = Browser::new(&app);
    assert_eq!(google.sign_in(&app, &mut third, json!({})).await.location(), "/chat");
    assert!(third.viewer().await.unwrap().contains(VICTIM));
}

#[sqlx::test]
async fn a_no_or_half_an_hour_ends_the_question(db: PgPool) {
    let google = Google::start().await;
    let app = google.app(db).await;
    signed_in(&app, VICTIM).await;
    let mut browser = Browser::new(&app);
    google.sign_in(&app, &mut browser, json!({})).await;
    wait(&app, Duration::seconds(15));
    browser.sign_in(&app, VICTIM).await;
    assert_eq!(browser.json("answer-link", &[("yes", "false")]).await.status, StatusCode::OK);
    assert_eq!(ways(&mut browser).await["asked"], Value::Null);

    let mut late = Browser::new(&app);
    google.sign_in(&app, &mut late, json!({})).await;
    wait(&app, Duration::minutes(30));
    late.sign_in(&app, VICTIM).await;
    assert_eq!(ways(&mut late).await["asked"], Value::Null);
    assert_eq!(late.json("answer-link", &[("yes", "true")]).await.code(), "nothing_to_link");
    assert_eq!(count(&app, "identities").await, 0);
    app.identity().purge().await.unwrap();
    assert_eq!(count(&app, "pending_links").await, 0);
}

#[sqlx::test]
async fn wy_15_an_account_opens_one_person(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut mira = signed_in(&app, "mira@example.com").await;
    let linked = by_github(&vendor, &mut mira, "link", 7).await;
    assert_eq!(linked.location(), "/settings/security?linked=github", "{}", linked.text());
    assert_eq!(newest_mail(&app, "mira@example.com").await.0.subject, "A way to sign in was added");
    // The same account again changes nothing.
    by_github(&vendor, &mut mira, "link", 7).await;
    assert_eq!((count(&app, "identities").await, mails_to(&app, "mira@example.com").await), (1, 3));
    // Another person does not get it.
    let mut jonas = signed_in(&app, "jonas@example.com").await;
    let refused = by_github(&vendor, &mut jonas, "link", 7).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    assert!(refused.text().contains("opens another account"));
    assert_eq!(openers(&app).await, [("github".to_owned(), Some("mira@example.com".to_owned()))]);
    // It opens Mira's account, in any browser.
    let mut new = Browser::new(&app);
    assert_eq!(by_github(&vendor, &mut new, "signin", 7).await.location(), "/chat");
    assert!(new.viewer().await.unwrap().contains("mira@example.com"));
    let kinds: Vec<String> =
        sqlx::query_scalar("select kind from audit_events where kind = 'way_added'").fetch_all(app.db()).await.unwrap();
    assert_eq!(kinds.len(), 1);
}

#[sqlx::test]
async fn two_people_who_link_one_account_at_once_do_not_both_get_it(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let other = app.second_process().await;
    vendor.json("POST", GITHUB_TOKEN, json!({ "access_token": "a", "scope": "read:user" })).await;
    vendor.json("GET", "/api.github.com/user", json!({ "id": 7, "login": "hub" })).await;
    for round in 0..5 {
        let mut visits = Vec::new();
        for (name, process) in [("mira", &app), ("jonas", &other)] {
            let mut browser = signed_in(&app, &format!("{name}-{round}@example.com")).await.at(process);
            let consent = leave(&mut browser, "/api/auth/link/github").await;
            visits.push(async move { browser.get(&back("github", &consent)).await.status.as_u16() });
        }
        let mut statuses = futures::future::join_all(visits).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409]);
        sqlx::query("delete from identities").execute(app.db()).await.unwrap();
    }
}

#[sqlx::test]
async fn wy_16_the_last_way_in_stays(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    // Somebody without an address, with one account.
    let mut browser = Browser::new(&app);
    by_github(&vendor, &mut browser, "signin", 7).await;
    let only = id_of(&ways(&mut browser).await, 0);
    let refused = browser.json("unlink", &[("id", &only)]).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "last_way"));
    assert_eq!(count(&app, "identities").await, 1);
    // With a second one, either can go, and the other one stays.
    by_github(&vendor, &mut browser, "link", 8).await;
    let other = app.second_process().await;
    for round in 0..5 {
        wait(&app, Duration::seconds(11));
        let shown = ways(&mut browser).await;
        let [first, second] = [id_of(&shown, 0), id_of(&shown, 1)];
        let mut there = browser.at(&other);
        let mut here = browser.clone();
        let (one, two) = tokio::join!(async { here.json("unlink", &[("id", &first)]).await.status }, async {
            there.json("unlink", &[("id", &second)]).await.status
        });
        let mut statuses = [one.as_u16(), two.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        assert_eq!(count(&app, "identities").await, 1);
        by_github(&vendor, &mut browser, "link", 20 + round).await;
    }
}

#[sqlx::test]
async fn wy_17_an_unlinked_account_opens_nothing_of_theirs_any_more(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut mira = signed_in(&app, "mira@example.com").await;
    by_github(&vendor, &mut mira, "link", 7).await;
    let mut by_hub = Browser::new(&app);
    by_github(&vendor, &mut by_hub, "signin", 7).await;
    assert!(by_hub.viewer().await.is_some());
    let id = id_of(&ways(&mut mira).await, 0);

    // Not for others, not without a recent proof, not by an id that is none.
    let mut jonas = signed_in(&app, "jonas@example.com").await;
    assert_eq!(jonas.json("unlink", &[("id", &id)]).await.status, StatusCode::NOT_FOUND);
    let nothing = Uuid::nil().to_string();
    assert_eq!(mira.json("unlink", &[("id", &nothing)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(mira.json("unlink", &[("id", "x")]).await.status, StatusCode::NOT_FOUND);
    wait(&app, Duration::minutes(11));
    let asked = mira.form_from("/settings/security", "unlink", &[("id", &id)]).await;
    assert_eq!(asked.location(), "/settings/confirm?next=/settings/security", "{}", asked.text());
    assert_eq!(count(&app, "identities").await, 1);
    let asked = mira.click("/api/auth/link/github").await;
    assert_eq!(asked.location(), "/settings/confirm?next=/settings/security");
    assert_eq!(mira.get_json("/api/auth/link/github").await.code(), "prove_first");

    // The proof by an account: it must be one of hers. The session gets a new secret.
    let (before, mut thief) = (mira.cookie("__Host-aura"), mira.clone());
    let refused = by_github(&vendor, &mut mira, "prove", 666).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
    assert_eq!(count(&app, "users").await, 2, "a proof makes nobody");
    github_is(&vendor, 7, "hub-7").await;
    let consent = leave(&mut mira, "/api/auth/prove/github?next=/settings/security").await;
    let proved = mira.get(&back("github", &consent)).await;
    assert_eq!(proved.location(), "/settings/security", "{}", proved.text());
    assert_ne!(mira.cookie("__Host-aura"), before);
    assert!(thief.viewer().await.is_none(), "the old secret opens nothing");

    assert_eq!(mira.json("unlink", &[("id", &id)]).await.status, StatusCode::OK);
    assert_eq!(newest_mail(&app, "mira@example.com").await.0.subject, "A way to sign in was removed");
    assert!(by_hub.viewer().await.is_none(), "whoever came in by it is out");
    assert!(mira.viewer().await.is_some());
    // The account makes somebody new now, who is not Mira.
    let mut new = Browser::new(&app);
    by_github(&vendor, &mut new, "signin", 7).await;
    assert!(!new.viewer().await.unwrap().contains("mira@example.com"));
}

/// Sudhodanan & Paverd, «Pre-hijacked accounts», and what other systems fell for: whatever the attacker prepares, the
/// victim's account is the victim's alone.
mod attacks {
    use super::*;

    /// The victim's account, and that nobody but the victim is in it.
    async fn is_the_victims_alone(app: &TestApp, victim: &mut Browser, attackers: &mut [Browser]) {
        let viewer: Value = serde_json::from_str(&victim.viewer().await.unwrap()).unwrap();
        assert_eq!(viewer["email"], VICTIM);
        for attacker in attackers {
            let seen = attacker.viewer().await.unwrap_or_default();
            assert!(!seen.contains(VICTIM) && !seen.contains(viewer["id"].as_str().unwrap()), "{seen}");
        }
        let user = Uuid::from(user_of(app, VICTIM).await);
        let strange: i64 = sqlx::query_scalar(
            "select count(*) from identities where user_id = $1 and (provider, subject) <> ('google', '110000000000004101')",
        )
        .bind(user)
        .fetch_one(app.db())
        .await
        .unwrap();
        assert_eq!(strange, 0, "an account of somebody else opens it");
    }

    /// P1: an account is made with the victim's address beforehand, and merged when the victim comes with Google.
    #[sqlx::test]
    async fn wy_19_a_classic_merge_meets_no_account_that_was_not_proved(db: PgPool) {
        let google = Google::start().await;
        let app = google.app(db).await;
        let mut mallory = Browser::new(&app);
        mallory.start(VICTIM, "").await;
        assert_eq!(count(&app, "users").await, 0, "an address that is not proved is no account");
        let code = newest_mail(&app, VICTIM).await.code();
        let mut mira = Browser::new(&app);
        google.sign_in(&app, &mut mira, json!({})).await;
        let guess = if code == "000000" { "000001" } else { "000000" };
        mallory.form("verify-code", &[("code", guess)]).await;
        is_the_victims_alone(&app, &mut mira, &mut [mallory]).await;
    }

    /// P2: the attacker's session lives on when the victim takes the account over.
    #[sqlx::test]
    async fn wy_20_no_session_is_there_before_its_person(db: PgPool) {
        let google = Google::start().await;
        let app = google.app(db).await;
        let mut mallory = Browser::new(&app);
        by_github(&google.vendor, &mut mallory, "signin", 666).await;
        let mut waiting = mallory.clone();
        waiting.start(VICTIM, "").await;
        let mut mira = signed_in(&app, VICTIM).await;
        let sessions: i64 = sqlx::query_scalar("select count(*) from sessions where user_id = $1")
            .bind(Uuid::from(user_of(&app, VICTIM).await))
            .fetch_one(app.db())
            .await
            .unwrap();
        assert_eq!(sessions, 1);
        is_the_victims_alone(&app, &mut mira, &mut [mallory, waiting]).await;
    }

    /// P3: the attacker's own account is linked before the victim comes.
    #[sqlx::test]
    async fn wy_21_no_trojan_way_in_is_linked_beforehand(db: PgPool) {
        let google = Google::start().await;
        let app = google.app(db).await;
        let mut mallory = Browser::new(&app);
        // Without a session nothing can be linked, also with a sign-in under way.
        mallory.start(VICTIM, "").await;
        let refused = mallory.click("/api/auth/link/github").await;
        assert!(refused.location().starts_with("/signin"), "{}", refused.location());
        // A return with the attacker's account, in the victim's browser.
        by_github(&google.vendor, &mut mallory, "signin", 666).await;
        let consent = leave(&mut mallory, "/api/auth/link/github").await;
        let mut mira = signed_in(&app, VICTIM).await;
        let planted = mira.get_json(&back("github", &consent)).await;
        assert_eq!(planted.code(), "state_unknown");
        let signing = leave(&mut Browser::new(&app), "/api/auth/signin/github").await;
        assert_eq!(mira.get_json(&back("github", &signing)).await.code(), "state_unknown");
        // The attacker's Google account waits in the victim's browser for a yes: it is asked about by its name only to
        // the owner of the address, and there is none.
        google.sign_in(&app, &mut mallory, json!({ "sub": "666", "email": "mallory@gmail.com" })).await;
        assert_eq!(ways(&mut mira).await["asked"], Value::Null);
        is_the_victims_alone(&app, &mut mira, &mut [mallory]).await;
    }

    /// P4: a change of address to the victim's is begun beforehand and finished afterwards.
    #[sqlx::test]
    async fn wy_22_a_change_to_the_address_that_was_begun_before_takes_nothing_later(db: PgPool) {
        let google = Google::start().await;
        let app = google.app(db).await;
        let mut mallory = signed_in(&app, "mallory@example.com").await;
        wait(&app, Duration::seconds(15));
        let begun = mallory.form_from("/settings/security", "start-email-change", &[("email", VICTIM)]).await;
        assert!(!begun.status.is_server_error() && mails_to(&app, VICTIM).await == 1, "{}", begun.text());
        let mut mira = Browser::new(&app);
        // Even somebody who got hold of the very code comes too late.
        let code = newest_mail(&app, VICTIM).await.code();
        google.sign_in(&app, &mut mira, json!({})).await;
        let refused = mallory.json("finish-email-change", &[("code", &code)]).await;
        assert!(refused.status.is_client_error(), "{} {}", refused.status, refused.text());
        assert!(mallory.viewer().await.unwrap().contains("mallory@example.com"));
        is_the_victims_alone(&app, &mut mira, &mut [mallory]).await;
    }

    /// P5: a service that does not prove addresses says that the attacker's account has the victim's.
    #[sqlx::test]
    async fn wy_18_an_address_that_a_service_only_repeats_opens_nothing(db: PgPool) {
        let google = Google::start().await;
        let app = google.app(db).await;
        let mut mira = signed_in(&app, VICTIM).await;
        let spotify = json!({ "access_token": "a", "refresh_token": "b", "expires_in": 3600,
            "scope": "user-read-email user-top-read user-read-recently-played" });
        google.vendor.json("POST", "/accounts.spotify.com/api/token", spotify).await;
        let me = json!({ "id": "mallory", "display_name": VICTIM, "email": VICTIM });
        google.vendor.json("GET", "/api.spotify.com/v1/me", me).await;
        let mut by_spotify = Browser::new(&app);
        let consent = leave(&mut by_spotify, "/api/auth/signin/spotify").await;
        assert_eq!(by_spotify.get(&back("spotify", &consent)).await.location(), "/chat");
        let mut by_hub = Browser::new(&app);
        by_github(&google.vendor, &mut by_hub, "signin", 666).await;
        let mut attackers = Vec::new();
        for (number, changes) in [
            json!({ "email_verified": false }),
            json!({ "email_verified": null }),
            json!({ "email_verified": "true" }),
            json!({ "email": "Mira@Gmail.com", "email_verified": false }),
            json!({ "email_verified": false, "hd": "gmail.com" }),
            json!({ "email": ["mira@gmail.com"] }),
        ]
        .into_iter()
        .enumerate()
        {
            wait(&app, Duration::seconds(15));
            let mut changes = changes;
            changes["sub"] = format!("666{number}").into();
            let mut browser = Browser::new(&app);
            assert_eq!(google.sign_in(&app, &mut browser, changes).await.location(), "/chat");
            attackers.push(browser);
        }
        let strangers: i64 = sqlx::query_scalar("select count(*) from users").fetch_one(app.db()).await.unwrap();
        assert_eq!(strangers, 9, "each is a person of their own");
        assert_eq!(count(&app, "user_emails").await, 1, "and none has the address");
        by_spotify.viewer().await.unwrap();
        // The name that Spotify tells is shown as a name; it is no address.
        let spotifys: Value = serde_json::from_str(&by_spotify.viewer().await.unwrap()).unwrap();
        assert_eq!(spotifys["email"], Value::Null);
        attackers.push(by_hub);
        is_the_victims_alone(&app, &mut mira, &mut attackers).await;
    }
}
