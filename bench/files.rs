//! Figures about uploaded files, never a verdict: a gigabyte up and down over the network of this machine, beside `cp` and
//! beside a server that does nothing but write and read; and how much memory that takes. `make bench` prints them. The
//! client is `curl`.

use std::{
    fs,
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use aura::platform::random::Random;
use axum::{Router, body::Body, extract::State, routing::post};
use futures::StreamExt as _;
use sqlx::PgPool;
use tokio::{io::AsyncWriteExt as _, net::TcpListener, process::Command};
use tokio_util::io::ReaderStream;

use crate::{
    bench_identity::as_in_life_with,
    program::{Program, person_at},
};

const GIGABYTE: usize = 1024 * 1024 * 1024;
const PIECE: usize = 4 * 1024 * 1024;

/// A film, by its first bytes; the rest is random.
fn film(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    let random = Random::system();
    let mut left = GIGABYTE;
    while left > 0 {
        let mut piece: Vec<u8> = random.bytes::<4096>().to_vec().repeat(PIECE / 4096);
        if left == GIGABYTE {
            piece[..12].copy_from_slice(b"\0\0\0\x18ftypmp42");
        }
        file.write_all(&piece).unwrap();
        left -= PIECE;
    }
    file.sync_all().unwrap();
}

/// What this process holds of the machine's memory, in kilobytes.
pub fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse().unwrap_or_default()
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

async fn curl(arguments: &[&str]) -> (Duration, String) {
    let start = Instant::now();
    let done = Command::new("curl").args(["-sS", "--fail-with-body"]).args(arguments).output().await.unwrap();
    let span = start.elapsed();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{said} {}", String::from_utf8_lossy(&done.stderr));
    (span, said)
}

/// A server that writes and reads a file and looks at nothing.
fn plain(folder: PathBuf) -> Router {
    async fn write(State(folder): State<PathBuf>, body: Body) {
        let mut file = tokio::fs::File::create(folder.join("plain")).await.unwrap();
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            file.write_all(&piece.unwrap()).await.unwrap();
        }
        file.sync_all().await.unwrap();
    }
    async fn read(State(folder): State<PathBuf>) -> Body {
        let file = tokio::fs::File::open(folder.join("plain")).await.unwrap();
        Body::from_stream(ReaderStream::with_capacity(file, 256 * 1024))
    }
    Router::new().route("/plain", post(write).get(read)).with_state(folder)
}

#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_a_gigabyte_up_and_down(db: PgPool) {
    let folder = tempfile::tempdir_in(concat!(env!("CARGO_MANIFEST_DIR"), "/.local")).unwrap();
    let place = |name: &str| folder.path().join(name);
    let film_at = place("film.mp4");
    film(&film_at);
    let film_path = film_at.to_str().unwrap();
    let files = place("files");
    let app = as_in_life_with(&db, &[("FILES_DIR", files.to_str().unwrap())]).await;
    let (user, _) = person_at(&app, "mira@example.com").await;
    let program = Program::new(&app, user).await;
    let (ours, bare) = (serve(app.router()).await, serve(plain(folder.path().to_owned())).await);

    let before = resident();
    let (peak, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let watch = tokio::task::spawn_blocking({
        let (peak, ended) = (peak.clone(), ended.clone());
        move || {
            while !ended.load(Ordering::Relaxed) {
                peak.fetch_max(resident(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    });
    let token = format!("authorization: Bearer {}", program.access);
    let host = "host: localhost:3000";
    let upload = format!("http://{ours}/api/v1/files?name=film.mp4");
    let (up, said) = curl(&["-X", "POST", "-T", film_path, "-H", &token, "-H", host, &upload]).await;
    let kept: serde_json::Value = serde_json::from_str(&said).unwrap();
    let content = format!("http://{ours}/api/v1/files/{}/content", kept["id"].as_str().unwrap());
    let back = place("back.mp4");
    let (down, _) = curl(&["-H", &token, "-H", host, "-o", back.to_str().unwrap(), &content]).await;
    ended.store(true, Ordering::Relaxed);
    watch.await.unwrap();
    assert_eq!(fs::metadata(&back).unwrap().len(), GIGABYTE as u64);
    assert!(Command::new("cmp").args([film_path, back.to_str().unwrap()]).status().await.unwrap().success());

    // Not `/` alone: to that curl adds the name of the file.
    let plain = format!("http://{bare}/plain");
    let (plain_up, _) = curl(&["-X", "POST", "-T", film_path, &plain]).await;
    let (plain_down, _) = curl(&["-o", back.to_str().unwrap(), &plain]).await;
    let start = Instant::now();
    assert!(
        Command::new("cp").args([film_path, place("copy.mp4").to_str().unwrap()]).status().await.unwrap().success()
    );
    assert!(Command::new("sync").arg(place("copy.mp4")).status().await.unwrap().success());
    let copied = start.elapsed();
    println!("a gigabyte by curl over loopback, to a folder, safe on the disk when it is answered");
    for (what, span, raw) in [("up", up, plain_up), ("down", down, plain_down)] {
        println!(
            "  {what}: {:.2} s; by a server that does nothing else {:.2} s ({:.2} times), cp {:.2} s",
            span.as_secs_f64(),
            raw.as_secs_f64(),
            span.as_secs_f64() / raw.as_secs_f64(),
            copied.as_secs_f64()
        );
    }
    println!(
        "  memory: {} MB before, {} MB more at the most; goal 32",
        before / 1024,
        peak.load(Ordering::Relaxed).saturating_sub(before) / 1024
    );
}
