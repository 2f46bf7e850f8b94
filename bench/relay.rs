//! Figures about passing answers on, never a verdict: how much later a reader has a piece of text than one who reads the
//! model itself, and what memory a reader costs; beside a relay of web streams in Node, in one run. `make bench` prints
//! them. The model, Aura and Node are processes of their own; the readers are this one.

use std::{
    fs,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aura::{chat::Asker, kit::id::UserId};
use axum::{Router, body::Body, response::IntoResponse as _, routing::post};
use futures::{StreamExt as _, future::join_all};
use http::header;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::Instant,
};

use crate::{bench_identity::as_in_life_with, program::person_at, usage::plans};

/// One variable carries all that a process must know.
const ERRAND: &str = "AURA_BENCH_RELAY";
/// How many answers are relayed at once: a tenth shows what the way costs, all of them what the machine can bear.
const RUNS: [usize; 2] = [100, 1_000];
const A_SECOND: u32 = 20;
const WARM: Duration = Duration::from_secs(4);
const MEASURED: Duration = Duration::from_secs(10);
/// How many readers memory is looked at with.
const VIEWERS: [usize; 2] = [500, 4_000];

#[expect(clippy::disallowed_methods, reason = "several processes compare moments of the machine's clock")]
fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

/// A model that says what time it is, so many times a second, to everybody at moments of their own.
async fn speak(pieces: u32, a_second: u32) -> impl axum::response::IntoResponse {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let period = Duration::from_secs(1) / a_second;
    let share = u32::try_from(NUMBER.fetch_add(1, Ordering::Relaxed) % 97).unwrap();
    let begin = Instant::now() + period * share / 97;
    let said = futures::stream::unfold(0, move |number| async move {
        if number == pieces {
            return None;
        }
        tokio::time::sleep_until(begin + period * number).await;
        let delta = json!({ "choices": [{ "index": 0, "delta": { "content": format!("T{} ", now()) } }] });
        Some((Ok::<_, std::io::Error>(format!("data: {delta}\n\n")), number + 1))
    });
    let end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let body = Body::from_stream(said.chain(futures::stream::iter([Ok(end.to_owned())])));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

async fn serve(router: Router) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    tell(listener.local_addr().unwrap().port());
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    axum::serve(listener, service).await.unwrap();
}

#[expect(clippy::print_stdout, reason = "the parent process reads it")]
fn tell(port: u16) {
    println!("\n{port}");
}

#[expect(clippy::disallowed_methods, reason = "a parent process has no other way to hand something to a test")]
fn errand() -> Option<Value> {
    std::env::var(ERRAND).ok().map(|errand| serde_json::from_str(&errand).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process of the figures about relaying"]
async fn the_model_that_tells_the_time() {
    let Some(errand) = errand() else { return };
    let number = |name: &str| u32::try_from(errand[name].as_u64().unwrap()).unwrap();
    let (pieces, a_second) = (number("pieces"), number("a_second"));
    serve(Router::new().fallback(post(move || speak(pieces, a_second)))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process of the figures about relaying"]
async fn the_aura_that_relays() {
    let Some(errand) = errand() else { return };
    let word = |name: &str| errand[name].as_str().unwrap().to_owned();
    let db = PgPool::connect(&word("database")).await.unwrap();
    let variables: Vec<(String, String)> = serde_json::from_value(errand["variables"].clone()).unwrap();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let app = as_in_life_with(&db, &variables).await;
    let user: UserId = word("user").parse().unwrap();
    let chat = app.state().chat.clone();
    // A thousand people have asked at once; here it is one person, with a conversation for each.
    let begin = move |number: usize| {
        let chat = chat.clone();
        async move {
            let asker = Asker { user, name: "Mira".into(), zone: "UTC".into() };
            let sent = chat.send(&asker, None, "What time is it?", &format!("k{}-{number}", now())).await.unwrap();
            sent.run.to_string()
        }
    };
    let ask = post(move |body: String| async move {
        let asked = futures::stream::iter(0..body.parse::<usize>().unwrap()).map(begin).buffer_unordered(16);
        axum::Json(asked.collect::<Vec<String>>().await)
    });
    serve(Router::new().route("/ask", ask).fallback_service(app.router())).await;
}

/// Starts one of the processes above, or Node; it, and the port that it listens on.
async fn start(command: &mut Command) -> (Child, u16) {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = loop {
        let line = lines.next_line().await.unwrap().expect("it listens");
        if let Ok(port) = line.trim().parse() {
            break port;
        }
    };
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, port)
}

fn this(test: &str, errand: &Value) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &format!("bench_relay::{test}"), "--ignored", "--nocapture"])
        .env(ERRAND, errand.to_string());
    command
}

/// Sends a request and reads what comes, piece by piece.
async fn read(port: u16, request: String, mut hear: impl FnMut(&[u8])) {
    let mut line = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    line.write_all(request.as_bytes()).await.unwrap();
    let mut buffer = vec![0; 2048];
    while let Ok(length @ 1..) = line.read(&mut buffer).await {
        hear(&buffer[..length]);
    }
}

/// How late each moment is that is told in a stream; what is told again does not count. A moment that is cut in two by
/// the line is left out.
fn lateness(bytes: &[u8], last: &mut u64, mut late: impl FnMut(u64)) {
    let heard = now();
    for (place, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'T') {
        let Some(digits) = bytes.get(place + 1..place + 20) else { continue };
        let told = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u64>().ok());
        if let Some(told) = told.filter(|told| told > last) {
            *last = told;
            late(heard.saturating_sub(told));
        }
    }
}

/// Reads all of these at once and tells how late their pieces were, in nanoseconds and in order.
async fn listen(port: u16, requests: Vec<String>) -> Vec<u64> {
    let from = Instant::now() + WARM;
    let reading = requests.into_iter().map(|request| {
        tokio::spawn(async move {
            let (mut last, mut all) = (0, Vec::new());
            let heard = |bytes: &[u8]| {
                let is_measured = Instant::now() >= from;
                lateness(bytes, &mut last, |late| all.extend(is_measured.then_some(late)));
            };
            let _ = tokio::time::timeout(WARM + MEASURED, read(port, request, heard)).await;
            all
        })
    });
    let mut all: Vec<u64> = join_all(reading).await.into_iter().flat_map(Result::unwrap).collect();
    all.sort_unstable();
    all
}

fn asking() -> String {
    let body = "{\"stream\":true}";
    format!("POST /v1/chat/completions HTTP/1.1\r\nhost: model\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn following(run: &str, cookie: &str) -> String {
    format!("GET /api/chat/runs/{run}/events HTTP/1.1\r\nhost: localhost:3000\r\ncookie: {cookie}\r\n\r\n")
}

async fn ask(port: u16, count: usize) -> Vec<String> {
    let mut said = Vec::new();
    let body = count.to_string();
    let request = format!(
        "POST /ask HTTP/1.1\r\nhost: aura\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    read(port, request, |bytes| said.extend_from_slice(bytes)).await;
    let said = String::from_utf8(said).unwrap();
    let start = said.find('[').expect("the runs");
    serde_json::from_str(&said[start..=said.rfind(']').unwrap()]).unwrap()
}

/// What a process holds of the machine's memory, in bytes.
fn resident(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id().unwrap())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
}

/// How long a process has had a processor, in seconds.
fn worked(child: &Child) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id().unwrap())).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    // `utime` and `stime` (proc(5)), in hundredths of a second.
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "a figure")]
fn at(sorted: &[u64], share: usize) -> f64 {
    sorted.get((sorted.len().saturating_sub(1)) * share / 1_000).copied().unwrap_or(0) as f64 / 1e6
}

#[expect(clippy::print_stdout, reason = "figures are printed")]
fn print(who: &str, late: &[u64], direct: &[u64], processor: f64) {
    let (p50, p99) = (at(late, 500), at(late, 990));
    println!(
        "  {who}: p50 {p50:.2} ms ({:+.2}), p99 {p99:.2} ms ({:+.2}), {} pieces, {processor:.1} s of a processor",
        p50 - at(direct, 500),
        p99 - at(direct, 990),
        late.len(),
    );
}

/// Opens this many readers who stay; what the process holds then.
async fn hold(
    port: u16,
    requests: impl Iterator<Item = String>,
    child: &Child,
) -> (u64, Vec<tokio::task::JoinHandle<()>>) {
    let heard = Arc::new(AtomicUsize::new(0));
    let mut readers = Vec::new();
    for request in requests {
        let heard = heard.clone();
        let mut first = true;
        readers.push(tokio::spawn(read(port, request, move |bytes| {
            if first && bytes.contains(&b'T') {
                first = false;
                heard.fetch_add(1, Ordering::Relaxed);
            }
        })));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    while heard.load(Ordering::Relaxed) < readers.len() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    (resident(child), readers)
}

#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures are printed")]
fn print_slope(who: &str, few: u64, many: u64) {
    let each = (many as f64 - few as f64) / (VIEWERS[1] - VIEWERS[0]) as f64 / 1024.0;
    println!("  {who}: {} MiB, then {} MiB: {each:.1} KiB a reader", few >> 20, many >> 20);
}

struct Scene {
    direct: u16,
    _model: Child,
    aura: (Child, u16),
    node: (Child, u16),
    cookie: String,
    _plans: tempfile::NamedTempFile,
}

async fn scene(db: &PgPool, pieces: u32, a_second: u32) -> Scene {
    let file = plans("messages = 1_000_000\ntokens = 1_000_000_000_000\nconnections = 10\nmembers = 1");
    let (model, direct) =
        start(&mut this("the_model_that_tells_the_time", &json!({ "pieces": pieces, "a_second": a_second }))).await;
    let source = format!("http://127.0.0.1:{direct}/v1");
    let variables = [
        ("OPENAI_API_KEY", "sk-bench"),
        ("OPENAI_BASE_URL", source.as_str()),
        ("PLANS_FILE", file.path().to_str().unwrap()),
    ];
    let app = as_in_life_with(db, &variables).await;
    let (user, browser) = person_at(&app, "mira@example.com").await;
    let errand = json!({
        "database": db.connect_options().to_url_lossy().to_string(),
        "variables": variables,
        "user": user.to_string(),
    });
    let aura = start(&mut this("the_aura_that_relays", &errand)).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/relay.mjs");
    let node = start(Command::new("node").args([script, &format!("{source}/chat/completions")])).await;
    Scene { direct, _model: model, aura, node, cookie: browser.cookies(), _plans: file }
}

#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_ch_25_relaying(db: PgPool) {
    let pieces = A_SECOND * u32::try_from((WARM + MEASURED).as_secs() + 12).unwrap();
    let Scene { direct, aura, node, cookie, .. } = &Box::pin(scene(&db, pieces, A_SECOND)).await;
    for count in RUNS {
        println!(
            "{count} answers at {A_SECOND} pieces a second each; goal: p50 +1 ms, p99 +10 ms over the model itself"
        );
        let alone = listen(*direct, vec![asking(); count]).await;
        print("the model itself", &alone, &alone, 0.0);
        let before = worked(&node.0);
        let late = listen(node.1, vec![asking(); count]).await;
        print("Node, web streams", &late, &alone, worked(&node.0) - before);
        let runs = ask(aura.1, count).await;
        let before = worked(&aura.0);
        let late = listen(aura.1, runs.iter().map(|run| following(run, cookie)).collect()).await;
        print("Aura", &late, &alone, worked(&aura.0) - before);
    }
    let written = sqlx::query_scalar::<_, i64>("select coalesce(max(seq), 0)::bigint from run_events");
    println!("  of an answer, up to {} events were written", written.fetch_one(&db).await.unwrap());
}

#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_ch_26_a_readers_memory(db: PgPool) {
    // A piece a second, so that nobody falls behind: what is looked for is what a reader costs, not what a backlog does.
    let Scene { aura, node, cookie, .. } = &Box::pin(scene(&db, 1_200, 1)).await;
    println!("memory with {} and {} readers of 10 answers; goal: 16 KiB a reader", VIEWERS[0], VIEWERS[1]);
    let runs = ask(aura.1, 10).await;
    let mut readers = Vec::new();
    let mut sizes = Vec::new();
    for (from, to) in [(0, VIEWERS[0]), (VIEWERS[0], VIEWERS[1])] {
        let (size, more) = hold(aura.1, (from..to).map(|number| following(&runs[number % 10], cookie)), &aura.0).await;
        sizes.push(size);
        readers.extend(more);
    }
    print_slope("Aura", sizes[0], sizes[1]);
    readers.drain(..).for_each(|reader| reader.abort());
    sizes.clear();
    for (from, to) in [(0, VIEWERS[0]), (VIEWERS[0], VIEWERS[1])] {
        let (size, more) = hold(node.1, (from..to).map(|_| asking()), &node.0).await;
        sizes.push(size);
        readers.extend(more);
    }
    print_slope("Node, web streams, an answer each", sizes[0], sizes[1]);
    readers.into_iter().for_each(|reader| reader.abort());
}
