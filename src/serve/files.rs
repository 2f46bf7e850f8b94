//! The files of the site: what the browser runs, and what stands in `public/`.

use std::{fs, path::Path};

use axum::{
    Router,
    middleware::{Next, from_fn},
};
use http::{HeaderValue, Method, header};
use leptos::config::{LeptosOptions, get_configuration};
use tower_http::services::{ServeDir, ServeFile};

use super::StartError;
use crate::platform::routes::Listed;

const SETTINGS: &str = "Leptos.toml";

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
    pub(super) fn routes(&self, list: &mut Vec<Listed>) -> Router {
        let package_files = format!("/{}/{{*path}}", self.options.site_pkg_dir);
        for path in [package_files.as_str(), "/fonts/{*path}", "/icons/{*path}", "/robots.txt"] {
            list.push(Listed { method: Method::GET, path: path.to_owned() });
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
    }
}

async fn keep(age: &'static str, request: axum::extract::Request, next: Next) -> axum::response::Response {
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
