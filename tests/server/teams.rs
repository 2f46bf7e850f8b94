//! Personal teams.

use aura::{kit::id::UserId, team::Teams};
use sqlx::PgPool;

use crate::{browser::Browser, support::TestApp};

#[sqlx::test]
async fn a_personal_team_is_made_once(db: PgPool) {
    let app = TestApp::new(db).await;
    Browser::new(&app).sign_in(&app, "mira@example.com").await;
    let user: UserId = sqlx::query_scalar("select id from users").fetch_one(app.db()).await.unwrap();
    let teams = Teams::new(app.state().random.clone());
    let now = app.clock().now();
    let asked = (0..8).map(|_| async {
        let mut tx = app.db().begin().await.unwrap();
        let team = teams.personal(&mut tx, user, now).await.unwrap();
        tx.commit().await.unwrap();
        team
    });
    let mut got = futures::future::join_all(asked).await;
    got.dedup();
    assert_eq!(got.len(), 1, "all got the same one");
    let members: Vec<(UserId, String)> =
        sqlx::query_as("select user_id, role from team_members").fetch_all(app.db()).await.unwrap();
    assert_eq!(members, [(user, "owner".to_owned())]);
    // It goes with the person.
    sqlx::query("delete from users").execute(app.db()).await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from teams").fetch_one(app.db()).await.unwrap();
    assert_eq!(left, 0);
}
