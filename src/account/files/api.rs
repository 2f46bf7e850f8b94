//! What the page about files asks of the server. The form that brings files is a plain one, beside these.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::FilesView;
use crate::error::AppError;

/// The person's files, the newest first. `said` and `kept` are what the address says that a form has
/// come to, and for how many files.
#[server(prefix = "/api", endpoint = "account/own-files", input = GetUrl)]
pub async fn own_files(
    #[server(default)] older: String,
    #[server(default)] said: String,
    #[server(default)] kept: String,
) -> Result<FilesView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show(&older, &said, &kept).await
}

/// Deletes a file.
#[server(prefix = "/api", endpoint = "account/delete-file")]
pub async fn delete_file(id: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::delete(&id).await
}
