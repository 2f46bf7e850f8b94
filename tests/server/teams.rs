//! Teams: who may do what in them, how one comes in, and how one goes.

use aura::{
    kit::id::{TeamId, TeamInvitationId, UserId},
    team::{
        INVITATION_LASTS, MOST_OWNED, TeamError,
        model::{Act, Role},
    },
};
use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use crate::{
    browser::{Browser, dump, forms_of, mails_to, newest_mail, wait},
    program::{Program, person_at},
    support::TestApp,
};

const MIRA: &str = "mira@example.com";
const JONAS: &str = "jonas@example.com";
const OLGA: &str = "olga@example.com";

const NASTY: [&str; 6] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg/onload=alert(1)>",
    "</title></dialog><script>alert(1)</script>",
    "{{ 7*7 }} </mj-text><mj-raw><iframe src=//evil.example></iframe>",
    "\u{202e}javascript:alert(1)",
];

/// A person who is there without having signed in; many of them cost no letters.
async fn somebody(app: &TestApp, email: &str) -> UserId {
    let now = app.clock().now();
    let id: UserId = app.state().random.id(now);
    sqlx::query("insert into users (id, display_name, created_at) values ($1, $2, $3)")
        .bind(Uuid::from(id))
        .bind(email.split('@').next().unwrap())
        .bind(now)
        .execute(app.db())
        .await
        .unwrap();
    sqlx::query("insert into user_emails (email, user_id, verified_at) values ($1::text::citext, $2, $3)")
        .bind(email)
        .bind(Uuid::from(id))
        .bind(now)
        .execute(app.db())
        .await
        .unwrap();
    id
}

async fn personal(app: &TestApp, user: UserId) -> TeamId {
    let mut connection = app.db().acquire().await.unwrap();
    app.state().teams.personal(&mut connection, user, app.clock().now()).await.unwrap()
}

async fn chosen(app: &TestApp, user: UserId) -> TeamId {
    let mut connection = app.db().acquire().await.unwrap();
    app.state().teams.chosen(&mut connection, user, app.clock().now()).await.unwrap()
}

async fn role(app: &TestApp, user: UserId, team: TeamId) -> Option<Role> {
    let mut connection = app.db().acquire().await.unwrap();
    app.state().teams.role_of(&mut connection, user, team).await.unwrap()
}

async fn set_seats(app: &TestApp, team: TeamId, seats: i32) {
    let mut tx = app.db().begin().await.unwrap();
    assert!(app.state().teams.set_seats(&mut tx, team, Some(seats)).await.unwrap());
    tx.commit().await.unwrap();
}

/// Invites, and gives the secret of the link.
async fn invited(app: &TestApp, by: UserId, team: TeamId, email: &str, as_what: Role) -> String {
    wait(app, Duration::minutes(1));
    app.state().teams.invite(by, team, email, as_what).await.unwrap();
    secret(app, email).await
}

async fn secret(app: &TestApp, email: &str) -> String {
    let link = newest_mail(app, email).await.link_to("/team/join");
    link.split_once("token=").unwrap().1.to_owned()
}

/// Lets somebody who is there into a team.
async fn member(app: &TestApp, owner: UserId, team: TeamId, email: &str, as_what: Role) -> UserId {
    let user = somebody(app, email).await;
    let secret = invited(app, owner, team, email, as_what).await;
    assert_eq!(app.state().teams.accept(user, &secret).await.unwrap(), team);
    user
}

async fn open_invitation(app: &TestApp, team: TeamId, email: &str) -> TeamInvitationId {
    sqlx::query_scalar(
        "select id from team_invitations where team_id = $1 and email = $2::text::citext and ended_at is null",
    )
    .bind(Uuid::from(team))
    .bind(email)
    .fetch_one(app.db())
    .await
    .map(|id: Uuid| id.into())
    .unwrap()
}

async fn count(app: &TestApp, what: &str, team: TeamId) -> i64 {
    let statement = format!("select count(*) from {what}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).bind(Uuid::from(team)).fetch_one(app.db()).await.unwrap()
}

async fn members(app: &TestApp, team: TeamId) -> i64 {
    count(app, "team_members where team_id = $1", team).await
}

/// The jobs of a task that wait for a team.
async fn jobs(app: &TestApp, task: &str, team: TeamId) -> i64 {
    sqlx::query_scalar(
        "select count(*) from graphile_worker._private_jobs
         where payload ->> 'task' = $1 and payload -> 'payload' ->> 'team' = $2",
    )
    .bind(task)
    .bind(team.to_string())
    .fetch_one(app.db())
    .await
    .unwrap()
}

async fn log(app: &TestApp, user: UserId) -> Vec<String> {
    sqlx::query_scalar(
        "select kind from audit_events where subject = $1 and kind like 'team%' order by created_at, kind desc",
    )
    .bind(user.to_string())
    .fetch_all(app.db())
    .await
    .unwrap()
}

async fn told(app: &TestApp, user: UserId) -> Vec<String> {
    sqlx::query_scalar("select title from notifications where user_id = $1 and kind = 'team' order by created_at, id")
        .bind(Uuid::from(user))
        .fetch_all(app.db())
        .await
        .unwrap()
}

#[sqlx::test]
async fn te_01_a_personal_team_is_made_once(db: PgPool) {
    let app = TestApp::new(db).await;
    Browser::new(&app).sign_in(&app, MIRA).await;
    let user: UserId = sqlx::query_scalar("select id from users").fetch_one(app.db()).await.unwrap();
    sqlx::query("delete from teams").execute(app.db()).await.unwrap();
    let now = app.clock().now();
    let asked = (0..8).map(|_| async {
        let mut tx = app.db().begin().await.unwrap();
        let team = app.state().teams.personal(&mut tx, user, now).await.unwrap();
        tx.commit().await.unwrap();
        team
    });
    // Some ask outside of any transaction, as pages do.
    let looked = (0..8).map(|_| personal(&app, user));
    let (mut got, looked) = futures::join!(futures::future::join_all(asked), futures::future::join_all(looked));
    got.extend(looked);
    got.dedup();
    assert_eq!(got.len(), 1, "all got the same one");
    let members: Vec<(UserId, String)> =
        sqlx::query_as("select user_id, role from team_members").fetch_all(app.db()).await.unwrap();
    assert_eq!(members, [(user, "owner".to_owned())]);
    // Nobody waits for somebody who waits for them, and whoever hangs up midway leaves nothing half made.
    let mut crowd = Vec::new();
    for number in 0..40 {
        crowd.push(somebody(&app, &format!("crowd{number}@example.com")).await);
    }
    for few in crowd[..30].chunks(2) {
        let app = &app;
        let pages = few.iter().map(|&user| personal(app, user));
        let acts = few.iter().map(|&user| async move {
            let mut tx = app.db().begin().await.unwrap();
            let team = app.state().teams.personal(&mut tx, user, now).await.unwrap();
            tx.commit().await.unwrap();
            team
        });
        let (pages, acts) = futures::join!(futures::future::join_all(pages), futures::future::join_all(acts));
        assert_eq!(pages, acts);
    }
    for (number, &user) in crowd[30..].iter().cycle().take(60).enumerate() {
        let short = std::time::Duration::from_micros(100 * number as u64);
        let _hung_up = tokio::time::timeout(short, personal(&app, user)).await;
        let halves: i64 = sqlx::query_scalar(
            "select count(*) from teams t where not exists (select from team_members m where m.team_id = t.id)",
        )
        .fetch_one(app.db())
        .await
        .unwrap();
        assert_eq!(halves, 0);
    }
    // It goes with the person.
    sqlx::query("delete from users").execute(app.db()).await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from teams").fetch_one(app.db()).await.unwrap();
    assert_eq!(left, 0);
}

/// Every act, done for real by every role and by a stranger; the table says who may.
#[sqlx::test]
async fn te_02_each_act_is_done_by_who_may_and_by_nobody_else(db: PgPool) {
    let app = TestApp::new(db).await;
    let teams = &app.state().teams;
    let acts = [
        // Owner, admin, member.
        ("see", [true, true, true]),
        ("rename", [true, false, false]),
        ("invite a member", [true, true, false]),
        ("invite an admin", [true, false, false]),
        ("send again", [true, true, false]),
        ("list invitations", [true, true, false]),
        ("revoke", [true, true, false]),
        ("remove a member", [true, true, false]),
        ("remove an admin", [true, false, false]),
        ("remove the owner", [false, false, false]),
        ("give a role", [true, false, false]),
        ("leave", [false, true, true]),
        ("transfer", [true, false, false]),
        ("close", [true, false, false]),
    ];
    for (round, (act, may)) in acts.into_iter().enumerate() {
        for (place, allowed) in [may[0], may[1], may[2], false].into_iter().enumerate() {
            let case = format!("{act} by {place}");
            let at = |who: &str| format!("{who}-{round}-{place}@example.com");
            let owner = somebody(&app, &at("owner")).await;
            let team = teams.make(owner, "The band").await.unwrap();
            set_seats(&app, team, 10).await;
            let admin = member(&app, owner, team, &at("admin"), Role::Admin).await;
            let plain = member(&app, owner, team, &at("member"), Role::Member).await;
            let other_admin = member(&app, owner, team, &at("admin2"), Role::Admin).await;
            let other = member(&app, owner, team, &at("member2"), Role::Member).await;
            invited(&app, owner, team, &at("waiting"), Role::Member).await;
            let waiting = open_invitation(&app, team, &at("waiting")).await;
            let stranger = somebody(&app, &at("stranger")).await;
            wait(&app, Duration::minutes(2));
            let who = [owner, admin, plain, stranger][place];
            let done = match act {
                "see" => teams.find(who, team).await.map(|_| ()),
                "rename" => teams.rename(who, team, "Another").await.map(|_| ()),
                "invite a member" => teams.invite(who, team, &at("new"), Role::Member).await,
                "invite an admin" => teams.invite(who, team, &at("new"), Role::Admin).await,
                "send again" => teams.invite_again(who, team, waiting).await,
                "list invitations" => teams.invitations(who, team).await.map(|_| ()),
                "revoke" => teams.revoke(who, team, waiting).await,
                "remove a member" => teams.remove(who, team, other).await,
                "remove an admin" => teams.remove(who, team, other_admin).await,
                "remove the owner" => teams.remove(who, team, owner).await,
                "give a role" => teams.set_role(who, team, other, Role::Admin).await,
                "leave" => teams.leave(who, team).await,
                "transfer" => teams.transfer(who, team, other).await,
                "close" => teams.close(who, team).await,
                _ => unreachable!("{act}"),
            };
            match done {
                Ok(()) => assert!(allowed, "{case} was let through"),
                Err(TeamError::NotFound) => assert_eq!(place, 3, "{case}"),
                Err(TeamError::NotAllowed | TeamError::OwnerStays | TeamError::Yourself) => {
                    assert!(!allowed && place < 3, "{case} was refused");
                }
                Err(error) => panic!("{case}: {error:?}"),
            }
            if !allowed {
                let name: String = sqlx::query_scalar("select name from teams where id = $1")
                    .bind(Uuid::from(team))
                    .fetch_one(app.db())
                    .await
                    .unwrap();
                let open = count(&app, "team_invitations where team_id = $1 and ended_at is null", team).await;
                assert_eq!(
                    (name.as_str(), members(&app, team).await, open),
                    ("The band", 5, 1),
                    "{case} changed something"
                );
                assert_eq!(role(&app, owner, team).await, Some(Role::Owner), "{case}");
            }
        }
    }
    // The page shows what the service decides.
    assert!(Role::Admin.may(Act::Remove(Role::Member)) && !Role::Admin.may(Act::Remove(Role::Admin)));
}

#[sqlx::test]
async fn te_03_a_personal_team_stays_one_persons(db: PgPool) {
    let app = TestApp::new(db).await;
    let teams = &app.state().teams;
    let mira = somebody(&app, MIRA).await;
    let team = personal(&app, mira).await;
    let refused = [
        teams.invite(mira, team, JONAS, Role::Member).await,
        teams.leave(mira, team).await,
        teams.transfer(mira, team, mira).await,
        teams.close(mira, team).await,
        teams.remove(mira, team, mira).await,
    ];
    for done in refused {
        assert!(matches!(done, Err(TeamError::Personal)), "{done:?}");
    }
    assert_eq!((members(&app, team).await, mails_to(&app, JONAS).await), (1, 0));
    assert_eq!(teams.rename(mira, team, "  My\ndesk ").await.unwrap(), "My desk");
    assert!(matches!(teams.rename(mira, team, "\u{200b}").await, Err(TeamError::Name(_))));
    // However many seats billing writes, a personal team has one.
    set_seats(&app, team, 9).await;
    let mut connection = app.db().acquire().await.unwrap();
    let facts = teams.facts(&mut connection, team).await.unwrap().unwrap();
    assert_eq!((facts.personal, facts.owner, facts.members, facts.seats), (true, Some(mira), 1, 1));
}

#[sqlx::test]
async fn te_04_nobody_owns_more_than_twenty_teams(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let mira = somebody(&app, MIRA).await;
    let made = (0..30).map(|number| {
        let teams = if number % 2 == 0 { &app.state().teams } else { &other.state().teams };
        teams.make(mira, "One of many")
    });
    let made = futures::future::join_all(made).await;
    let there = made.iter().filter(|made| made.is_ok()).count();
    assert_eq!(i64::try_from(there).unwrap(), MOST_OWNED);
    assert!(made.iter().filter_map(|made| made.as_ref().err()).all(|error| matches!(error, TeamError::TooMany)));
}

/// The whole way of an invitation in a browser without a script, with what others make of its link.
#[sqlx::test]
async fn te_05_an_invitation_opens_for_its_address_alone_and_only_by_its_button(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mira, mut owner) = person_at(&app, MIRA).await;
    let made = owner.post_form("/api/team/make", &[("name", "The band")]).await;
    let team: TeamId = made.location().split(['=', '&']).nth(1).unwrap().parse().unwrap();
    let page = owner.get(made.location()).await;
    assert!(
        page.text().contains("Your team is there") && page.text().contains("1 of 3 seats taken"),
        "{}",
        page.text()
    );
    let sent = [("team", &*team.to_string()), ("email", "  JONAS@example.com "), ("role", "member")]
        .map(|(a, b)| (a, b.to_owned()));
    let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert!(owner.post_form("/api/team/invite", &sent).await.location().ends_with("done=invited"));
    let mail = newest_mail(&app, JONAS).await;
    assert!(mail.0.text.contains("mira invites you to the team «The band»"), "{}", mail.0.text);
    let link = mail.link_to("/team/join");
    let secret = link.split_once("token=").unwrap().1.to_owned();

    // The table has its hash, and no log or sign-in keeps the link.
    let mut nobody = Browser::new(&app);
    let opened = nobody.get(&link).await;
    assert_eq!((opened.status, opened.location()), (StatusCode::FOUND, "/team/join"));
    let kept = opened.set_cookie("__Host-aura-join");
    assert!(["HttpOnly", "Secure", "SameSite=Lax", "Path=/"].iter().all(|part| kept.contains(part)), "{kept}");
    let looked = nobody.get("/team/join").await;
    assert_eq!(looked.status, StatusCode::OK);
    assert!(looked.text().contains("The band") && looked.text().contains("j••s@example.com"), "{}", looked.text());
    assert!(looked.text().contains("/signin?next=/team/join") && !looked.text().contains(&secret));
    assert!(looked.header("cache-control").contains("no-store"), "{}", looked.header("cache-control"));
    // Who is not signed in does nothing with it.
    let nothing = nobody.json_at("/api/team/join", &[("token", &secret)]).await;
    assert_eq!(nothing.status, StatusCode::UNAUTHORIZED);

    // Another account learns neither whose it is, nor gets in.
    let (olga, mut other) = person_at(&app, OLGA).await;
    other.get(&link).await;
    let looked = other.get("/team/join").await;
    assert!(
        looked.text().contains("for another address")
            && !looked.text().contains("j••s")
            && !looked.text().contains("jonas")
    );
    let refused = other.json_at("/api/team/join", &[("token", &secret)]).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "invitation_for_another"));
    assert!(!refused.text().contains("jonas"), "{}", refused.text());
    assert_eq!(role(&app, olga, team).await, None);
    // Opening it, however often and by whomever, has changed nothing.
    for _ in 0..3 {
        nobody.get(&link).await;
        nobody.head(&link).await;
    }
    assert_eq!(
        (
            members(&app, team).await,
            count(&app, "team_invitations where team_id = $1 and ended_at is null", team).await
        ),
        (1, 1)
    );

    // Somebody without an account signs in with the address, and comes back to the button.
    let started = nobody.start(JONAS, "/team/join").await;
    assert_eq!(started.status, StatusCode::FOUND);
    let dumped = dump(&app).await;
    assert!(forms_of(&secret).iter().all(|form| !dumped.contains(form)), "the secret can be read in a table");
    let code = newest_mail(&app, JONAS).await.code();
    let back = nobody.form("verify-code", &[("code", &code)]).await;
    assert_eq!(back.location(), "/team/join");
    let looked = nobody.get("/team/join").await;
    assert!(
        looked.text().contains("Join the team") && looked.text().contains("jonas@example.com"),
        "{}",
        looked.text()
    );
    let joined = nobody.post_form("/api/team/join", &[("token", &secret)]).await;
    assert_eq!(joined.location(), format!("/team?team={team}&done=joined"));
    assert_eq!(nobody.cookie("__Host-aura-join"), None);
    let page = nobody.get(joined.location()).await;
    assert!(page.text().contains("You are in.") && page.text().contains("2 of 3 seats taken"), "{}", page.text());
    // A member sees who is there, but neither addresses nor what they may not do.
    assert!(
        !page.text().contains(MIRA)
            && !page.text().contains("Send invitation")
            && !page.text().contains("Close the team")
    );
    let jonas: Uuid = sqlx::query_scalar("select user_id from user_emails where email = 'jonas@example.com'")
        .fetch_one(app.db())
        .await
        .unwrap();
    let jonas = UserId::from(jonas);
    assert_eq!((role(&app, jonas, team).await, chosen(&app, jonas).await), (Some(Role::Member), team));
    assert_eq!(log(&app, jonas).await, ["team_joined"]);
    assert_eq!(log(&app, mira).await, ["team_made", "team_invited"]);
    assert_eq!(jobs(&app, "team_members_changed", team).await, 1);
    // Again it changes nothing for him, and nobody else gets in by it, not even when he has gone.
    assert_eq!(app.state().teams.accept(jonas, &secret).await.unwrap(), team);
    app.state().teams.remove(mira, team, jonas).await.unwrap();
    assert!(matches!(app.state().teams.accept(jonas, &secret).await, Err(TeamError::Used)));
    assert!(matches!(app.state().teams.accept(olga, &secret).await, Err(TeamError::Used)));
    nobody.get(&link).await;
    assert!(nobody.get("/team/join").await.text().contains("accepted already"));
    // What is none of ours is not found, in the same words.
    for unknown in ["x", &"A".repeat(43), &format!("{}=", &secret[..42])] {
        nobody.get(&format!("/team/join?token={unknown}")).await;
        let looked = nobody.get("/team/join").await;
        assert_eq!(looked.status, StatusCode::NOT_FOUND, "{unknown}");
        assert!(looked.text().contains("There is no such invitation"));
    }
}

#[sqlx::test]
async fn te_06_an_invitation_is_accepted_once_by_twenty_at_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let mira = somebody(&app, MIRA).await;
    let team = app.state().teams.make(mira, "The band").await.unwrap();
    let jonas = somebody(&app, JONAS).await;
    let secret = invited(&app, mira, team, JONAS, Role::Admin).await;
    let asked = (0..20).map(|number| {
        let teams = if number % 2 == 0 { &app.state().teams } else { &other.state().teams };
        teams.accept(jonas, &secret)
    });
    for done in futures::future::join_all(asked).await {
        assert_eq!(done.unwrap(), team);
    }
    assert_eq!((members(&app, team).await, role(&app, jonas, team).await), (2, Some(Role::Admin)));
    assert_eq!(log(&app, jonas).await, ["team_joined"]);
    let accepted = "team_invitations where team_id = $1 and ending = 'accepted'";
    assert_eq!((count(&app, accepted, team).await, jobs(&app, "team_members_changed", team).await), (1, 1));
}

#[sqlx::test]
async fn te_07_an_invitation_ends_by_time_by_word_and_by_the_next_one(db: PgPool) {
    let app = TestApp::new(db).await;
    let teams = &app.state().teams;
    let mira = somebody(&app, MIRA).await;
    let team = teams.make(mira, "The band").await.unwrap();
    let jonas = somebody(&app, JONAS).await;
    // The seventh day, to the moment.
    let secret = invited(&app, mira, team, JONAS, Role::Member).await;
    wait(&app, INVITATION_LASTS);
    assert!(matches!(teams.accept(jonas, &secret).await, Err(TeamError::Expired)));
    // Sent again it lives, with another secret; the old link says what to do.
    let waiting = open_invitation(&app, team, JONAS).await;
    teams.invite_again(mira, team, waiting).await.unwrap();
    let renewed = self::secret(&app, JONAS).await;
    assert_ne!(renewed, secret);
    assert!(matches!(teams.accept(jonas, &secret).await, Err(TeamError::Replaced)));
    // The same address again renews it, and makes no second one.
    wait(&app, Duration::minutes(1));
    teams.invite(mira, team, "Jonas@Example.COM", Role::Admin).await.unwrap();
    let newest = self::secret(&app, JONAS).await;
    assert_eq!(count(&app, "team_invitations where team_id = $1 and ended_at is null", team).await, 1);
    assert!(matches!(teams.accept(jonas, &renewed).await, Err(TeamError::Replaced)));
    // Taken back.
    let waiting = open_invitation(&app, team, JONAS).await;
    teams.revoke(mira, team, waiting).await.unwrap();
    assert!(matches!(teams.accept(jonas, &newest).await, Err(TeamError::Revoked)));
    assert!(matches!(teams.revoke(mira, team, waiting).await, Err(TeamError::NoSuchInvitation)));
    assert!(matches!(teams.invite_again(mira, team, waiting).await, Err(TeamError::NoSuchInvitation)));
    // Just in time.
    let last = invited(&app, mira, team, JONAS, Role::Member).await;
    wait(&app, INVITATION_LASTS - Duration::seconds(1));
    assert_eq!(teams.accept(jonas, &last).await.unwrap(), team);
    assert!(matches!(teams.invite(mira, team, JONAS, Role::Member).await, Err(TeamError::AlreadyMember)));
    assert!(matches!(teams.invite(mira, team, "no address", Role::Member).await, Err(TeamError::NotAnAddress)));
    // A month later the rows are gone, and only those.
    wait(&app, Duration::days(31));
    invited(&app, mira, team, OLGA, Role::Member).await;
    assert_eq!(teams.purge().await.unwrap(), 4);
    assert_eq!(count(&app, "team_invitations where team_id = $1", team).await, 1);
}

#[sqlx::test]
async fn te_08_invitations_are_sent_seldom_to_one_address_and_not_without_end_by_one_team(db: PgPool) {
    let app = TestApp::new(db).await;
    let teams = &app.state().teams;
    let mira = somebody(&app, MIRA).await;
    let team = teams.make(mira, "The band").await.unwrap();
    let limited = |done: Result<(), TeamError>| match done {
        Err(TeamError::Limited(limited)) => limited.rule.bucket.name(),
        other => panic!("{other:?}"),
    };
    teams.invite(mira, team, JONAS, Role::Member).await.unwrap();
    let waiting = open_invitation(&app, team, JONAS).await;
    wait(&app, Duration::seconds(59));
    assert_eq!(limited(teams.invite_again(mira, team, waiting).await), "invitation-minute");
    assert_eq!(limited(teams.invite(mira, team, JONAS, Role::Member).await), "invitation-minute");
    for _ in 0..4 {
        wait(&app, Duration::minutes(1));
        let waiting = open_invitation(&app, team, JONAS).await;
        teams.invite_again(mira, team, waiting).await.unwrap();
    }
    wait(&app, Duration::minutes(1));
    assert_eq!(limited(teams.invite(mira, team, JONAS, Role::Member).await), "invitation-day");
    assert_eq!(mails_to(&app, JONAS).await, 5);
    // Two teams do not make twice as many letters without end.
    let second = teams.make(mira, "The choir").await.unwrap();
    let third = teams.make(mira, "The crew").await.unwrap();
    for _ in 0..5 {
        wait(&app, Duration::minutes(1));
        teams.invite(mira, second, JONAS, Role::Member).await.unwrap();
    }
    assert_eq!(limited(teams.invite(mira, third, JONAS, Role::Member).await), "invited-day");
    assert_eq!(mails_to(&app, JONAS).await, 10);
    // And a team writes to fifty people a day.
    let mut sent = 0;
    let refused = loop {
        match teams.invite(mira, third, &format!("p{sent}@example.com"), Role::Member).await {
            Ok(()) => sent += 1,
            refused => break limited(refused),
        }
    };
    assert_eq!((sent, refused), (50, "team-invitations-day"));
}

#[sqlx::test]
async fn te_09_who_finds_no_seat_is_told_so_and_the_owner_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let teams = &app.state().teams;
    let mira = somebody(&app, MIRA).await;
    let team = teams.make(mira, "The band").await.unwrap();
    member(&app, mira, team, "a@example.com", Role::Member).await;
    member(&app, mira, team, "b@example.com", Role::Member).await;
    // Invitations hold no seat: more are sent than there is room for.
    let (jonas, mut browser) = person_at(&app, JONAS).await;
    let secret = invited(&app, mira, team, JONAS, Role::Member).await;
    for _ in 0..3 {
        let refused = browser.json_at("/api/team/join", &[("token", &secret)]).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "no_free_seat"));
        assert!(refused.text().contains("its owner was told"));
    }
    assert_eq!(told(&app, mira).await, ["«The band» has no free seat"]);
    assert_eq!((members(&app, team).await, role(&app, jonas, team).await), (3, None));
    // Room is made: the same invitation works.
    set_seats(&app, team, 4).await;
    assert_eq!(teams.accept(jonas, &secret).await.unwrap(), team);
    // A smaller plan removes nobody, and lets nobody else in.
    set_seats(&app, team, 2).await;
    assert_eq!(members(&app, team).await, 4);
    let olga = somebody(&app, OLGA).await;
    let secret = invited(&app, mira, team, OLGA, Role::Member).await;
    assert!(matches!(teams.accept(olga, &secret).await, Err(TeamError::NoSeat)));
}

#[sqlx::test]
async fn bi_19_fifty_acceptances_never_exceed_the_seats(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    for round in 0..3 {
        let owner = somebody(&app, &format!("owner{round}@example.com")).await;
        let team = app.state().teams.make(owner, "The band").await.unwrap();
        let mut people = Vec::new();
        for number in 0..50 {
            let email = format!("p{round}-{number}@example.com");
            let user = somebody(&app, &email).await;
            if number % 40 == 0 {
                // Fifty a day.
                wait(&app, Duration::days(1));
            }
            app.state().teams.invite(owner, team, &email, Role::Member).await.unwrap();
            people.push((user, secret(&app, &email).await));
        }
        set_seats(&app, team, 11).await;
        let asked = people.iter().enumerate().map(|(number, (user, secret))| {
            let teams = if number % 2 == 0 { &app.state().teams } else { &other.state().teams };
            teams.accept(*user, secret)
        });
        let done = futures::future::join_all(asked).await;
        let full = done.iter().filter(|done| matches!(done, Err(TeamError::NoSeat))).count();
        assert_eq!((done.iter().filter(|done| done.is_ok()).count(), full), (10, 40));
        assert_eq!(members(&app, team).await, 11);
    }
}

#[sqlx::test]
async fn te_10_a_team_is_given_away_after_a_fresh_proof_and_has_one_owner_at_any_time(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let teams = &app.state().teams;
    let (mira, mut browser) = person_at(&app, MIRA).await;
    let team = teams.make(mira, "The band").await.unwrap();
    let jonas = member(&app, mira, team, JONAS, Role::Member).await;
    let olga = member(&app, mira, team, OLGA, Role::Admin).await;
    let (id, to) = (team.to_string(), jonas.to_string());
    wait(&app, Duration::minutes(10));
    let form = [("team", id.as_str()), ("member", to.as_str())];
    let prove = browser.post_form("/api/team/transfer", &form).await;
    assert!(prove.location().starts_with("/settings/confirm?next=/team"), "{}", prove.location());
    assert_eq!(role(&app, mira, team).await, Some(Role::Owner));
    browser.sign_in(&app, MIRA).await;
    let given = browser.post_form("/api/team/transfer", &form).await;
    assert_eq!(given.location(), format!("/team?team={team}&done=given"));
    let roles = (role(&app, mira, team).await, role(&app, jonas, team).await, role(&app, olga, team).await);
    assert_eq!(roles, (Some(Role::Admin), Some(Role::Owner), Some(Role::Admin)));
    assert!(told(&app, jonas).await.contains(&"You own «The band» now".to_owned()));
    assert!(newest_mail(&app, JONAS).await.0.subject.contains("You own «The band»"));
    assert!(log(&app, jonas).await.contains(&"team_received".to_owned()));
    // Who had it has no say any more.
    assert!(matches!(teams.transfer(mira, team, mira).await, Err(TeamError::NotAllowed)));
    assert!(matches!(teams.close(mira, team).await, Err(TeamError::NotAllowed)));
    assert!(matches!(
        teams.transfer(jonas, team, somebody(&app, "x@example.com").await).await,
        Err(TeamError::NoSuchMember)
    ));
    // Given to several at once, one gets it.
    let given = (0..10).map(|number| {
        let teams = if number % 2 == 0 { teams } else { &other.state().teams };
        teams.transfer(jonas, team, if number % 3 == 0 { mira } else { olga })
    });
    let done = futures::future::join_all(given).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "{done:?}");
    assert_eq!(count(&app, "team_members where team_id = $1 and role = 'owner'", team).await, 1);
}

#[sqlx::test]
async fn te_11_who_goes_loses_the_team_at_once_and_keeps_what_they_asked(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let (mira, mut owner) = person_at(&app, MIRA).await;
    let (jonas, mut browser) = person_at(&app, JONAS).await;
    let teams = &app.state().teams;
    let team = teams.make(mira, "The band").await.unwrap();
    let secret = invited(&app, mira, team, JONAS, Role::Member).await;
    teams.accept(jonas, &secret).await.unwrap();
    let asked = browser.post_form("/api/chat", &[("text", "hello"), ("key", "k1"), ("conversation", "")]).await;
    let conversation = asked.location().rsplit('/').next().unwrap().to_owned();
    let in_team = || async {
        let found: Uuid = sqlx::query_scalar("select team_id from conversations where user_id = $1")
            .bind(Uuid::from(jonas))
            .fetch_one(app.db())
            .await
            .unwrap();
        TeamId::from(found)
    };
    assert_eq!(in_team().await, team);
    let (id, whom) = (team.to_string(), jonas.to_string());
    let removed = owner.post_form("/api/team/remove-member", &[("team", &id), ("member", &whom)]).await;
    assert!(removed.location().ends_with("done=removed"), "{}", removed.text());
    // At the next request, of any process.
    let looked = browser.at(&other).get_json(&format!("/api/team/page?team={team}")).await;
    assert_eq!((looked.status, looked.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
    assert_eq!(chosen(&app, jonas).await, personal(&app, jonas).await);
    assert_eq!(told(&app, jonas).await, ["You are no longer in «The band»"]);
    assert!(log(&app, jonas).await.contains(&"team_removed".to_owned()));
    assert!(log(&app, mira).await.contains(&"team_member_removed".to_owned()));
    assert!(browser.get("/settings/activity").await.text().contains("Somebody in the team"));
    // Asked on before the job has run, the conversation is at home already.
    wait(&app, Duration::minutes(1));
    app.state().chat.close().await;
    sqlx::query("update runs set state = 'finished'").execute(app.db()).await.unwrap();
    browser.post_form("/api/chat", &[("text", "more"), ("key", "k2"), ("conversation", &conversation)]).await;
    assert_eq!(in_team().await, personal(&app, jonas).await);
    // And without another question the job takes it there.
    sqlx::query("update conversations set team_id = $1").bind(Uuid::from(team)).execute(app.db()).await.unwrap();
    assert_eq!(jobs(&app, "team_left", team).await, 1);
    assert_eq!(jobs(&app, "team_member_gone", team).await, 1);
    app.state().chat.take_home(jonas, team).await.unwrap();
    assert_eq!(in_team().await, personal(&app, jonas).await);

    // Leaving does the same, and the owner hears of it.
    let secret = invited(&app, mira, team, JONAS, Role::Admin).await;
    teams.accept(jonas, &secret).await.unwrap();
    assert_eq!(app.state().chat.take_home(jonas, team).await.unwrap(), 0);
    let left = browser.post_form("/api/team/leave", &[("team", &id)]).await;
    assert_eq!(left.location(), "/team?done=left");
    assert_eq!((role(&app, jonas, team).await, chosen(&app, jonas).await), (None, personal(&app, jonas).await));
    assert_eq!(told(&app, mira).await, ["jonas has left «The band»"]);
    assert!(matches!(teams.leave(jonas, team).await, Err(TeamError::NotFound)));
    assert!(matches!(teams.leave(mira, team).await, Err(TeamError::OwnerStays)));
}

#[sqlx::test]
async fn te_12_a_closed_team_is_nobodys_and_its_plan_is_ended(db: PgPool) {
    let app = TestApp::new(db).await;
    let teams = &app.state().teams;
    let (mira, mut browser) = person_at(&app, MIRA).await;
    let team = teams.make(mira, "The band").await.unwrap();
    let jonas = member(&app, mira, team, JONAS, Role::Admin).await;
    let secret = invited(&app, mira, team, OLGA, Role::Member).await;
    let olga = somebody(&app, OLGA).await;
    let id = team.to_string();
    wait(&app, Duration::minutes(10));
    let prove = browser.post_form("/api/team/close", &[("team", &id)]).await;
    assert!(prove.location().starts_with("/settings/confirm?next=/team"), "{}", prove.location());
    assert_eq!(members(&app, team).await, 2);
    browser.sign_in(&app, MIRA).await;
    let page = browser.get(&format!("/team?team={team}")).await;
    let asked = page.dialog("close-team");
    assert!(asked.contains("Removed at once") && asked.contains("What stays"), "{asked}");
    let closed = browser.post_form("/api/team/close", &[("team", &id)]).await;
    assert_eq!(closed.location(), "/team?done=closed");
    assert!(browser.get("/team?done=closed").await.text().contains("Personal team"));
    for who in [mira, jonas] {
        assert_eq!((role(&app, who, team).await, chosen(&app, who).await), (None, personal(&app, who).await));
        assert!(matches!(teams.find(who, team).await, Err(TeamError::NotFound)));
        assert!(matches!(teams.choose(who, team).await, Err(TeamError::NotFound)));
    }
    assert_eq!(told(&app, jonas).await, ["«The band» was closed"]);
    assert!(matches!(teams.accept(olga, &secret).await, Err(TeamError::Revoked)));
    // Billing hears of it, and both members' conversations go home.
    let (payload, left): (serde_json::Value, i64) = sqlx::query_as(
        "select (select payload::jsonb -> 'payload' from graphile_worker._private_jobs where payload ->> 'task' = 'team_closed'),
             (select count(*) from graphile_worker._private_jobs where payload ->> 'task' = 'team_left')",
    )
    .fetch_one(app.db())
    .await
    .unwrap();
    assert_eq!((payload, left), (json!({ "team": team }), 2));
    let together: bool = sqlx::query_scalar(
        "select bool_and(j.xmin = t.xmin) from graphile_worker._private_jobs j, teams t
         where t.id = $1 and j.payload ->> 'task' in ('team_closed', 'team_left')",
    )
    .bind(Uuid::from(team))
    .fetch_one(app.db())
    .await
    .unwrap();
    assert!(together, "in the transaction that closes the team");
    let mut connection = app.db().acquire().await.unwrap();
    let facts = teams.facts(&mut connection, team).await.unwrap().unwrap();
    assert_eq!((facts.name.as_str(), facts.closed, facts.owner, facts.members), ("The band", true, None, 0));
}

#[sqlx::test]
async fn te_13_a_team_outlives_its_owner_in_the_hands_of_who_is_there_longest(db: PgPool) {
    let app = TestApp::new(db).await;
    let teams = &app.state().teams;
    let (mira, mut browser) = person_at(&app, MIRA).await;
    let with_admin = teams.make(mira, "With an admin").await.unwrap();
    let with_member = teams.make(mira, "With a member").await.unwrap();
    let alone = teams.make(mira, "Alone").await.unwrap();
    set_seats(&app, with_admin, 9).await;
    member(&app, mira, with_admin, "first@example.com", Role::Member).await;
    let admin = member(&app, mira, with_admin, "admin@example.com", Role::Admin).await;
    member(&app, mira, with_admin, "admin2@example.com", Role::Admin).await;
    let oldest = member(&app, mira, with_member, "oldest@example.com", Role::Member).await;
    member(&app, mira, with_member, "newer@example.com", Role::Member).await;
    let elsewhere = somebody(&app, JONAS).await;
    let theirs = teams.make(elsewhere, "Theirs").await.unwrap();
    let secret = invited(&app, elsewhere, theirs, MIRA, Role::Member).await;
    teams.accept(mira, &secret).await.unwrap();
    let invites = teams.make(elsewhere, "Another").await.unwrap();
    invited(&app, elsewhere, invites, MIRA, Role::Member).await;
    let own = personal(&app, mira).await;

    browser.sign_in(&app, MIRA).await;
    browser.post_from("/settings", "/api/privacy/leave", &[], "text/html").await;
    wait(&app, Duration::days(7) + Duration::seconds(1));
    // A sweep that died in between is done again.
    teams.forget(mira).await.unwrap();
    assert_eq!(app.state().departures.sweep().await.unwrap(), 1);

    let mut connection = app.db().acquire().await.unwrap();
    let owners = [
        teams.owner_of(&mut connection, with_admin).await.unwrap(),
        teams.owner_of(&mut connection, with_member).await.unwrap(),
        teams.owner_of(&mut connection, alone).await.unwrap(),
        teams.owner_of(&mut connection, theirs).await.unwrap(),
    ];
    assert_eq!(owners, [Some(admin), Some(oldest), None, Some(elsewhere)]);
    assert!(teams.facts(&mut connection, alone).await.unwrap().unwrap().closed);
    assert!(teams.facts(&mut connection, own).await.unwrap().is_none());
    assert_eq!(told(&app, oldest).await, ["You own «With a member» now"]);
    assert_eq!((members(&app, with_admin).await, members(&app, theirs).await), (3, 1));
    // Both that are nobody's now are told to billing.
    assert_eq!((jobs(&app, "team_closed", alone).await, jobs(&app, "team_closed", own).await), (1, 1));
    let named: i64 = sqlx::query_scalar("select count(*) from team_invitations where email = $1::text::citext")
        .bind(MIRA)
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(named, 0);
}

#[sqlx::test]
async fn te_14_names_stay_text_in_pages_and_letters(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mira, mut browser) = person_at(&app, MIRA).await;
    for (number, nasty) in NASTY.into_iter().enumerate() {
        app.state().account.rename(mira, nasty).await.unwrap();
        let team = app.state().teams.make(mira, nasty).await.unwrap();
        let email = format!("p{number}@example.com");
        let secret = invited(&app, mira, team, &email, Role::Member).await;
        let letter = newest_mail(&app, &email).await.0;
        assert_eq!(letter.subject, "You are invited to a team in Aura");
        let mut guest = Browser::new(&app);
        guest.get(&format!("/team/join?token={secret}")).await;
        let pages = [
            letter.html,
            browser.get(&format!("/team?team={team}")).await.text().to_owned(),
            browser.get("/chat").await.text().to_owned(),
            guest.get("/team/join").await.text().to_owned(),
        ];
        for page in pages {
            for live in ["<script>alert", "<img src=x", "<svg/onload", "<iframe", "\u{202e}"] {
                assert!(!page.contains(live), "{nasty:?} is alive: {live}");
            }
            assert!(page.contains("alert(1)") || nasty.contains("7*7"), "{nasty:?} is not shown");
        }
    }
}

#[sqlx::test]
async fn te_15_new_conversations_belong_to_the_team_that_was_chosen(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let (mira, mut browser) = person_at(&app, MIRA).await;
    let first = personal(&app, mira).await;
    let page = browser.get("/chat").await;
    assert!(page.text().contains("aria-label=\"Team: Personal. Switch\""), "{}", page.text());
    let second = app.state().teams.make(mira, "The band").await.unwrap();
    assert_eq!(chosen(&app, mira).await, second, "who makes a team works for it");
    let ask = async |key: &str, browser: &mut Browser| {
        browser.post_form("/api/chat", &[("text", "hello"), ("key", key), ("conversation", "")]).await;
        let found: Uuid =
            sqlx::query_scalar("select team_id from conversations order by created_at desc, id desc limit 1")
                .fetch_one(app.db())
                .await
                .unwrap();
        wait(&app, Duration::seconds(11));
        TeamId::from(found)
    };
    assert_eq!(ask("k1", &mut browser).await, second);
    // By a plain form, and known to every process.
    let back =
        browser.post_from("/connections", "/api/team/choose", &[("team", &first.to_string())], "text/html").await;
    assert!(back.location().trim_end_matches('?').ends_with("/connections"), "{}", back.location());
    let mut elsewhere = browser.at(&other);
    assert!(elsewhere.get("/chat").await.text().contains("Team: Personal. Switch"));
    assert_eq!(ask("k2", &mut elsewhere).await, first);
    browser.post_form("/api/team/choose", &[("team", &second.to_string())]).await;
    assert_eq!(ask("k3", &mut browser).await, second);
    // Nobody chooses a team of somebody else.
    let jonas = somebody(&app, JONAS).await;
    let theirs = app.state().teams.make(jonas, "Theirs").await.unwrap();
    let refused = browser.json_at("/api/team/choose", &[("team", &theirs.to_string())]).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
    assert_eq!(chosen(&app, mira).await, second);
}

#[sqlx::test]
async fn te_16_programs_read_teams_and_invite_and_see_no_others(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mira, _) = person_at(&app, MIRA).await;
    let team = app.state().teams.make(mira, "The band").await.unwrap();
    let jonas = member(&app, mira, team, JONAS, Role::Member).await;
    let olga = somebody(&app, OLGA).await;
    let (owner, plain, stranger) =
        (Program::new(&app, mira).await, Program::new(&app, jonas).await, Program::new(&app, olga).await);
    let listed = owner.get("/api/v1/teams").await;
    assert_eq!(listed.status, StatusCode::OK, "{}", listed.text());
    let items = listed.value()["items"].clone();
    assert_eq!((items[0]["personal"].clone(), items[1]["name"].clone()), (json!(true), json!("The band")));
    assert_eq!(
        (items[1]["members"].clone(), items[1]["seats"].clone(), items[1]["role"].clone()),
        (json!(2), json!(3), json!("owner"))
    );
    let path = format!("/api/v1/teams/{team}");
    let shown = owner.get(&path).await.value();
    assert_eq!(
        (shown["members"][0]["role"].clone(), shown["members"][1]["email"].clone()),
        (json!("owner"), json!(JONAS))
    );
    // A member sees who is there, and nobody's address.
    let shown = plain.get(&path).await;
    assert!(shown.status == StatusCode::OK && !shown.text().contains("@example.com"), "{}", shown.text());
    assert_eq!(
        (stranger.get(&path).await.status, stranger.get("/api/v1/teams/x").await.status),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    let invitations = format!("{path}/invitations");
    wait(&app, Duration::minutes(1));
    let wish = json!({ "email": "new@example.com", "role": "admin" });
    assert_eq!(stranger.send("POST", &invitations, Some(&wish)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(plain.send("POST", &invitations, Some(&wish)).await.code(), "role_missing");
    assert_eq!(owner.send("POST", &invitations, Some(&wish)).await.status, StatusCode::ACCEPTED);
    assert_eq!(mails_to(&app, "new@example.com").await, 1);
    let refused = owner.send("POST", &invitations, Some(&json!({ "email": "a@example.com", "role": "owner" }))).await;
    assert!(refused.status.is_client_error(), "{}", refused.text());
}

/// Server functions take ids and words from forms: what is none is refused, and never a fault of ours.
#[sqlx::test]
async fn te_17_forms_with_anything_in_them_are_refused_in_a_sentence(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mira, mut browser) = person_at(&app, MIRA).await;
    let team = app.state().teams.make(mira, "The band").await.unwrap().to_string();
    let somebody_else = somebody(&app, JONAS).await.to_string();
    let cases = [
        ("make", vec![("name", "")], 422),
        ("make", Vec::new(), 400),
        ("rename", vec![("team", &team), ("name", "\u{0}")], 422),
        ("rename", vec![("team", "../../etc"), ("name", "x")], 404),
        ("invite", vec![("team", &team), ("email", "a@b"), ("role", "member")], 422),
        ("invite", vec![("team", &team), ("email", "a@example.com\r\nBcc: b@example.com"), ("role", "member")], 422),
        ("invite", vec![("team", &team), ("email", "a@example.com"), ("role", "owner")], 422),
        ("invite", vec![("team", &team), ("email", "a@example.com"), ("role", "root")], 422),
        ("remove-member", vec![("team", &team), ("member", "nobody")], 404),
        ("remove-member", vec![("team", &team), ("member", &somebody_else)], 404),
        ("set-role", vec![("team", &team), ("member", &somebody_else), ("role", "owner")], 422),
        ("revoke-invitation", vec![("team", &team), ("invitation", &somebody_else)], 404),
        ("choose", vec![("team", "")], 404),
        ("join", vec![("token", "\u{ff}")], 404),
    ];
    for (verb, fields, status) in cases {
        wait(&app, Duration::seconds(11));
        let answer = browser.json_at(&format!("/api/team/{verb}"), &fields).await;
        assert_eq!(answer.status.as_u16(), status, "{verb} {fields:?}: {}", answer.text());
        assert!(!answer.value()["message"].as_str().unwrap().is_empty(), "{verb}");
    }
    // A plain form comes back to its page with the reason and with what was typed.
    wait(&app, Duration::seconds(11));
    let page = format!("/team?team={team}");
    let back = browser
        .post_from(
            &page,
            "/api/team/invite",
            &[("team", &team), ("email", "jonas at home"), ("role", "member")],
            "text/html",
        )
        .await;
    let shown = browser.get(back.location()).await;
    assert!(
        shown.text().contains("This is no mail address") && shown.text().contains("jonas at home"),
        "{}",
        shown.text()
    );
    assert_eq!(members(&app, team.parse().unwrap()).await, 1);
}
