use std::fmt::Display;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

use crate::error::{AppError, ErrorKind};

const USUAL: u16 = 25;
const MOST: u16 = 100;

/// Which part of a list, the newest first.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many at most: 25 unless it is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
}

impl PageQuery {
    /// From the members of a query that narrows its list as well.
    #[must_use]
    pub fn new(limit: Option<u16>, cursor: Option<String>) -> Self {
        Self { limit, cursor }
    }

    /// How many rows to read: one more than are shown, which tells whether others follow.
    ///
    /// # Errors
    /// When the limit is not between 1 and 100.
    pub fn rows(&self) -> Result<i64, AppError> {
        self.limit().map(|limit| i64::from(limit) + 1)
    }

    /// The last of the page before; none for the first page.
    ///
    /// # Errors
    /// When it is no cursor of ours.
    pub fn after<I: FromStr>(&self) -> Result<Option<I>, AppError> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let read = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        match read.and_then(|text| text.parse().ok()) {
            Some(last) => Ok(Some(last)),
            None => Err(AppError::new(
                ErrorKind::Unprocessable,
                "invalid_cursor",
                "This cursor is none of ours. Take `next_cursor` as it was answered, or leave it out.",
            )),
        }
    }

    fn limit(&self) -> Result<u16, AppError> {
        match self.limit.unwrap_or(USUAL) {
            limit if (1..=MOST).contains(&limit) => Ok(limit),
            _ => Err(AppError::new(ErrorKind::Unprocessable, "invalid_limit", "A page has 1 to 100 entries.")),
        }
    }
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// What to ask for the next part with; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// From the rows that `query.rows()` asked for; `id` is what they are sorted by.
    ///
    /// # Errors
    /// When the limit is not between 1 and 100.
    pub fn of<R, I: Display>(
        rows: Vec<R>,
        query: &PageQuery,
        id: impl Fn(&R) -> I,
        show: impl FnMut(R) -> T,
    ) -> Result<Self, AppError> {
        let limit = usize::from(query.limit()?);
        let more = rows.len() > limit;
        let last = if more { rows.get(limit - 1) } else { None };
        let next_cursor = last.map(|row| BASE64_URL_SAFE_NO_PAD.encode(id(row).to_string()));
        Ok(Self { items: rows.into_iter().take(limit).map(show).collect(), next_cursor })
    }
}
