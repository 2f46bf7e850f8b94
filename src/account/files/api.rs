//! What the page about files asks of the server. The form that brings files is a plain one, beside these.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::FilesView;
use crate::error::AppError;

/// The person's files, the newest first. `said`, `kept` and `refused` are what the address says that
/// a form has come to: in a word, for how many files, and for which not.
#[server(prefix = "/api", endpoint = "account/own-files", input = GetUrl)]
pub async fn own_files(
    #[server(default)] older: String,
    #[server(default)] said: String,
    #[server(default)] kept: String,
    #[server(default)] refused: String,
) -> Result<FilesView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show(&older, &said, &kept, &refused).await
}

/// Deletes a file.
#[server(prefix = "/api", endpoint = "account/delete-file")]
pub async fn delete_file(id: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::delete(&id).await
}
