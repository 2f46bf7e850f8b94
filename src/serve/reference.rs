//! `/api/docs`: the contract of the JSON API, for people.

use std::sync::Arc;

use axum::{
    Extension, Router,
    middleware::from_fn_with_state,
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use http::Method;
use utoipa::openapi::{OpenApi, PathItem, path, security::SecurityRequirement};

use super::{AppState, contract, files};
use crate::{
    platform::{
        routes::{Listed, RouteList},
        security::{self, HeaderPolicy, Nonce},
    },
    site::{Operation, OperationGroup, Reference, reference_document},
};

const PATH: &str = "/api/docs";

/// The page, with every operation that was listed before.
pub(super) fn routes(state: &AppState, headers: &HeaderPolicy, list: &mut RouteList) -> Router {
    list.routes.push(Listed { method: Method::GET, path: PATH.to_owned() });
    let document = contract::document(list.contract.clone());
    let reference = Arc::new(Reference {
        groups: groups(&document),
        public_url: state.settings.public_url.as_str().trim_end_matches('/').to_owned(),
        stylesheet: state.site.stylesheet.clone(),
        script: files::REFERENCE_SCRIPT.address(),
        scalar: state.site.scalar(),
        staging: state.settings.environment.is_staging(),
    });
    Router::new()
        .route(PATH, get(move |nonce: Extension<Nonce>| show(reference.clone(), nonce)))
        .layer(from_fn_with_state(headers.clone(), security::reference_headers))
}

async fn show(reference: Arc<Reference>, Extension(Nonce(nonce)): Extension<Nonce>) -> Response {
    Html(reference_document(&reference, &nonce)).into_response()
}

/// The operations in the order of the tags of the document, each under its first.
fn groups(document: &OpenApi) -> Vec<OperationGroup> {
    let all: Vec<_> = document.paths.paths.iter().flat_map(|(path, item)| operations(path, item)).collect();
    let tags = document.tags.iter().flatten();
    let groups = tags.map(|tag| OperationGroup {
        name: tag.name.clone(),
        told: tag.description.clone().unwrap_or_default(),
        operations: all.iter().filter(|(first, _)| *first == Some(&tag.name)).map(|(_, one)| one.clone()).collect(),
    });
    groups.filter(|group| !group.operations.is_empty()).collect()
}

fn operations<'a>(path: &'a str, item: &'a PathItem) -> impl Iterator<Item = (Option<&'a String>, Operation)> {
    let methods = [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    methods.into_iter().filter_map(move |(method, said)| {
        let said = said.as_ref()?;
        let operation = Operation {
            method,
            path: path.to_owned(),
            summary: said.summary.clone().unwrap_or_default(),
            open: is_open(said),
        };
        Some((said.tags.as_ref().and_then(|tags| tags.first()), operation))
    })
}

/// Whether it asks for no credential.
fn is_open(operation: &path::Operation) -> bool {
    operation.security.iter().flatten().any(|one| *one == SecurityRequirement::default())
}
