//! The files of the site: what the browser runs, and what stands in `public/`.

use std::{fs, path::Path, sync::LazyLock};

use axum::{
    Router,
    extract::RawQuery,
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderValue, Method, header};
use leptos::config::{LeptosOptions, get_configuration};
use sha2::{Digest as _, Sha256};
use tower_http::services::{ServeDir, ServeFile};

use super::StartError;
use crate::{
    platform::routes::{Listed, RouteList},
    ui::marks_version,
};

const SETTINGS: &str = "Leptos.toml";
const A_DAY: &str = "public, max-age=86400";
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// Where `scripts/setup` puts Scalar.
const SCALAR: &str = "scalar";

/// What helps the pages in front of the app.
pub(super) static GATE_SCRIPT: LazyLock<Script> =
    LazyLock::new(|| Script::new("/gate.js", include_str!("../app/gate.js")));
/// What the tabs of the app share.
pub(super) static LIVE_SCRIPT: LazyLock<Script> =
    LazyLock::new(|| Script::new("/live.js", include_str!("../app/live.js")));
/// What uploads the files of a question.
pub(super) static ATTACH_SCRIPT: LazyLock<Script> =
    LazyLock::new(|| Script::new("/attach.js", include_str!("../app/attach.js")));
/// What lets Scalar draw the contract of the JSON API.
pub(super) static REFERENCE_SCRIPT: LazyLock<Script> =
    LazyLock::new(|| Script::new("/reference.js", include_str!("../site/reference.js")));

/// A script that is part of the program, so that the pages and it always fit.
pub(super) struct Script {
    path: &'static str,
    text: &'static str,
    version: String,
}

impl Script {
    fn new(path: &'static str, text: &'static str) -> Self {
        Self { path, text, version: format!("v={}", &hex::encode(Sha256::digest(text))[..16]) }
    }

    /// Its address, with its hash.
    pub(super) fn address(&self) -> String {
        format!("{}?{}", self.path, self.version)
    }

    fn route(&'static self) -> Router {
        Router::new().route(self.path, get(move |query| self.serve(query)))
    }

    /// With the hash in its address it never changes.
    async fn serve(&self, RawQuery(query): RawQuery) -> Response {
        let age = if query.as_deref() == Some(&self.version) { FOR_GOOD } else { "no-cache" };
        ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, age)], self.text)
            .into_response()
    }
}

/// Where the built site is, and what its stylesheet is called.
#[derive(Clone)]
pub struct Site {
    pub options: LeptosOptions,
    /// The address of the one stylesheet, with its hash where names carry one.
    pub stylesheet: String,
}

impl Site {
    /// Reads `Leptos.toml` in the working directory and the environment's `LEPTOS_*`.
    pub fn find() -> Result<Self, StartError> {
        let file = Path::new(SETTINGS).exists().then_some(SETTINGS);
        let options = get_configuration(file).map_err(|error| StartError::new(SETTINGS, &error))?.leptos_options;
        let stylesheet = stylesheet(&options)?;
        Ok(Self { options, stylesheet })
    }

    /// The files as routes.
    pub(super) fn routes(&self, list: &mut RouteList) -> Router {
        let package_files = format!("/{}/{{*path}}", self.options.site_pkg_dir);
        let files = [
            "/fonts/{*path}",
            "/icons/{*path}",
            "/scalar/{*path}",
            "/robots.txt",
            "/attach.js",
            "/gate.js",
            "/live.js",
            "/reference.js",
        ];
        for path in [package_files.as_str()].into_iter().chain(files) {
            list.routes.push(Listed { method: Method::GET, path: path.to_owned() });
        }
        let root = Path::new(&*self.options.site_root);
        let package = ServeDir::new(root.join(&*self.options.site_pkg_dir)).precompressed_br().precompressed_gzip();
        let icons = Router::new()
            .fallback_service(ServeDir::new(root.join("icons")).precompressed_br().precompressed_gzip())
            .layer(from_fn(keep_marks));
        // A name with a hash in it never changes its content.
        let package_age = if self.options.hash_files { FOR_GOOD } else { "no-cache" };
        Router::new()
            .nest_service(&format!("/{}", self.options.site_pkg_dir), package)
            .layer(from_fn(move |request, next| keep(package_age, request, next)))
            .merge(
                Router::new()
                    .nest_service("/fonts", ServeDir::new(root.join("fonts")))
                    .route_service("/robots.txt", ServeFile::new(root.join("robots.txt")))
                    .layer(from_fn(|request, next| keep(A_DAY, request, next))),
            )
            .nest_service("/icons", icons)
            .merge(
                // Its name has a hash in it too.
                Router::new()
                    .nest_service(
                        &format!("/{SCALAR}"),
                        ServeDir::new(root.join(SCALAR)).precompressed_br().precompressed_gzip(),
                    )
                    .layer(from_fn(|request, next| keep(FOR_GOOD, request, next))),
            )
            .merge(GATE_SCRIPT.route())
            .merge(ATTACH_SCRIPT.route())
            .merge(LIVE_SCRIPT.route())
            .merge(REFERENCE_SCRIPT.route())
    }

    /// The address of Scalar, where it was fetched.
    pub(super) fn scalar(&self) -> Option<String> {
        let files = fs::read_dir(Path::new(&*self.options.site_root).join(SCALAR)).ok()?;
        let scripts = files.flatten().filter(|file| file.path().extension().is_some_and(|kind| kind == "js"));
        // After a change of version the older one may lie beside it.
        let newest = scripts.max_by_key(|file| file.metadata().and_then(|about| about.modified()).ok())?;
        Some(format!("/{SCALAR}/{}", newest.file_name().to_str()?))
    }
}

async fn keep(age: &'static str, request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == http::StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(age));
    }
    response
}

/// The sprite of marks, asked for by the version that the pages of this program name, never changes.
async fn keep_marks(request: axum::extract::Request, next: Next) -> Response {
    let current = request.uri().query() == Some(marks_version().as_str()) && request.uri().path() == "/marks.svg";
    keep(if current { FOR_GOOD } else { A_DAY }, request, next).await
}

/// With hashed names, `hash.txt` beside the program tells them; without that file no page would find its parts.
fn stylesheet(options: &LeptosOptions) -> Result<String, StartError> {
    let (package, name) = (&options.site_pkg_dir, &options.output_name);
    if !options.hash_files {
        return Ok(format!("/{package}/{name}.css"));
    }
    let path = std::env::current_exe()
        .map_err(|error| StartError::new("the program's own path", &error))?
        .with_file_name(&*options.hash_file);
    let hashes = fs::read_to_string(&path).map_err(|error| StartError::new(&path.to_string_lossy(), &error))?;
    let hash = hashes.lines().find_map(|line| line.trim().strip_prefix("css:")).map(str::trim);
    hash.map(|hash| format!("/{package}/{name}.{hash}.css")).ok_or_else(|| {
        StartError::Refused(format!("{} names no stylesheet; build the site anew", path.to_string_lossy()))
    })
}
