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
use crate::platform::routes::{Listed, RouteList};

const SETTINGS: &str = "Leptos.toml";

/// What helps the pages in front of the app. It is part of the program, so that the pages and it always fit.
const GATE_SCRIPT: &str = include_str!("../app/gate.js");
static GATE_VERSION: LazyLock<String> =
    LazyLock::new(|| format!("v={}", &hex::encode(Sha256::digest(GATE_SCRIPT))[..16]));

/// Its address, with its hash.
pub(super) fn gate_script() -> String {
    format!("/gate.js?{}", *GATE_VERSION)
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
        for path in [package_files.as_str(), "/fonts/{*path}", "/icons/{*path}", "/robots.txt", "/gate.js"] {
            list.routes.push(Listed { method: Method::GET, path: path.to_owned() });
        }
        let root = Path::new(&*self.options.site_root);
        let package = ServeDir::new(root.join(&*self.options.site_pkg_dir)).precompressed_br().precompressed_gzip();
        // A name with a hash in it never changes its content.
        let package_age = if self.options.hash_files { "public, max-age=31536000, immutable" } else { "no-cache" };
        Router::new()
            .nest_service(&format!("/{}", self.options.site_pkg_dir), package)
            .layer(from_fn(move |request, next| keep(package_age, request, next)))
            .merge(
                Router::new()
                    .nest_service("/fonts", ServeDir::new(root.join("fonts")))
                    .nest_service("/icons", ServeDir::new(root.join("icons")).precompressed_br().precompressed_gzip())
                    .route_service("/robots.txt", ServeFile::new(root.join("robots.txt")))
                    .layer(from_fn(|request, next| keep("public, max-age=86400", request, next))),
            )
            .route("/gate.js", get(serve_gate_script))
    }
}

/// With the hash in its address it never changes.
async fn serve_gate_script(RawQuery(query): RawQuery) -> Response {
    let known = query.as_deref() == Some(GATE_VERSION.as_str());
    let age = if known { "public, max-age=31536000, immutable" } else { "no-cache" };
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, age)], GATE_SCRIPT)
        .into_response()
}

async fn keep(age: &'static str, request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == http::StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(age));
    }
    response
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
